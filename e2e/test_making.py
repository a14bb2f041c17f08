"""A set is planned at the desk, its parts are taken and the set is brought by scan, without a network in between."""

import re

from playwright.sync_api import Page, expect

from e2e import words
from e2e.book import Book
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House
from e2e.test_purchase_day import choose_receipt, choose_warehouse, expect_state, step


def test_a_set_is_planned_at_the_desk_and_made_on_the_floor(
    house: House, open_device: OpenDevice, open_desk: OpenDesk
) -> None:
    desk = open_desk()
    words.sign_in(desk, "li")
    hand = words.enrol_device(house, open_device(), "wang")
    product, *parts = [item for item, _, amount in words.own_bins(house) if amount > 2][:3]

    write_bill(desk, product, parts)
    order = plan(desk, pieces="2")
    number = desk.locator("h1 .page-sub").inner_text()
    step(desk, "approval")
    expect_state(desk, "已批准")
    words.expect_ready(hand)
    book = Book(house)
    take_job(hand, number)
    words.go_offline(hand)
    for part in parts:
        words.scan_and_hear(hand, words.barcode(part), "good")
        words.scan_and_hear(hand, words.barcode(part), "good")
    expect(words.screen(hand, "carry")).to_contain_text("全部完成")
    words.go_online(hand)
    words.expect_sent(hand)
    expect_state(desk, "已领料")
    assert book.effect() == {("bin", "production", part): 2 for part in parts}

    words.go_home(hand)
    choose_receipt(hand, number)
    words.go_offline(hand)
    words.scan_and_hear(hand, words.barcode(product), "good")
    words.scan_and_hear(hand, words.barcode(product), "good")
    words.go_online(hand)
    words.expect_sent(hand)
    expect_state(desk, "完成")
    made = {("production", "dock", product): 2}
    assert book.effect() == {("bin", "production", part): 2 for part in parts} | made
    document = f"wo-{order.rpartition('/')[2]}"
    assert all(row["document"] == document and row["device"] for row in book.since())
    words.expect_in_order(house)


def write_bill(desk: Page, product: str, parts: list[str]) -> None:
    """Say with the keyboard alone what a product is made of: one of each part."""
    desk.goto(f"/catalog/items?q={product}")
    desk.locator("#list a[href^='/catalog/items/']").first.click()
    desk.locator("a[href^='/making/bills/']").click()
    desk.locator("a[href$='/edit']").first.click()
    desk.locator("tr[data-row] [data-cell=item]").first.focus()
    for row, part in enumerate(parts):
        desk.keyboard.type(part)
        desk.keyboard.press("Enter")
        desk.keyboard.type("1")
        desk.keyboard.press("Enter")  # on to the scrap, and to the next line
        desk.keyboard.press("Enter")
        expect(desk.locator("tr[data-row] [data-name]").nth(row)).not_to_be_empty()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("main")).to_contain_text("第 1 版")


def plan(desk: Page, *, pieces: str) -> str:
    """Order so many of it from its bill's page, after seeing what that needs; gives the order's address."""
    desk.locator("a[href^='/making/orders/new']").click()
    desk.locator("#quantity").fill(pieces)
    choose_warehouse(desk)
    expect(desk.locator("#needs tbody tr")).to_have_count(2)
    expect(desk.locator("#needs .badge.good")).to_have_count(2)
    desk.locator("form.document-form button.primary").click()
    expect(desk).to_have_url(re.compile(r"/making/orders/\d+"))
    return desk.url.partition("?")[0]


def take_job(hand: Page, number: str) -> None:
    """Tap the order among what is to be carried, as soon as the device has heard of it."""
    for _ in range(20):
        words.begin(hand, "carry")
        offered = hand.locator("[hx-post='/edge/carry/job']", has_text=number)
        if offered.count():
            offered.tap()
            expect(words.told(hand)).to_have_attribute("tone", re.compile("good|quiet"))
            return
        words.go_home(hand)
        hand.wait_for_timeout(300)
    raise AssertionError("the material is not offered")
