"""A sales order through every state, at the desk and on two devices: each state has the stock effect it should have."""

import re

from playwright.sync_api import Page, expect

from e2e import words
from e2e.book import Book
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House
from e2e.test_guided_pick import expect_task, next_task, wanted
from e2e.test_purchase_day import choose_warehouse, expect_state, follow, step

AMOUNT = 2


def test_goods_are_promised_picked_packed_checked_sent_and_signed_for(
    house: House, open_device: OpenDevice, open_desk: OpenDesk
) -> None:
    seller, stock = open_desk(), open_desk()
    words.sign_in(seller, "chen")
    words.sign_in(stock, "li")
    picker = words.enrol_device(house, open_device("pda-1"), "wang")
    packer = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(picker, packer)
    items = [item for item, _, amount in words.own_bins(house) if amount > AMOUNT][:2]
    book, before = Book(house), promised(stock, items[0])

    order = write_order(seller, items)
    expect_state(seller, "草稿")
    assert promised(stock, items[0]) == before, "a draft promises nothing"
    step(seller, "confirmation")
    expect_state(seller, "已确认")
    assert promised(stock, items[0]) == before | {
        "reserved": before["reserved"] + AMOUNT,
        "free": before["free"] - AMOUNT,
    }

    step(seller, "notices")
    notice = follow(seller, "/outbound/notices/")
    number = seller.locator("h1 .page-sub").inner_text()
    expect_state(seller, "已释放")
    assert promised(stock, items[0])["allocated"] == before["allocated"] + AMOUNT
    assert book.effect() == {}, "promises move nothing"

    expect_task(picker, number)
    words.go_offline(picker)
    next_task(picker)
    words.scan_and_hear(picker, words.label_of("MT-01"), "quiet")
    words.scan_and_hear(picker, words.barcode(wanted(picker)[1]), "good")
    words.go_online(picker)
    words.expect_sent(picker)
    expect_state(seller, "拣货中")
    words.scan_and_hear(picker, words.barcode(wanted(picker)[1]), "good")
    words.expect_sent(picker)
    expect_state(seller, "已拣货")
    picked = {("bin", "tote", item): AMOUNT for item in items}
    assert book.effect() == picked
    assert promised(stock, items[0]) == before | {
        "on_hand": before["on_hand"],
        "free": before["free"] - AMOUNT,
    }, "what is in the tote is still ours, and promised to nobody else"

    step(seller, "cartons")
    carton = seller.locator("select[name=carton] option").first.inner_text()
    pack_all(packer, carton)
    expect_state(seller, "已装箱")
    packed = {("tote", "carton", item): AMOUNT for item in items}
    assert book.effect() == picked | packed

    check(packer, carton, items)
    expect_state(seller, "已复核")
    assert book.effect() == picked | packed, "to look moves nothing"

    words.go_offline(packer)
    ship(packer, carton)
    assert book.effect() == picked | packed
    words.go_online(packer)
    words.expect_sent(packer)
    expect_state(seller, "已发货")
    shipped = {("carton", "customer", item): AMOUNT for item in items}
    assert book.effect() == picked | packed | shipped
    assert promised(stock, items[0])["on_hand"] == before["on_hand"] - AMOUNT
    book.expect_traced(f"sn-{notice.rpartition('/')[2]}")
    expect(seller.locator("main")).to_contain_text("SF1234567890")

    step(seller, "delivery")
    expect(seller.locator("main")).to_contain_text("已签收")
    seller.goto(order)
    expect_state(seller, "已完成")
    words.expect_in_order(house)


def test_with_the_optional_steps_off_one_act_sends_what_there_is_and_the_rest_is_called_off(
    house: House, open_desk: OpenDesk
) -> None:
    seller, stock = open_desk(), open_desk()
    words.sign_in(seller, "chen")
    words.sign_in(stock, "li")
    switch_off_what_may_be_off(seller)
    item = next(item for item, _, amount in words.own_bins(house) if amount > AMOUNT)
    book, before = Book(house), promised(stock, item)
    free = int(before["free"])

    order = write_order(seller, [item], amount=free + 3)
    step(seller, "confirmation")
    assert promised(stock, item) == before | {"reserved": before["reserved"] + free, "free": 0}
    step(seller, "notices")
    notice = follow(seller, "/outbound/notices/")
    step(seller, "picking")
    expect_state(seller, "已发货")
    gone = {("bin", "tote", item): free, ("tote", "customer", item): free}
    assert book.effect() == gone, "the same rows, posted with the one act"
    assert promised(stock, item) == before | {"on_hand": before["on_hand"] - free, "free": 0}

    seller.goto(order)
    expect_state(seller, "部分发货")
    seller.locator("form[action$='/closing'] input[name=reason]").fill("不再需要")
    step(seller, "closing")
    expect_state(seller, "已完成")
    assert {row["document"] for row in book.since()} == {f"sn-{notice.rpartition('/')[2]}"}
    words.expect_in_order(house)


