"""The words of a story: what people do with hands and eyes, without a word about HTML."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from e2e.browser import Device
from e2e.house import House

PASSWORD = "corn-lantern-58"
PEOPLE = {"chen": "administrator", "li": "supervisor", "wang": "storekeeper", "zhao": "storekeeper"}

# What a scanner sends between two application identifiers: FNC1, as the control character 29.
SEPARATOR = "\x1d"

COUNT_TAPS = """() => {
  window.taps = 0;
  window.countsTaps ??= !addEventListener("pointerdown", () => window.taps++, true);
}"""


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign in at a desk."""
    page.goto("/session/new")
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    expect(page.locator("input[name=password]")).to_have_count(0)


def enrol_device(house: House, device: Device, user: str, warehouse: str = "MAIN") -> Page:
    """Hand a device to somebody: an invitation, its link opened on the device, the app installed."""
    invitation = house.ask("devices", "invite", "--user", user, "--warehouse", warehouse)
    page = device.open(f"/hand/enrol#{invitation['token']}")
    expect(screen(page)).to_have_count(1, timeout=20_000)
    return page


def screen(page: Page, name: str = "") -> Locator:
    """The screen of the hand app that is shown."""
    return page.locator(f'[data-screen="{name}"]' if name else "[data-screen]")


def begin(page: Page, activity: str) -> None:
    """Tap a tile on the home screen: receive, move, pick, count or lookup."""
    page.locator(f'[data-screen=home] [hx-get="/edge/{activity}"]').tap()
    expect(screen(page, activity)).to_be_visible()


def go_home(page: Page) -> None:
    """Leave the activity; what was begun stays."""
    page.locator('[hx-get="/edge/home"]').first.tap()
    expect(screen(page, "home")).to_be_visible()


def scan(page: Page, code: str) -> None:
    """Pull the trigger: a keyboard-wedge scanner types the code very fast and presses Enter."""
    for part in re.split(f"({SEPARATOR})", code):
        if part == SEPARATOR:
            page.keyboard.press("Control+]")
        else:
            page.keyboard.type(part)
    page.keyboard.press("Enter")


def scan_and_hear(page: Page, code: str, tone: str = "good") -> str:
    """Scan, and wait for the answer of that scan: good, caution or bad. Gives its words."""
    before = told(page)
    marker = before.element_handle() if before.count() else None
    scan(page, code)
    if marker is not None:
        marker.wait_for_element_state("hidden")
    expect(told(page)).to_have_class(re.compile(rf"\b{tone}\b"))
    return told(page).inner_text()


def told(page: Page) -> Locator:
    """What the screen says to the last scan."""
    return page.locator("scan-feedback").first


def type_figure(page: Page, figure: str) -> None:
    """Tap a figure on the big pad and confirm it."""
    pad = page.locator("number-pad")
    for digit in figure:
        pad.get_by_role("button", name=digit, exact=True).tap()
    pad.locator("[type=submit]").tap()


def go_offline(*pages: Page) -> None:
    """Walk into the cold store: nothing reaches the server; sockets stay open and silent."""
    for page in pages:
        page.context.set_offline(True)


def go_online(*pages: Page) -> None:
    """Walk out again."""
    for page in pages:
        page.context.set_offline(False)


def waiting(page: Page) -> Locator:
    """The badge that counts what still has to reach the server."""
    return page.locator("#queue")


def expect_sent(page: Page, patience_s: float = 30) -> None:
    """Everything scanned has reached the server."""
    expect(waiting(page).locator(".good")).to_be_visible(timeout=patience_s * 1000)


def expect_on_board(board: Page, item: str, location: str, quantity: str, patience_s: float = 10) -> None:
    """The board shows this much of an item at a location, without anybody touching it."""
    row = board.locator("tr", has_text=item).filter(has_text=location)
    expect(row).to_contain_text(
        re.compile(rf"(?<![\d.]){re.escape(quantity)}(?![\d.])"), timeout=patience_s * 1000
    )


def taps(page: Page, work: Callable[[], None]) -> int:
    """How many touches a piece of work needs, for the targets."""
    page.evaluate(COUNT_TAPS)
    work()
    touched: int = page.evaluate("() => window.taps")
    return touched
