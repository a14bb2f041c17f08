"""The words of a story: what people do with hands and eyes, without a word about HTML."""

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from e2e.browser import Device
from e2e.house import House

PASSWORD = "corn-lantern-58"
PEOPLE = {"chen": "administrator", "li": "supervisor", "wang": "storekeeper", "zhao": "storekeeper"}

# What a scanner sends between two application identifiers: FNC1, as the control character 29.
SEPARATOR = "\x1d"
CTRL, SHIFT = 2, 8
WEDGE_GAP_S = 0.008

COUNT_TAPS = """() => {
  window.taps = 0;
  window.countsTaps ??= !addEventListener("pointerdown", () => window.taps++, true);
}"""


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign in at a desk."""
    page.goto("/sign-in")
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


def something_to_move(house: House) -> tuple[str, str, str]:
    """A plain item of the sample company, a bin where it lies, and another bin."""
    rows = [
        row for row in house.ledger() if row["target_kind"] == "bin" and not row["lot"] and not row["serial"]
    ]
    bins = sorted({row["target_code"] for row in rows})
    first = rows[0]
    return (
        first["item_code"],
        first["target_code"],
        next(code for code in bins if code != first["target_code"]),
    )


def screen(page: Page, name: str = "") -> Locator:
    """The screen of the hand app that is shown."""
    return page.locator(f'[data-screen="{name}"]' if name else "[data-screen]")


def begin(page: Page, activity: str) -> None:
    """Tap a tile on the home screen: receive, move, pick, count or lookup."""
    page.locator(f'[data-screen=home] [hx-get="/edge/{activity}"]').tap()
    expect(screen(page, activity)).to_be_visible()


def go_home(page: Page) -> None:
    """Leave the activity by the arrow, level by level; what was begun stays."""
    while screen(page, "home").count() == 0:
        shown = screen(page).first.element_handle()
        page.locator(".bar .bar-button").first.tap()
        assert shown is not None
        shown.wait_for_element_state("hidden")
    expect(screen(page, "home")).to_be_visible()


def scan(page: Page, code: str) -> None:
    """Pull the trigger: a keyboard-wedge scanner types the code and presses Enter, a key every 8 ms.

    Each key carries the time at which a scanner would have sent it, so a busy machine does not turn the
    scan into slow typing.
    """
    keys = [_key(char) for char in code] + [
        {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}
    ]
    began = time.time() - len(keys) * WEDGE_GAP_S
    wire = page.context.new_cdp_session(page)
    for index, key in enumerate(keys):
        pressed = key | {"timestamp": began + index * WEDGE_GAP_S}
        wire.send("Input.dispatchKeyEvent", pressed | {"type": "keyDown"})
        wire.send("Input.dispatchKeyEvent", pressed | {"type": "keyUp", "text": ""})
    wire.detach()


def _key(char: str) -> dict[str, Any]:
    """What a scanner set to a US keyboard sends for one character."""
    if char == SEPARATOR:
        return {"key": "]", "code": "BracketRight", "modifiers": CTRL, "windowsVirtualKeyCode": 221}
    code = f"Digit{char}" if char.isdigit() else f"Key{char.upper()}" if char.isalpha() else ""
    return {"key": char, "code": code, "text": char, "modifiers": SHIFT if char.isupper() else 0}


def scan_and_hear(page: Page, code: str, tone: str = "good|quiet") -> str:
    """Scan, and wait for the answer of that scan: good, quiet (a step), caution or bad. Gives its words."""
    before = told(page)
    marker = before.element_handle() if before.count() else None
    scan(page, code)
    if marker is not None:
        marker.wait_for_element_state("hidden")
    expect(told(page)).to_have_attribute("tone", re.compile(f"^({tone})$"))
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