def switch_off_what_may_be_off(desk: Page) -> None:
    """No carton, nobody to check, no act of shipping in the main warehouse."""
    desk.goto("/outbound/orders/new")
    main = desk.locator("select[name=warehouse] option", has_text="MAIN").get_attribute("value")
    desk.goto(f"/catalog/warehouses/{main}/steps")
    desk.locator("input[name=packs]").uncheck()
    desk.locator("input[name=ships]").uncheck()
    desk.locator("select[name=checkers]").select_option("0")
    desk.locator("form[action$='/outbound'] button").click()
    expect(desk.locator(".notice.good")).to_be_visible()


def write_order(desk: Page, items: list[str], amount: int = AMOUNT) -> str:
    """An order of so many pieces each, more urgent than all others; gives its address."""
    desk.goto("/outbound/orders/new")
    desk.locator("#customer").fill("C001")
    choose_warehouse(desk)
    desk.locator("[name=priority]").fill("9")
    for line, item in enumerate(items):
        row = desk.locator("tr[data-row]").nth(line)
        row.locator("[data-cell=item]").fill(item)
        row.locator("[data-cell=quantity]").fill(str(amount))
        row.locator("[data-cell=price]").fill("10")
    desk.locator("form.document-form button[type=submit]:not([name])").last.click()
    expect(desk.locator(".document-lines tbody tr")).to_have_count(len(items))
    return desk.url.partition("?")[0]


def promised(desk: Page, item: str) -> dict[str, float]:
    """What the item's page says of the main warehouse."""
    if item not in desk.title():
        desk.goto(f"/stock?q={item}&empty=1")
        desk.locator("main a[href^='/stock/items/']").first.click()
        expect(desk).to_have_title(re.compile(re.escape(item)))
    desk.reload()
    figures = desk.locator("#standing tr", has_text="MAIN").first.locator("td.quantity").all_inner_texts()
    names = ("on_hand", "unfit", "reserved", "allocated", "free", "in_transit")
    return dict(zip(names, (float(figure) for figure in figures), strict=True))


def pack_all(hand: Page, carton: str) -> None:
    """Tote, carton, one tap for all of it, one to close it."""
    words.begin(hand, "pack")
    words.scan_and_hear(hand, words.label_of("MT-01"))
    words.scan_until_known(hand, f"00{carton}")
    hand.locator("[hx-post='/edge/pack/all']").tap()
    expect(words.told(hand)).to_have_attribute("tone", "good")
    hand.locator("[hx-get='/edge/pack?seal=1']").tap()
    hand.locator("form[hx-post='/edge/pack/seal'] > button[type=submit]").tap()
    expect(hand.locator(".done-card")).to_be_visible()
    words.expect_sent(hand)
    words.go_home(hand)


def check(hand: Page, carton: str, items: list[str]) -> None:
    """Scan what is in it, without being told what should be."""
    words.begin(hand, "check")
    words.scan_until_known(hand, f"00{carton}")
    for item in items:
        for _ in range(AMOUNT):
            words.scan_and_hear(hand, words.barcode(item), "good")
    hand.locator("[hx-post='/edge/check/done']").tap()
    expect(words.told(hand)).to_have_attribute("tone", "good")
    words.expect_sent(hand)
    words.go_home(hand)


def ship(hand: Page, carton: str) -> None:
    """The carton, its tracking number, one tap."""
    words.begin(hand, "ship")
    words.scan_until_known(hand, f"00{carton}")
    words.scan_and_hear(hand, "SF1234567890")
    hand.locator("[hx-post='/edge/ship/departure']").tap()
    expect(words.told(hand)).to_have_attribute("tone", "good")
