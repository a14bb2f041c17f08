"""The board on the wall follows the floor by itself, goes on after a cut, and leads from tile to person in two taps."""

import re
import statistics
import time

from playwright.sync_api import Locator, Page, expect

from e2e import words
from e2e.browser import WALL
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House

WITHIN_S = 1.0


def test_a_scan_is_on_the_board_within_a_second_and_tiles_lead_to_lines_and_people(
    house: House, open_device: OpenDevice, open_desk: OpenDesk
) -> None:
    board, desk = open_desk(viewport=WALL), open_desk()
    words.sign_in(board, "li")
    words.sign_in(desk, "chen")
    hand = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(hand)
    main = open_board(board)

    send_to_the_floor(desk)
    expect(figure(board, "lines")).not_to_have_text(re.compile("^0"))
    words.begin(hand, "receive")
    before = lines_an_hour(board)
    took = [scanned(hand, board, goods) for goods in ("CUP-350", "CUP-500", "BOWL-6")]
    assert statistics.median(took) <= WITHIN_S, took

    house.stop()
    expect(board.locator(".board-lost")).to_be_visible(timeout=10_000)
    words.scan_and_hear(hand, words.barcode("SOAP-100"))
    house.start()
    all_four = re.compile(rf"(?<!\d){before + 4} (行/时|lines/h)")
    expect(tile(board, "people")).to_contain_text(all_four, timeout=30_000)
    expect(board.locator(".board-live")).to_be_visible()
    assert board.evaluate("() => window.hangsOnTheWall"), "the page was never loaded again"

    left = int(figure(board, "lines").inner_text().split()[0].rstrip("行"))
    assert words.taps(board, lambda: tile(board, "lines").click()) == 1
    expect(board.locator("tbody tr")).to_have_count(left)
    assert f"warehouse={main}" in board.url
    board.goto("/board")
    assert words.taps(board, lambda: to_person(board, "wang")) == 2
    expect(board.locator("h1")).to_have_text("wang")
    expect(board.locator("tbody tr", has_text="BOWL-6")).to_have_count(1)


def open_board(page: Page) -> str:
    """Hang up the board of the main warehouse, so that it is remembered; gives the warehouse's number."""
    page.goto("/board")
    page.locator(".board-houses a", has_text=re.compile("总仓|Main|MAIN")).first.click()
    expect(page.locator("#board")).to_have_attribute("data-state", "live")
    chosen = page.url.rpartition("=")[2]
    page.goto("/board")
    expect(page.locator("#board")).to_have_attribute("data-state", "live")
    expect(page.locator(".board-houses [aria-current]")).to_have_attribute(
        "href", f"/board?warehouse={chosen}"
    )
    page.evaluate("() => { window.hangsOnTheWall = true; }")
    return chosen


def send_to_the_floor(desk: Page) -> None:
    """Let the warehouse pick what is reserved for the first confirmed order."""
    desk.goto("/outbound/orders?state=confirmed&sort=number")
    desk.locator("a.row-link").first.click()
    desk.locator("form[action$='/notices'] button").click()
    expect(desk.locator(".notice.good")).to_be_visible()


def lines_an_hour(board: Page) -> int:
    """What the people have done in the last hour, as the board says it."""
    return int(re.findall(r"\d+", tile(board, "people").locator(".board-note").inner_text())[0])


def scanned(hand: Page, board: Page, goods: str) -> float:
    """Seconds from the answer on the device until the board shows the scan: one line more an hour."""
    note, before = tile(board, "people").locator(".board-note"), lines_an_hour(board)
    words.scan_and_hear(hand, words.barcode(goods))
    answered = time.monotonic()
    expect(note).to_have_text(re.compile(rf"^{before + 1} (行/时|lines/h)$"))
    return time.monotonic() - answered


def to_person(board: Page, name: str) -> None:
    tile(board, "people").click()
    board.locator("tbody a", has_text=name).first.click()


def tile(board: Page, name: str) -> Locator:
    return board.locator(f"#board-tile-{name}")


def figure(board: Page, name: str) -> Locator:
    return tile(board, name).locator(".board-figure")
