"""Two hands at one bin, both without a network: both are right, and the book says where it could not follow."""

from playwright.sync_api import Page, expect

from e2e import words
from e2e.browser import WALL
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House


def test_two_pickers_take_the_last_pieces_and_a_supervisor_settles_it(
    house: House, open_device: OpenDevice, open_desk: OpenDesk
) -> None:
    item, place, amount = min(words.own_bins(house), key=lambda own: own[2])
    board = open_desk(viewport=WALL)
    words.sign_in(board, "li")
    board.goto("/board")
    first = words.enrol_device(house, open_device("pda-1"), "wang")
    second = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(first, second)

    words.go_offline(first, second)
    for page, tote in ((first, "MT-01"), (second, "MT-02")):
        pick_all(page, item, place, tote, str(amount))
    words.go_online(first, second)
    words.expect_sent(first)
    words.expect_sent(second)

    assert words.lying_at(house, item, "MT-01") == words.lying_at(house, item, "MT-02") == amount
    assert words.lying_at(house, item, place) == 0, "a bin is never below zero"
    exceptions = board.locator("#board-exceptions")
    expect(exceptions.locator(".bad", has_text=place)).to_have_count(1)
    expect(exceptions.locator(".caution", has_text=place)).to_have_count(1)
    expect(board.locator(".board-row", has_text=item).locator(".board-place.bad")).to_contain_text(
        str(amount)
    )

    assert words.taps(board, lambda: decide(board, "补记：昨天的到货没有入库")) <= 3, (
        "one to the lines, two there"
    )
    board.goto("/board")
    expect(exceptions.locator(".bad")).to_have_count(0)
    assert words.lying_at(house, item, place) == 0
    words.expect_in_order(house)


def test_a_barcode_bound_at_the_desk_is_known_to_every_device_at_once(
    house: House, open_device: OpenDevice, open_desk: OpenDesk
) -> None:
    desk = open_desk()
    words.sign_in(desk, "li")
    first = words.enrol_device(house, open_device("pda-1"), "wang")
    second = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(first, second)
    for page in (first, second):
        words.begin(page, "receive")
        words.scan_and_hear(page, "SUPPLIER-77", tone="bad")

    bind(desk, "CUP-350", "SUPPLIER-77")

    for page in (first, second):
        words.scan_until_known(page, "SUPPLIER-77")
        expect(page.locator(".card.line")).to_contain_text("CUP-350")
        words.expect_sent(page)


def bind(desk: Page, item: str, code: str) -> None:
    """Write another barcode onto an item."""
    desk.goto(f"/catalog/items?q={item}")
    desk.get_by_role("link", name=item, exact=True).click()
    desk.locator("a[href$='/edit']").click()
    empty = desk.locator("input[name^='barcodes.'][name$='.code'][value='']").first
    empty.fill(code)
    desk.locator("form.panel .actions .primary").click()
    expect(desk.locator("form.panel .actions .primary")).to_have_count(0)


def pick_all(page: Page, item: str, place: str, tote: str, amount: str) -> None:
    """Take everything that the book has at a bin into a tote."""
    words.begin(page, "pick")
    for code in (words.label_of(tote), words.label_of(place), words.barcode(item)):
        words.scan_and_hear(page, code)
    page.locator(".thumb .primary").tap()
    words.type_figure(page, amount)
    expect(words.told(page)).to_have_attribute("tone", "good")


def decide(board: Page, reason: str) -> None:
    """From the board to the incident, and the first outcome it offers, with a reason."""
    board.locator("#board-exceptions .bad a").first.click()
    card = board.locator(".incident").first
    card.locator("input[name=reason]").click()
    board.keyboard.type(reason)
    card.locator(".decision .primary").click()
    expect(board.locator(".notice.good")).to_be_visible()
