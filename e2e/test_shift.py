"""One device, two shifts, no network; and a server that dies, or comes back from yesterday's backup."""

import time

from playwright.sync_api import Page, expect

from e2e import words
from e2e.conftest import OpenDevice
from e2e.house import House

LI, WANG = ("B1002", "1470"), ("B1003", "3690")


def test_a_shift_changes_without_a_network_and_with_a_full_queue(
    house: House, open_device: OpenDevice
) -> None:
    page = words.enrol_device(house, open_device(), "li.wei")
    words.expect_ready(page)
    for badge, pin in (LI, WANG):
        leave(page)
        words.sign_in_by_badge(page, badge, pin)
    words.go_offline(page)

    receive(page, 3)
    leave(page)
    words.scan(page, f"USR:{LI[0]}")
    words.type_figure(page, "0000")
    expect(words.told(page)).to_have_attribute("tone", "bad")
    words.type_figure(page, LI[1])
    expect(words.screen(page, "home")).to_be_visible(timeout=20_000)
    receive(page, 2)
    words.expect_waiting(page, 5)
    by_whom = [operation["user"] for operation in words.unsent(page)]
    words.go_online(page)
    words.expect_sent(page)

    posted = [row["user"] for row in house.ledger() if row["device"]]
    assert posted == by_whom
    assert [posted.count(user) for user in dict.fromkeys(posted)] == [3, 2], "each under the own name"


def test_a_server_that_dies_while_it_is_told_books_everything_once(
    house: House, open_device: OpenDevice
) -> None:
    page = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(page)
    words.go_offline(page)
    receive(page, 12)
    noted = [operation["id"] for operation in words.unsent(page)]

    with page.context.expect_event("request", lambda request: request.url.endswith("/sync/push")):
        words.go_online(page)
    house.kill()
    house.start()
    words.expect_sent(page, patience_s=60)

    assert words.flows_of(house.ledger(), noted) == dict.fromkeys(noted, 1)
    words.expect_in_order(house)


def test_devices_heal_a_server_that_was_restored_from_an_older_backup(
    house: House, open_device: OpenDevice
) -> None:
    page = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(page)
    backup = house.data.parent / "yesterday.backup"
    house.run("backup", str(backup))
    words.go_offline(page)
    receive(page, 3)
    noted = [operation["id"] for operation in words.unsent(page)]
    words.go_online(page)
    words.expect_sent(page)

    house.stop()
    house.run("restore", str(backup))
    assert set(words.flows_of(house.ledger(), noted).values()) == {0}, "the backup knows nothing of them"
    house.start()

    expect_booked_again(house, noted)
    words.expect_in_order(house)


def expect_booked_again(house: House, operations: list[str], patience_s: float = 60) -> None:
    """The device notices by itself that the server has forgotten, and tells it again."""
    deadline = time.monotonic() + patience_s
    while words.flows_of(house.ledger(), operations) != dict.fromkeys(operations, 1):
        assert time.monotonic() < deadline, "the device has not told the server again"
        time.sleep(0.5)


def leave(page: Page) -> None:
    """The shift is over."""
    page.locator("[data-screen=home] .dock-button").last.tap()
    expect(words.screen(page, "signin")).to_be_visible()


def receive(page: Page, pieces: int) -> None:
    """Mugs and bowls come in, one by one."""
    words.begin(page, "receive")
    for number in range(pieces):
        words.scan_and_hear(page, words.barcode("BOWL-6" if number % 2 else "CUP-350"), "good")
    words.go_home(page)
