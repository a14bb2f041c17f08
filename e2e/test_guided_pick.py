"""An order is picked as the device says: where, what, how many; without a network, and told to the server later."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from e2e import words
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House
from e2e.test_targets import Hands, tap

Lines = list[tuple[str, int]]
ORDERS = "/outbound/orders"


@pytest.fixture
def desk(open_desk: OpenDesk) -> Page:
    page = open_desk()
    words.sign_in(page, "chen")
    return page


def released(desk: Page, lines: Lines, customer: str = "C001") -> str:
    """A sales order of these items, confirmed and given to the floor before all others; the number of its notice."""
    fields: dict[str, str | float | bool] = {"customer": customer, "confirm": "on", "priority": "9"}
    for row, (item, amount) in enumerate(lines):
        fields |= {f"lines.{row}.item": item, f"lines.{row}.quantity": str(amount)}
    desk.goto(f"{ORDERS}/new")
    fields["warehouse"] = (
        desk.locator("select[name=warehouse] option", has_text="MAIN").get_attribute("value") or ""
    )
    order = sent(desk, ORDERS, fields)
    desk.goto(sent(desk, f"{order.partition('?')[0]}/notices", {}))
    desk.locator("a[href^='/outbound/notices/']").first.click()
    return (desk.locator("h1").inner_text()).split()[-1]


def sent(desk: Page, path: str, fields: dict[str, str | float | bool]) -> str:
    """Send a form of the desk; where it leads."""
    origin = desk.evaluate("location.origin")
    answer = desk.request.post(f"{origin}{path}", form=fields, headers={"Origin": origin}, max_redirects=0)
    assert answer.status == 303, re.findall(r'class="(?:notice|badge)[^>]*>.*', answer.text())
    return f"{answer.headers['location']}"


def ten_lines(house: House) -> Lines:
    """Two pieces each of ten items, every one in a bin of its own where some stay behind."""
    return [(item, 2) for item, _, amount in words.own_bins(house) if amount > 2][:10]


def expect_task(hand: Page, number: str) -> None:
    """The device has heard of the task."""
    expect(hand.locator(".tile.task")).to_be_visible(timeout=20_000)
    for _ in range(40):
        rows = hand.evaluate(words.FROM_THE_EDGE, "/edge/guide/list")
        if number in rows:
            return
        hand.wait_for_timeout(250)
    raise AssertionError(f"{number} has not come")


def wanted(hand: Page) -> tuple[str, str]:
    """Where the screen sends one, and for what: bin and code of the item."""
    return hand.locator(".visit .place-code").inner_text(), hand.locator(".visit .line-code").inner_text()


def next_task(hand: Page) -> None:
    """Get work: one tap."""
    tap(hand.locator(".tile.task"))
    expect(words.screen(hand, "guide")).to_be_visible()


def test_ten_lines_from_own_bins_are_twelve_scans_and_two_taps_whatever_the_network_and_the_battery_do(
    house: House, desk: Page, open_device: OpenDevice
) -> None:
    lines = ten_lines(house)
    device = open_device()
    hand = words.enrol_device(house, device, "wang")
    words.expect_ready(hand)
    words.expect_kept(device)
    number = released(desk, lines)
    expect_task(hand, number)
    words.go_offline(hand)

    scans, touched = begin_and_pick(hand, 4)
    before = wanted(hand)
    device.kill()
    hand = device.open(offline=True)
    expect(words.screen(hand, "guide")).to_be_visible(timeout=20_000)
    assert wanted(hand) == before, "the same line, without a tap"
    more, touched_again = pick(hand, 6)

    assert len(lines) == 10
    assert scans + more <= 12
    assert touched + touched_again <= 2
    expect(hand.locator(".done-card")).to_contain_text(number)
    expect(hand.locator(".done-card")).to_contain_text("MT-01")
    device.come_back()
    words.expect_sent(hand)
    expect_booked(house, lines, "MT-01")
    expect_picked(desk)
    words.expect_in_order(house)


def begin_and_pick(hand: Page, lines: int) -> tuple[int, int]:
    """Take the task, scan a tote, pick the first lines: (scans, taps)."""
    hands = Hands(hand)

    def work() -> None:
        next_task(hand)
        hands.scan(words.label_of("MT-01"), "quiet")
        pick_lines(hands, lines)

    return hands.cost(work)


def pick(hand: Page, lines: int) -> tuple[int, int]:
    """What picking so many lines costs: (scans, taps)."""
    hands = Hands(hand)
    return hands.cost(lambda: pick_lines(hands, lines))


def pick_lines(hands: Hands, lines: int) -> None:
    """Scan what the screen asks for."""
    for _ in range(lines):
        hands.scan(words.barcode(wanted(hands.page)[1]), "good")


def expect_booked(house: House, lines: Lines, tote: str) -> None:
    """The ledger says of each line what was taken for which document, by whom, on which device, by which operation."""
    rows = [row for row in house.ledger() if row["document"].startswith("sn-") and row["device"]]
    booked = {row["item_code"]: Decimal(row["quantity"]) for row in rows}
    assert len(rows) == len(lines)
    assert booked == {item: Decimal(amount) for item, amount in lines}
    assert all(row["target_code"] == tote and row["user"] and row["operation"] for row in rows)
    assert len({row["document"] for row in rows}) == 1


def expect_picked(desk: Page) -> None:
    """The desk's page of the notice says that it is picked."""
    for _ in range(20):
        desk.reload()
        if "已拣" in desk.locator("main").inner_text():
            return
        desk.wait_for_timeout(250)
    raise AssertionError(desk.locator("main").inner_text())


