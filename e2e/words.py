"""The words of a story: what people do with hands and eyes, without a word about HTML."""

import contextlib
import json
import re
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate

from e2e.browser import Device
from e2e.house import ROOT, House
from server.catalog.gs1 import check_digit_fits

COMPANY = ROOT / "server/sample/company.toml"
PASSWORD = "corn-lantern-58"
PEOPLE = {"chen": "administrator", "li": "supervisor", "wang": "storekeeper", "zhao": "storekeeper"}

# What a scanner sends between two application identifiers: FNC1, as the control character 29.
SEPARATOR = "\x1d"
CTRL, SHIFT = 2, 8
WEDGE_GAP_S = 0.008
# The same code sooner than this is a trigger that bounced, and the app takes it for one.
HAND_S = 0.3

FROM_THE_EDGE = """async (path) => {
  if (!navigator.serviceWorker.controller)
    await new Promise((ready) => navigator.serviceWorker.addEventListener("controllerchange", ready, {once: true}));
  return (await fetch(path)).text();
}"""

COUNT_TAPS = """() => {
  if (window.countsTaps) return;
  window.countsTaps = true;
  const add = () => sessionStorage.setItem("taps", Number(sessionStorage.getItem("taps")) + 1);
  addEventListener("pointerdown", add, true);
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
    expect_enrolled(page)
    return page


def expect_enrolled(page: Page) -> None:
    """The page of the invitation has done its work and led on to the app."""
    expect(screen(page)).to_have_count(1, timeout=20_000)


def sign_in_by_badge(page: Page, badge: str, pin: str) -> None:
    """Begin a shift on a device: the badge, then the figures."""
    scan(page, f"USR:{badge}")
    type_figure(page, pin)
    expect(screen(page, "home")).to_be_visible(timeout=20_000)


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


@cache
def barcode(item: str, *, carton: bool = False) -> str:
    """What is printed on a piece, or on a carton, of an item of the sample company."""
    rows = tomllib.loads(COMPANY.read_text("utf-8"))["items"]["rows"]
    number = next(index for index, row in enumerate(rows, 1) if row[0] == item)
    digits = f"{'1' if carton else ''}6971234{number:05d}"
    return next(f"{digits}{last}" for last in "0123456789" if check_digit_fits(f"{digits}{last}"))


def label_of(place: str) -> str:
    """The code on the label of a place."""
    return f"LOC-{place}"


Shelf = dict[tuple[str, str, str], Decimal]


def shelves(house: House, warehouse: str = "MAIN") -> Shelf:
    """What lies where by the ledger: (item, place, lot) → how many; pieces with serials left out.

    Places of the warehouse EAST begin with an E; no warehouse means all of them.
    """
    lying: Shelf = defaultdict(Decimal)
    others = {"MAIN": "E", "EAST": "ABCFM"}.get(warehouse, "")
    for row in house.ledger():
        for end, sign in (("target", 1), ("source", -1)):
            if row[f"{end}_kind"] in ("bin", "dock", "tote") and not row["serial"]:
                lying[row["item_code"], row[f"{end}_code"], row["lot"]] += sign * Decimal(row["quantity"])
    return {key: amount for key, amount in lying.items() if amount and key[1][0] not in others}


def own_bins(house: House) -> list[tuple[str, str, Decimal]]:
    """Plain items that lie in one bin only: item, bin, how many."""
    lying = shelves(house)
    bins: dict[str, list[str]] = defaultdict(list)
    for item, place, _ in lying:
        bins[item].append(place)
    return [
        (item, place, amount)
        for (item, place, lot), amount in lying.items()
        if len(bins[item]) == 1 and not lot and amount == int(amount)
    ]


def lying_at(house: House, item: str, place: str) -> Decimal:
    """How many of an item lie at a place, by the ledger."""
    return sum((amount for key, amount in shelves(house).items() if key[:2] == (item, place)), Decimal())


def screen(page: Page, name: str = "") -> Locator:
    """The screen of the hand app that is shown."""
    return page.locator(f'[data-screen="{name}"]' if name else "[data-screen]")


def begin(page: Page, activity: str) -> None:
    """Tap a tile on the home screen: receive, move, pick, count or lookup."""
    page.locator(f'[data-screen=home] [hx-get="/edge/{activity}"]').tap()
    expect(screen(page, activity)).to_be_visible()


def go_home(page: Page) -> None:
    """Leave the activity by the arrow, level by level; what was begun stays."""
    # Between two screens there is none for a moment, and the answer to an earlier tap may still change the
    # screen under the thumb; so each screen is waited for, and a tap that came too late is made again.
    while (shown := screen(page).first).get_attribute("data-screen") != "home":
        here = shown.element_handle()
        with contextlib.suppress(TooLate):
            page.locator(".bar .bar-button").first.tap(timeout=2_000)
            here.wait_for_element_state("hidden", timeout=2_000)
    expect(screen(page, "home")).to_be_visible()


def scan(page: Page, code: str) -> None:
    """Pull the trigger: a keyboard-wedge scanner types the code and presses Enter, a key every 8 ms.

    Each key carries the time at which a scanner would have sent it, so a busy machine does not turn the
    scan into slow typing.
    """
    keys = [_key(char) for char in code] + [
        {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}
    ]
    _wait_like_a_hand(page, code)
    began = time.time() - len(keys) * WEDGE_GAP_S
    wire = page.context.new_cdp_session(page)
    for index, key in enumerate(keys):
        pressed = key | {"timestamp": began + index * WEDGE_GAP_S}
        wire.send("Input.dispatchKeyEvent", pressed | {"type": "keyDown"})
        wire.send("Input.dispatchKeyEvent", pressed | {"type": "keyUp", "text": ""})
    wire.detach()
    _LAST_SCAN[page] = (code, time.monotonic())


_LAST_SCAN: dict[Page, tuple[str, float]] = {}


def _wait_like_a_hand(page: Page, code: str) -> None:
    """Nobody pulls the trigger twice within a blink; the app relies on it."""
    last, at = _LAST_SCAN.get(page, ("", 0.0))
    if last == code:
        page.wait_for_timeout(max(0.0, at + HAND_S - time.monotonic()) * 1000)


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


def scan_until_known(page: Page, code: str, patience_s: float = 20) -> None:
    """Scan a code that the device has to hear of first, as somebody would who was told that it works now."""
    deadline = time.monotonic() + patience_s
    while _tone(page, code) == "bad":
        assert time.monotonic() < deadline, f"{code} is still unknown"


def _tone(page: Page, code: str) -> str:
    scan_and_hear(page, code, "good|quiet|caution|bad")
    return told(page).get_attribute("tone") or ""


def told(page: Page) -> Locator:
    """What the screen says to the last scan."""
    return page.locator("scan-feedback").first


def type_figure(page: Page, figure: str) -> None:
    """Tap a figure on the big pad and confirm it; a PIN of the usual length is whole with its last figure."""
    pad = page.locator("number-pad")
    says_yes_itself = pad.get_attribute("length") == str(len(figure))
    for digit in figure:
        pad.get_by_role("button", name=digit, exact=True).tap()
    if not says_yes_itself:
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


def expect_ready(*pages: Page, patience_s: float = 30) -> None:
    """The devices have everything they need to go where there is no network."""
    deadline = time.monotonic() + patience_s
    for page in pages:
        while "MAIN-DOCK" not in page.evaluate(FROM_THE_EDGE, "/edge/lookup/results?text=MAIN-DOCK"):
            assert time.monotonic() < deadline, "the first rows have not come"
            page.wait_for_timeout(200)


def expect_kept(device: Device, patience_s: float = 20) -> None:
    """The browser has the app on its disk; a battery pulled before that takes the app with it."""
    device.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    deadline = time.monotonic() + patience_s
    while not device.is_kept():
        assert time.monotonic() < deadline, "the browser has not written its caches down"
        device.page.wait_for_timeout(100)


def expect_waiting(page: Page, operations: int) -> None:
    """The badge tells how many operations are on the device only."""
    button = waiting(page).get_by_role("button")
    if operations:
        expect(button).to_have_attribute(
            "aria-label", re.compile(rf"(?<!\d){operations} (项等待发送|waiting)")
        )
    else:
        expect(button).not_to_have_attribute("aria-label", re.compile("等待发送|waiting"))


def unsent(page: Page) -> list[dict[str, Any]]:
    """The operations that are on this device only, as the device itself would export them."""
    lines: str = page.evaluate(FROM_THE_EDGE, "/edge/unsent")
    return [json.loads(line) for line in lines.splitlines() if line]


def expect_in_order(house: House) -> None:
    """The ledger, played again from zero, gives what the server shows."""
    found = house.ask("verify")
    assert found["ok"], found["violations"]


def flows_of(ledger: Iterable[dict[str, Any]], operations: Iterable[str]) -> dict[str, int]:
    """How often the goods of each operation moved by the ledger."""
    times = dict.fromkeys(operations, 0)
    for row in ledger:
        if row["operation"] in times and row["leg"] == 0:
            times[row["operation"]] += 1
    return times


def expect_sent(page: Page, patience_s: float = 30) -> None:
    """Everything scanned has reached the server; what it thinks of it may still need attention."""
    button = waiting(page).get_by_role("button")
    delivered = re.compile("全部已送达|Everything delivered")
    expect(button).to_have_attribute("aria-label", delivered, timeout=patience_s * 1000)


def expect_on_board(board: Page, item: str, location: str, quantity: str, patience_s: float = 10) -> None:
    """The board shows this much of an item at a location, without anybody touching it."""
    row = board.locator("tr", has_text=item).filter(has_text=location)
    expect(row).to_contain_text(
        re.compile(rf"(?<![\d.]){re.escape(quantity)}(?![\d.])"), timeout=patience_s * 1000
    )


def taps(page: Page, work: Callable[[], object]) -> int:
    """How many touches a piece of work needs, for the targets; it may lead to other pages."""
    page.add_init_script(f"({COUNT_TAPS})()")
    page.evaluate(COUNT_TAPS)
    before = _taps_so_far(page)
    work()
    return _taps_so_far(page) - before


def _taps_so_far(page: Page) -> int:
    touched: int = page.evaluate("() => Number(sessionStorage.getItem('taps'))")
    return touched
