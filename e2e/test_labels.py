"""A label is asked for between the shelves and comes out of the printer at the dock."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e import printers, words
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House
from e2e.printers import NetworkPrinter, Station


@pytest.fixture
def station(house: House, tmp_path: Path) -> Iterator[Station]:
    standing = Station(tmp_path / "agent", house.url)
    yield standing
    standing.stop()


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    plugged_in = NetworkPrinter()
    yield plugged_in
    plugged_in.close()


def test_a_label_asked_for_without_a_network_comes_out_as_picture_and_as_zpl(
    house: House, open_desk: OpenDesk, open_device: OpenDevice, station: Station, printer: NetworkPrinter
) -> None:
    desk = open_desk()
    words.sign_in(desk, "li")
    assert "收货台" in station.pair(pairing_code(desk)) or station.home.exists()
    station.run()
    hand = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(hand)

    words.go_offline(hand)
    ask_for_label(hand, words.label_of("A-12-3"))
    words.expect_waiting(hand, 1)
    words.go_online(hand)
    words.expect_sent(hand)
    [picture] = station.labels(1)
    station.stop()
    station.run("--printer", f"tcp9100://{printer.address}")
    ask_for_label(hand, words.barcode("CUP-500"))
    [drawn] = printer.labels(1)

    assert printers.read(picture) == words.label_of("A-12-3")
    assert printers.read(drawn) == "ITM-CUP-500"
    desk.goto("/printing/jobs?show=all")
    printed = desk.locator("#print-jobs tbody tr").filter(has=desk.locator(".badge.good"))
    expect(printed).to_have_count(2, timeout=15_000)
    desk.locator("#print-jobs tbody tr").first.get_by_role("link").click()
    expect(desk.locator("#print-job")).to_contain_text("wang")


def pairing_code(desk: Page) -> str:
    """What the desk shows to be typed in at the other computer."""
    desk.goto("/printing/stations")
    desk.locator("form[action$='/pairing-code'] button").first.click()
    return desk.locator("#pairing-code").inner_text()


def ask_for_label(hand: Page, code: str) -> None:
    """Look something up and ask for its label: a scan and two taps."""
    words.begin(hand, "lookup")
    words.scan_and_hear(hand, code, "quiet")
    hand.locator(".thumb [hx-get^='/edge/print/']").tap()
    hand.locator("[data-screen=print] .thumb .primary").tap()
    expect(words.told(hand)).to_have_attribute("tone", "good")
    words.go_home(hand)
