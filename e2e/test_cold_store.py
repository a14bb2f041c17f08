"""A walk into the cold store: the network is gone, then the battery, and nothing that was scanned is lost."""

from e2e import words
from e2e.conftest import OpenDevice
from e2e.house import House


def test_moves_scanned_without_a_network_survive_a_dead_battery(
    house: House, open_device: OpenDevice
) -> None:
    item, source, target = words.something_to_move(house)
    posted = len(house.ledger())
    device = open_device("pda-1")
    page = words.enrol_device(house, device, "wang")
    words.begin(page, "move")

    words.go_offline(page)
    for code in (source, item, target):
        words.scan_and_hear(page, code)
    device.kill()
    page = device.open()

    assert words.screen(page).get_attribute("data-screen") == "move", "the same work stands there again"
    words.expect_sent(page)
    moved = house.ledger()[posted:]
    assert [(row["item_code"], row["source_code"], row["target_code"]) for row in moved] == [
        (item, source, target)
    ]
