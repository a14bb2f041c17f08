"""A morning behind thick walls: thirty scans without a network, a dead battery in between, nothing lost."""

from decimal import Decimal

from playwright.sync_api import Page, expect

from e2e import words
from e2e.browser import WALL, Device
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House

MUG, FLASK, BOWL = "CUP-350", "CUP-500", "BOWL-6"


def test_thirty_scans_without_a_network_are_each_booked_once(
    house: House, open_device: OpenDevice, open_desk: OpenDesk
) -> None:
    before = words.shelves(house)
    board = open_desk(viewport=WALL)
    words.sign_in(board, "li")
    board.goto("/board")
    device = open_device("pda-1")
    page = words.enrol_device(house, device, "wang")
    words.expect_ready(page)
    words.expect_kept(device)
    words.go_offline(page)

    work = Work(page)
    receive_and_put_away(work)
    work.page = revived(device)
    pick_and_count(work)
    undo_look_up_and_ask_for_a_label(work)
    noted = words.unsent(work.page)
    assert len(noted) == work.waiting, "the badge told the truth"
    assert work.scans == 30
    device.come_back()
    words.expect_sent(work.page)

    ledger = house.ledger()
    goods = [entry["id"] for entry in noted if entry["kind"] != "print.request@1"]
    assert words.flows_of(ledger, goods) == dict.fromkeys(goods, 1), "each of them once"
    assert [row["device"] for row in ledger if row["operation"] in goods].count(None) == 0
    expect_shelves(house, board, before)
    words.expect_in_order(house)


class Work:
    """A person at work: counts the scans, and knows how many operations must be waiting."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.scans = 0
        self.waiting = 0

    def scan(self, code: str, makes: int = 0) -> None:
        """Scan; `makes` is how many operations this scan writes down."""
        words.scan_and_hear(self.page, code, "good|quiet|caution")
        self.scans += 1
        self.waiting += makes
        words.expect_waiting(self.page, self.waiting)


def receive_and_put_away(work: Work) -> None:
    """Six pieces and two cartons come in; mugs and a carton of flasks go to bins: 14 scans, 10 operations."""
    words.begin(work.page, "receive")
    for item in (MUG, FLASK, MUG, BOWL, MUG, FLASK):
        work.scan(words.barcode(item), makes=1)
    work.scan(words.barcode(MUG, carton=True), makes=1)
    work.scan(words.barcode(FLASK, carton=True), makes=1)
    words.go_home(work.page)
    words.begin(work.page, "move")
    work.scan(words.barcode(MUG, carton=True))
    work.scan(words.label_of("A-05-1"), makes=1)
    work.scan("MAIN-DOCK")
    work.scan(words.barcode(FLASK, carton=True))
    work.scan(words.label_of("A-05-3"), makes=1)
    work.scan("MAIN-DOCK")


def revived(device: Device) -> Page:
    """The battery is pulled and charged; there is still no network."""
    device.kill()
    page = device.open(offline=True)
    expect(words.screen(page, "move")).to_be_visible(timeout=20_000)
    return page


def pick_and_count(work: Work) -> None:
    """Three pieces into a tote, one bin counted with one piece, one found empty: 9 scans, 5 operations."""
    words.expect_waiting(work.page, work.waiting)
    words.go_home(work.page)
    words.begin(work.page, "pick")
    work.scan(words.label_of("MT-01"))
    work.scan(words.label_of("A-05-1"))
    work.scan(words.barcode(MUG), makes=1)
    work.scan(words.barcode(MUG), makes=1)
    work.scan(words.label_of("A-05-3"))
    work.scan(words.barcode(FLASK), makes=1)
    words.go_home(work.page)
    words.begin(work.page, "count")
    work.scan(words.label_of("A-05-3"))
    work.scan(words.barcode(FLASK))
    work.scan(words.label_of("A-05-3"), makes=1)


def undo_look_up_and_ask_for_a_label(work: Work) -> None:
    """Two things are taken back by a scan, a bowl is looked up and gets a label: 7 scans."""
    words.go_home(work.page)
    words.begin(work.page, "receive")
    work.scan(words.barcode(BOWL), makes=1)
    work.scan("CMD:UNDO", makes=1)
    work.scan(words.barcode(BOWL), makes=1)
    work.scan(words.barcode(MUG), makes=1)
    work.scan("CMD:UNDO", makes=1)
    words.go_home(work.page)
    words.begin(work.page, "lookup")
    work.scan(words.label_of("A-05-1"))
    work.scan(words.barcode(BOWL))
    work.page.locator(".thumb [hx-get^='/edge/print/']").tap()
    work.page.locator(".thumb .primary").tap()
    work.waiting += 1
    words.expect_waiting(work.page, work.waiting)


def expect_shelves(house: House, board: Page, before: words.Shelf) -> None:
    """The ledger and the board both say what the hands did."""
    now = words.shelves(house)
    grown = {key: now.get(key, Decimal()) - before.get(key, Decimal()) for key in now.keys() | before.keys()}
    assert {key: int(amount) for key, amount in grown.items() if amount} == {
        (MUG, "MAIN-DOCK", ""): 3,
        (MUG, "A-05-1", ""): 22,
        (MUG, "MT-01", ""): 2,
        (FLASK, "MAIN-DOCK", ""): 2,
        (FLASK, "A-05-3", ""): 1,
        (FLASK, "MT-01", ""): 1,
        (BOWL, "MAIN-DOCK", ""): 2,
    }
    for item in (MUG, FLASK, BOWL):
        in_all = sum(amount for key, amount in words.shelves(house, "").items() if key[0] == item)
        words.expect_on_board(board, item, "", str(int(in_all)))
