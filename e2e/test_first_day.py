"""The first working day: an empty house in the morning, a ledger that can be trusted in the evening."""

import io
import re

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from e2e import words
from e2e.browser import WALL
from e2e.conftest import EMPTY, OpenDesk, OpenDevice
from e2e.house import House

MUG = "6901234567892"
GLOVES = "6909876543212"


@EMPTY
def test_an_empty_house_works_on_its_first_day(
    house: House, open_desk: OpenDesk, open_device: OpenDevice
) -> None:
    desk = open_desk()
    name, password = administrator_of(house)
    words.sign_in(desk, name, password)
    open_warehouse(desk, "MAIN", "总仓")
    add_item(desk, "MUG", "马克杯", "个", MUG)
    add_item(desk, "GLOVES", "手套", "双", GLOVES)
    add_storekeeper(desk, "wang.fang", "王芳")

    link = invitation_for(desk, "王芳")
    hand = open_device().open(link.removeprefix(house.url))
    words.expect_enrolled(hand)
    words.expect_ready(hand)
    board = open_desk(viewport=WALL)
    words.sign_in(board, name, password)
    board.goto("/board")

    a_day_of_work(hand, board)

    words.expect_sent(hand)
    rows = house.ledger()
    assert {row["user"] for row in rows} != {None}
    assert all(row["device"] and row["user"] for row in rows), "every row names person and device"
    desk.goto("/stock/movements")
    ledger = desk.locator("table.ledger tbody tr")
    expect(ledger.filter(has_text="王芳")).to_have_count(len(rows))
    words.expect_in_order(house)


def a_day_of_work(hand: Page, board: Page) -> None:
    """Receive, put away, pick, count, look up and undo; the board follows each by itself."""
    words.begin(hand, "receive")
    words.scan_and_hear(hand, MUG, "good")
    hand.locator(".thumb .primary").tap()
    words.type_figure(hand, "12")
    expect(words.told(hand)).to_have_attribute("tone", "good")
    words.expect_on_board(board, "MUG", "MAIN-DOCK", "12")

    words.go_home(hand)
    words.begin(hand, "move")
    words.scan_and_hear(hand, MUG, "quiet")
    hand.locator(".card.line .line-amount").tap()
    words.type_figure(hand, "12")
    words.scan_and_hear(hand, words.label_of("A-01-1"), "good")
    words.expect_on_board(board, "MUG", "A-01-1", "12")

    words.go_home(hand)
    words.begin(hand, "pick")
    words.scan_and_hear(hand, words.label_of("T-01"), "quiet")
    words.scan_and_hear(hand, words.label_of("A-01-1"), "quiet")
    words.scan_and_hear(hand, MUG, "good")
    words.scan_and_hear(hand, MUG, "good")
    words.expect_on_board(board, "MUG", "A-01-1", "10")
    words.scan_and_hear(hand, "CMD:UNDO", "caution")
    words.expect_on_board(board, "MUG", "A-01-1", "11")

    words.go_home(hand)
    words.begin(hand, "count")
    words.scan_and_hear(hand, words.label_of("A-01-1"), "quiet")
    words.scan_and_hear(hand, MUG, "good")
    hand.locator(".thumb .button:not(.primary)").tap()
    words.type_figure(hand, "9")
    words.scan_and_hear(hand, words.label_of("A-01-1"), "good")
    words.expect_on_board(board, "MUG", "A-01-1", "9")

    words.go_home(hand)
    words.begin(hand, "lookup")
    words.scan_and_hear(hand, MUG, "quiet")
    expect(hand.locator(".row", has_text="A-01-1").locator(".row-amount")).to_contain_text("9")


def administrator_of(house: House) -> tuple[str, str]:
    """Whom the first start lets in, as it was printed."""
    told = re.search(r"sign in as (\S+) with (\S+)", house.said())
    assert told, house.said()
    return told[1], told[2]


def open_warehouse(desk: Page, code: str, name: str) -> None:
    """A warehouse with four bins and a tote."""
    desk.goto("/catalog/warehouses")
    fill(desk, "/catalog/warehouses", code=code, name=name)
    desk.get_by_role("link", name=code, exact=True).or_(
        desk.locator("form[action$='/bins']")
    ).first.wait_for()
    if desk.locator("form[action$='/bins']").count() == 0:
        desk.get_by_role("link", name=code, exact=True).click()
    fill(desk, "/bins", aisles="A", bays="01-02", levels="1-2")
    expect(desk.locator("#list")).to_contain_text("A-01-1")
    desk.locator("a[href$='/locations/new']").click()
    desk.locator("#kind").select_option("tote")
    fill(desk, "/locations", code="T-01")
    expect(desk.locator("main")).to_contain_text("T-01")


def add_item(desk: Page, code: str, name: str, unit: str, barcode: str) -> None:
    """An article with its barcode."""
    desk.goto("/catalog/items/new")
    desk.locator("[id='barcodes.0.code']").fill(barcode)
    fill(desk, "/catalog/items", code=code, name=name, unit=unit)
    expect(desk.locator("h1")).to_contain_text(name)


def add_storekeeper(desk: Page, name: str, display_name: str) -> None:
    """Somebody who works in every warehouse."""
    desk.goto("/people/new")
    desk.locator("#role").select_option("storekeeper")
    desk.locator("#sees_all_warehouses").check()
    fill(desk, "/people", name=name, display_name=display_name, password=words.PASSWORD)
    expect(desk.locator("h1")).to_contain_text(display_name)


def fill(desk: Page, action: str, **fields: str) -> None:
    """Fill in the form that leads there, and send it."""
    form = desk.locator(f"main form[action$='{action}'][method=post]").first
    for name, text in fields.items():
        form.locator(f"[name={name}]").fill(text)
    form.locator(".actions button[type=submit]").click()


def invitation_for(desk: Page, person: str) -> str:
    """What a phone's camera reads off the desk's screen."""
    desk.goto("/devices")
    desk.locator("a[href='/devices/invitations/new']").click()
    choice = desk.locator("#person option", has_text=person)
    desk.locator("#person").select_option(choice.get_attribute("value"))
    desk.locator("form.panel button[type=submit]").click()
    shown = desk.locator(".invited img")
    expect(shown).to_be_visible()
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(shown.screenshot())).convert("L"))
    return code.text
