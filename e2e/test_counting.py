"""A bin is counted while the warehouse works: a pick that nobody has heard of yet is no loss, whenever it arrives."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e import words
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House


@pytest.mark.parametrize("is_late", [True, False], ids=["the pick arrives late", "the count arrives late"])
def test_a_pick_from_before_the_count_is_no_difference_in_either_order_of_arrival(
    house: House, open_device: OpenDevice, open_desk: OpenDesk, *, is_late: bool
) -> None:
    item, place, amount = next(own for own in words.own_bins(house) if 4 <= own[2] <= 10)
    desk = open_desk()
    words.sign_in(desk, "li")
    picker = words.enrol_device(house, open_device("pda-1"), "wang")
    counter = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(picker, counter)
    plan = issue(desk, place)
    expect_asked(counter, place)

    words.go_offline(picker, counter)
    pick_one(picker, item, place)
    assert words.taps(counter, lambda: count(counter, item, place, str(amount - 1))) == 4, (
        "three for the quantity, one for done"
    )
    first, second = (counter, picker) if is_late else (picker, counter)
    words.go_online(first)
    words.expect_sent(first)
    if is_late:
        expect_on_sheet(desk, plan, place, r"待复盘|To count again", "-1")
    words.go_online(second)
    words.expect_sent(second)

    expect_on_sheet(desk, plan, place, r"已过账|Posted", "0")
    assert words.lying_at(house, item, place) == amount - 1
    words.go_home(counter)
    words.begin(counter, "count")
    expect(counter.locator(".rows .place-code", has_text=place)).to_have_count(0)
    words.expect_in_order(house)


def issue(desk: Page, place: str) -> str:
    """Plan a blind count of one place and put it on the devices; gives the plan's address."""
    desk.goto("/counts/new")
    desk.locator("input[name=method][value=places]").check()
    desk.locator("textarea[name=places]").fill(place)
    house = desk.locator("select[name=warehouse] option", has_text="MAIN").get_attribute("value")
    desk.locator("select[name=warehouse]").select_option(house)
    desk.locator("form.document-form button.primary").click()
    desk.locator("form[action$='/issue'] button").click()
    expect(desk.locator(".notice.good")).to_be_visible()
    return desk.url.split("?")[0]


def expect_asked(hand: Page, place: str) -> None:
    """The device has heard that the place is to be counted."""
    for _ in range(20):
        words.begin(hand, "count")
        if hand.locator(".rows .place-code", has_text=place).count():
            return
        words.go_home(hand)
        hand.wait_for_timeout(500)
    raise AssertionError(f"{place} is not on the list")


def pick_one(hand: Page, item: str, place: str) -> None:
    """Take one piece into a tote."""
    words.begin(hand, "pick")
    for code in ("MT-01", place):
        words.scan_and_hear(hand, words.label_of(code))
    words.scan_and_hear(hand, words.barcode(item))


def count(hand: Page, item: str, place: str, seen: str) -> None:
    """Count a bin: its label, one of the goods, how many, done."""
    words.scan_and_hear(hand, words.label_of(place))
    words.scan_and_hear(hand, words.barcode(item))
    hand.locator(".thumb [hx-get='/edge/count?pad=1']").tap()
    words.type_figure(hand, seen)
    hand.locator("[hx-post='/edge/count/done']").tap()
    expect(words.told(hand)).to_have_attribute("tone", "good")


def expect_on_sheet(desk: Page, plan: str, place: str, state: str, difference: str) -> None:
    """What the desk says of the place: its state, and how far the count was from the book of its moment."""
    desk.goto(plan)
    row = desk.locator(".document-lines tr", has_text=place)
    expect(row).to_contain_text(re.compile(state))
    row.locator("a").click()
    expect(desk.locator("section.panel table td.quantity").last).to_have_text(difference)
