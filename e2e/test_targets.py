"""What a step costs a pair of gloved hands: scans and taps, counted; and whether everybody can use the screens."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from e2e import words
from e2e.conftest import OpenDevice
from e2e.house import House

MASK = f"(01){words.barcode('MASK-50').zfill(14)}(17)270131(10)L2409"
GLOVE = f"(01){words.barcode('GLOVE-M').zfill(14)}(10)L77"


@pytest.fixture
def hand(house: House, open_device: OpenDevice) -> Page:
    """A device without a network, as between steel shelves."""
    page = words.enrol_device(house, open_device(), "li.wei")
    words.expect_ready(page)
    return page


class Hands:
    """Scans and taps of one piece of work."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.scans = 0

    def scan(self, code: str, tone: str = "good|quiet") -> str:
        """Scan, wait for the answer and count it; what the screen said."""
        self.scans += 1
        return words.scan_and_hear(self.page, code, tone)

    def cost(self, work: Callable[[], object]) -> tuple[int, int]:
        """(scans, taps) of the work."""
        self.scans = 0
        touched = words.taps(self.page, work)
        return self.scans, touched


def test_ten_lines_from_own_bins_are_twelve_scans_and_two_taps_at_most(house: House, hand: Page) -> None:
    hands = Hands(hand)
    lines = [item for item, _, amount in words.own_bins(house) if amount > 1][:10]
    words.go_offline(hand)

    def pick() -> None:
        words.begin(hand, "pick")
        hands.scan(words.label_of("MT-01"))
        for item in lines:
            hands.scan(words.barcode(item), "good")

    scans, touched = hands.cost(pick)

    assert len(lines) == 10
    assert scans <= 12
    assert touched <= 2


def test_receiving_putting_away_counting_and_undoing_cost_what_was_promised(hand: Page) -> None:
    hands = Hands(hand)
    words.go_offline(hand)

    words.begin(hand, "receive")
    two_lots = hands.cost(lambda: (hands.scan(MASK, "good"), hands.scan(GLOVE, "good")))
    undone = hands.cost(lambda: tap(hand.locator(".thumb .button", has_text="撤销")))
    words.go_home(hand)
    words.begin(hand, "move")
    away = hands.cost(lambda: (hands.scan(MASK), hands.scan(words.label_of("A-05-1"), "good")))
    words.go_home(hand)
    words.begin(hand, "count")
    counted = hands.cost(lambda: count_one(hands))
    hands.scan(words.label_of("A-05-4"))
    empty = hands.cost(lambda: tap(hand.locator("[hx-post='/edge/count/empty']")))

    assert two_lots == (2, 0), "a lot-tracked line is one scan with GS1"
    assert undone == (0, 1)
    assert away == (2, 0)
    assert counted == (2, 4), "a bin, an item, a quantity in three taps, done in one"
    assert empty == (0, 1)


def test_a_shift_begins_with_a_badge_and_four_figures(hand: Page) -> None:
    hands = Hands(hand)
    hand.locator("[data-screen=home] .dock-button").last.tap()
    expect(words.screen(hand, "signin")).to_be_visible()

    def sign_in() -> None:
        words.sign_in_by_badge(hand, "B1002", "1470")
        hands.scans += 1

    scans, touched = hands.cost(sign_in)

    assert scans == 1
    assert touched == 4, "four figures, and no other tap"


def test_the_first_start_leaves_the_edge_to_the_worker(open_device: OpenDevice) -> None:
    page = open_device().open("/manifest.webmanifest")
    asked: list[str] = []
    page.context.on("request", lambda request: asked.extend(by_the_page(request)))

    page.goto(page.url.replace("/manifest.webmanifest", "/hand"))
    expect(words.screen(page)).to_be_visible(timeout=20_000)

    modules = [address for address in asked if "/edge/" in address and address.endswith(".js")]
    assert {address.partition("/edge/")[2] for address in modules} <= {"words.js", "sync/live.js"}
    assert len(asked) < 40, "a second edge in the page would be a hundred requests more"


def by_the_page(request: Request) -> list[str]:
    """Its address, unless the worker asked for it."""
    return [] if request.service_worker else [request.url]


def count_one(hands: Hands) -> None:
    """A bin with five pieces of one thing."""
    hands.scan(words.label_of("A-05-2"))
    hands.scan(words.barcode("CUP-350"))
    tap(hands.page.locator("[hx-get='/edge/count?pad=1']").last)
    words.type_figure(hands.page, "5")
    tap(hands.page.locator("[hx-post='/edge/count/done']"))


def tap(button: Any) -> None:
    """Touch it, and wait until the screen has answered."""
    before = button.element_handle()
    button.tap()
    before.wait_for_element_state("hidden")
