"""From the tote to the customer's signature: packed by one, checked by two others, sent and signed for, offline."""

import io

from PIL import Image
from playwright.sync_api import Page, expect

from e2e import words
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House
from e2e.test_guided_pick import released, sent
from server.catalog.gs1 import check_digit_fits

CHECKER, SECOND = ("B1002", "1470"), ("B1003", "3690")
STEPS = {
    "picks": "on", "packs": "on", "ships": "on", "checkers": "2", "delivers": "on", "rule": "fefo",
    "aisle_mm": "3000", "bay_mm": "1200",
}  # fmt: skip
FIRST_OF_US = next(code for last in "0123456789" if check_digit_fits(code := f"00000000000000001{last}"))
"""The first carton that a house without a company prefix labels."""


def test_two_people_vouch_for_a_carton_and_the_customer_signs_for_it_without_a_network(
    house: House, open_device: OpenDevice, open_desk: OpenDesk
) -> None:
    desk = open_desk()
    words.sign_in(desk, "chen")
    item, notice = picked_by_the_desk(house, desk)
    packer = words.enrol_device(house, open_device("pda-1"), "wang")
    checker = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(packer, checker)
    for badge, pin in (SECOND, CHECKER):
        leave(checker)
        words.sign_in_by_badge(checker, badge, pin)

    words.go_offline(packer)
    pack(packer)
    words.go_online(packer)
    words.expect_sent(packer)
    expect_to_check(checker)

    words.go_offline(checker)
    check(checker, item)
    ship(checker)
    sign(checker, desk)
    assert "已签收" not in shown(desk, notice)
    words.go_online(checker)
    words.expect_sent(checker)

    expect_signed(desk, notice)
    page = shown(desk, notice)
    assert "当场输入 PIN" in page
    assert "李伟" in page
    assert "王芳" in page
    assert "SF1234567890" in page
    assert "老陈" in page
    words.expect_in_order(house)


def picked_by_the_desk(house: House, desk: Page) -> tuple[str, str]:
    """Two pieces of an item, picked into MT-01 from paper, in a house that wants two checkers and a signature."""
    desk.goto("/catalog/warehouses")
    place = desk.locator("a[href^='/catalog/warehouses/']", has_text="MAIN").first.get_attribute("href")
    sent(desk, f"{place}/steps/outbound", dict(STEPS))
    sent(desk, "/outbound/cartons", {"warehouse": str(place).rpartition("/")[2], "count": "1"})
    item = next(item for item, _, amount in words.own_bins(house) if amount > 2)
    released(desk, [(item, 2)])
    notice = desk.url
    desk.locator("select[name=tote]").select_option(label="MT-01")
    desk.locator("form[action$='/picking'] button").click()
    expect(desk.locator("main")).to_contain_text("已登记拣货")
    return item, notice


def leave(hand: Page) -> None:
    """The shift is over."""
    hand.locator("[hx-post='/edge/signout']").tap()
    expect(words.screen(hand, "signin")).to_be_visible()


def pack(hand: Page) -> None:
    """Tote, a carton whose label was printed ahead, one tap for all, and closed with its weight."""
    words.begin(hand, "pack")
    words.scan_until_known(hand, words.label_of("MT-01"))
    words.scan_and_hear(hand, f"00{FIRST_OF_US}")
    hand.locator("[hx-post='/edge/pack/all']").tap()
    expect(words.told(hand)).to_have_attribute("tone", "good")
    hand.locator("[hx-get='/edge/pack?seal=1']").tap()
    words.type_figure(hand, "3")
    expect(hand.locator(".done-card")).to_be_visible()


def expect_to_check(hand: Page) -> None:
    """The other device has heard of the carton."""
    for _ in range(80):
        if FIRST_OF_US[-6:] in hand.evaluate(words.FROM_THE_EDGE, "/edge/check"):
            return
        hand.wait_for_timeout(250)
    raise AssertionError("nothing to check has come")


def check(hand: Page, item: str) -> None:
    """One person scans what is in it, the other gives her PIN on the same device."""
    words.begin(hand, "check")
    words.scan_and_hear(hand, f"00{FIRST_OF_US}")
    for _ in range(2):
        words.scan_and_hear(hand, words.barcode(item), "good")
    hand.locator("[hx-post='/edge/check/done']").tap()
    hand.locator(".choices.people .choice", has_text="王芳").tap()
    words.type_figure(hand, SECOND[1])
    expect(words.told(hand)).to_contain_text("王芳", timeout=20_000)
    words.go_home(hand)


def ship(hand: Page) -> None:
    """The carton, its tracking number, one tap."""
    words.begin(hand, "ship")
    words.scan_and_hear(hand, f"00{FIRST_OF_US}")
    words.scan_and_hear(hand, "SF1234567890")
    hand.locator("[hx-post='/edge/ship/departure']").tap()
    expect(words.told(hand)).to_have_attribute("tone", "good")


def sign(hand: Page, desk: Page) -> None:
    """The customer writes with a finger; a photo is taken; one tap."""
    hand.locator("[hx-get='/edge/door']").tap()
    expect(words.screen(hand, "door")).to_be_visible()
    words.scan_and_hear(hand, f"00{FIRST_OF_US}")
    hand.locator("#signer").fill("老陈")
    box = hand.locator(".signature-ink").bounding_box()
    assert box is not None
    hand.mouse.move(box["x"] + 20, box["y"] + 20)
    hand.mouse.down()
    hand.mouse.move(box["x"] + 120, box["y"] + 60, steps=5)
    hand.mouse.up()
    hand.locator(".signature-buttons .primary").tap()
    expect(hand.locator("[hx-get='/edge/door?sign=1']")).to_be_visible()
    photo = io.BytesIO()
    Image.new("RGB", (1600, 1200), "#8899aa").save(photo, "JPEG")
    hand.locator("take-photo input").set_input_files(
        {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    expect(hand.locator("take-photo")).to_contain_text("已拍 1 张")
    hand.locator("button[form=delivered]").tap()
    expect(hand.locator(".done-card")).to_be_visible()


def shown(desk: Page, notice: str) -> str:
    """What the notice's page says now."""
    desk.goto(notice)
    return desk.locator("main").inner_text()


def expect_signed(desk: Page, notice: str) -> None:
    """Signature and photo stand on the notice, as pictures that can be seen."""
    for _ in range(80):
        desk.goto(notice)
        if desk.locator("img.proof").count() == 2:
            break
        desk.wait_for_timeout(250)
    widths = desk.locator("img.proof").evaluate_all("images => images.map((image) => image.naturalWidth)")
    assert widths == [480, 1280]
