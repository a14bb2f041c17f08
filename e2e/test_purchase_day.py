"""A purchase order through every state, at the desk and on two devices: each state has the stock effect it should."""

import re

from playwright.sync_api import Page, expect

from e2e import words
from e2e.book import Book
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House

PLAIN, CHECKED, LOT = "CUP-500", "MASK-50", "L2711"
LABEL = f"(01){words.barcode(CHECKED).zfill(14)}(17)271130(10){LOT}"


def test_goods_are_ordered_received_checked_put_away_and_taken_back(
    house: House, open_device: OpenDevice, open_desk: OpenDesk
) -> None:
    buyer, chief = open_desk(), open_desk()
    words.sign_in(buyer, "chen")
    words.sign_in(chief, "li")
    receiver = words.enrol_device(house, open_device("pda-1"), "wang")
    mover = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(receiver, mover)
    let_check(buyer, CHECKED)
    book = Book(house)

    order = write_order(buyer)
    expect_state(buyer, "草稿")
    assert book.effect() == {}, "a draft moves nothing"
    step(buyer, "confirmation")
    expect_state(buyer, "已确认")
    receipt = follow(buyer, "/inbound/receipts/")
    expect_state(buyer, "待收货")
    assert book.effect() == {}, "what is expected is nowhere yet"

    choose_receipt(receiver, buyer.locator("h1 .page-sub").inner_text())
    words.go_offline(receiver)
    words.scan_and_hear(receiver, LABEL, "good")
    words.go_online(receiver)
    words.expect_sent(receiver)
    expect_state(buyer, "收货中")
    assert book.effect() == {("supplier", "dock", CHECKED): 1}, "one scan of a GS1 label receives one piece"
    expect_held(chief, CHECKED)

    words.scan_and_hear(receiver, words.barcode(PLAIN, carton=True), "good")
    words.expect_sent(receiver)
    expect_state(buyer, "质检中")
    arrived = {("supplier", "dock", CHECKED): 1, ("supplier", "dock", PLAIN): 12}
    assert book.effect() == arrived, "a carton is twelve pieces"

    judge_good(chief)
    expect_state(buyer, "待上架")
    assert book.effect() == arrived, "to check moves nothing"

    words.begin(mover, "move")
    words.go_offline(mover)
    words.scan_and_hear(mover, words.label_of("MAIN-DOCK"))
    put_away(mover, LABEL, "A-05-1")
    put_away(mover, words.barcode(PLAIN, carton=True), "A-05-2")
    words.go_online(mover)
    words.expect_sent(mover)
    expect_state(buyer, "已完成")
    away = {("dock", "bin", CHECKED): 1, ("dock", "bin", PLAIN): 12}
    assert book.effect() == arrived | away
    book.expect_traced(f"rc-{receipt.rpartition('/')[2]}")
    buyer.goto(order)
    expect_state(buyer, "已完成")

    chief.goto(receipt)
    chief.locator("form[action$='/reversal'] input[name=reason]").fill("送错了")
    step(chief, "reversal")
    expect_state(chief, "已红冲")
    assert book.is_as_before(), "a reversal restores the exact balances"
    buyer.goto(order)
    expect_state(buyer, "已确认")
    words.expect_in_order(house)


def let_check(desk: Page, item: str) -> None:
    """Have every delivery of an item to the main warehouse checked."""
    desk.goto("/inbound/settings")
    form = desk.locator("section.panel", has_text="MAIN").locator("form[action$='/items']")
    form.locator("input[name=item]").fill(item)
    form.locator("input[name=is_inspected]").check()
    form.locator("button").click()
    expect(desk.locator(".notice.good")).to_be_visible()


def write_order(desk: Page) -> str:
    """Order one box of what is checked and a carton of what is not; gives the order's address."""
    desk.goto("/inbound/purchases/new")
    desk.locator("#supplier").fill("S001")
    choose_warehouse(desk)
    for line, (item, much) in enumerate(((CHECKED, "1"), (PLAIN, "12"))):
        row = desk.locator("tr[data-row]").nth(line)
        for cell, typed in (("item", item), ("quantity", much), ("price", "10")):
            row.locator(f"[data-cell={cell}]").fill(typed)
    desk.locator("form.document-form button.primary").click()
    expect(desk.locator(".document-lines tbody tr")).to_have_count(2)
    return desk.url.partition("?")[0]


def choose_warehouse(desk: Page, code: str = "MAIN") -> None:
    """Choose a warehouse in a form by its code."""
    value = desk.locator("select[name=warehouse] option", has_text=code).get_attribute("value")
    desk.locator("select[name=warehouse]").select_option(value)


def step(desk: Page, name: str) -> None:
    """Press the button of a next step."""
    desk.locator(f"form.step[action$='/{name}'] button").click()
    desk.wait_for_load_state()


def follow(desk: Page, path: str) -> str:
    """Follow a document's link to another document; gives that one's address."""
    desk.locator(f"main a[href^='{path}']").first.click()
    expect(desk).to_have_url(re.compile(rf"{path}\d+"))
    return desk.url.partition("?")[0]


def expect_state(desk: Page, state: str) -> None:
    """What the document's page says of its state, now."""
    desk.reload()
    expect(desk.locator(".document-head .badge")).to_have_text(state)


def choose_receipt(hand: Page, number: str) -> None:
    """Tap the delivery that was announced, as soon as the device has heard of it."""
    for _ in range(20):
        words.begin(hand, "receive")
        offered = hand.locator("[hx-post='/edge/receive/receipt']", has_text=number)
        if offered.count():
            offered.tap()
            expect(words.told(hand)).to_have_attribute("tone", re.compile("good|quiet"))
            return
        words.go_home(hand)
        hand.wait_for_timeout(300)
    raise AssertionError("the delivery is not offered")


def expect_held(desk: Page, item: str) -> None:
    """What waits to be checked stands on the list of checks, and is no promise to anybody."""
    desk.goto("/inbound/inspections")
    expect(desk.locator("section.panel", has_text=item)).to_contain_text(LOT)


def judge_good(desk: Page) -> None:
    """Decide that what was checked is good."""
    desk.goto("/inbound/inspections")
    check = desk.locator("section.panel", has_text=LOT)
    check.locator("select[name=result]").select_option("good")
    check.locator("button.primary").click()
    expect(desk.locator(".notice.good")).to_be_visible()


def put_away(hand: Page, code: str, place: str) -> None:
    """What, and where to: two scans."""
    words.scan_and_hear(hand, code)
    words.scan_and_hear(hand, words.label_of(place), "good")