def in_two_bins(house: House) -> tuple[str, int]:
    """A plain item that lies in several bins, and how many of it any of them can give."""
    bins: dict[str, list[Decimal]] = {}
    for (item, place, lot), amount in words.shelves(house).items():
        if not lot and amount == int(amount) and place != "MAIN-DOCK":
            bins.setdefault(item, []).append(amount)
    return next((item, int(min(there))) for item, there in bins.items() if len(there) > 1 and min(there) > 1)


def test_a_short_line_is_two_taps_and_the_other_bin_stands_there_at_once(
    house: House, desk: Page, open_device: OpenDevice
) -> None:
    item, amount = in_two_bins(house)
    hand = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(hand)
    number = released(desk, [(item, amount)])
    expect_task(hand, number)
    words.go_offline(hand)
    hands = Hands(hand)
    next_task(hand)
    hands.scan(words.label_of("MT-02"), "quiet")
    planned, _ = wanted(hand)

    _, touched = hands.cost(lambda: find_none(hand))

    instead, still = wanted(hand)
    assert touched == 2
    assert still == item
    assert instead != planned
    hands.scan(words.label_of(instead), "quiet")
    hands.scan(words.barcode(item), "good")
    expect(hand.locator(".done-card")).to_contain_text(number)
    words.go_online(hand)
    words.expect_sent(hand)
    expect_picked(desk)
    assert words.lying_at(house, item, planned) == 0, "the book follows what was seen"
    words.go_home(hand)
    expect_to_count(hand, planned)
    words.expect_in_order(house)


def find_none(hand: Page) -> None:
    """There is none of it here."""
    tap(hand.locator(".thumb [hx-get='/edge/guide/short']"))
    tap(hand.locator(".choice").first)
    expect(words.told(hand)).to_have_attribute("tone", "caution")


def expect_to_count(hand: Page, place: str) -> None:
    """The place is among those to be counted."""
    for _ in range(20):
        words.begin(hand, "count")
        if hand.locator(".rows .place-code", has_text=place).count():
            return
        words.go_home(hand)
        hand.wait_for_timeout(500)
    raise AssertionError(f"{place} is not to be counted")


def test_of_two_who_took_a_task_without_a_network_the_later_one_is_told_and_loses_no_scan(
    house: House, desk: Page, open_device: OpenDevice
) -> None:
    lines = ten_lines(house)[:2]
    first = words.enrol_device(house, open_device("pda-1"), "wang")
    later = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(first, later)
    number = released(desk, lines)
    for hand in (first, later):
        expect_task(hand, number)
    words.go_offline(first, later)
    for hand, tote in ((first, "MT-04"), (later, "MT-05")):
        next_task(hand)
        words.scan_and_hear(hand, words.label_of(tote))
        words.scan_and_hear(hand, words.barcode(wanted(hand)[1]), "good")

    words.go_online(first)
    words.expect_sent(first)
    words.go_online(later)

    expect(later.locator(".guide-news")).to_contain_text("wang", timeout=20_000)
    words.scan_and_hear(later, words.barcode(lines[1][0]), "bad")
    taken = [
        row["target_code"] for row in house.ledger() if row["document"].startswith("sn-") and row["device"]
    ]
    assert sorted(taken) == ["MT-04", "MT-05"], "what was picked is picked"
    words.expect_in_order(house)
