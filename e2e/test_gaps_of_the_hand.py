"""What a storekeeper meets between the tasks: a code nobody knows yet, a device that cannot send, a second printer."""

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from e2e import words
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House
from e2e.printers import Station

STRANGER = "NEW-BOX-77"
ITEM = "CUP-350"


def test_a_code_nobody_knows_is_bound_where_it_was_refused_and_works_at_once(
    house: House, open_device: OpenDevice
) -> None:
    hand = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(hand)
    words.go_offline(hand)
    words.begin(hand, "receive")
    words.scan_and_hear(hand, STRANGER, "bad")

    touched = words.taps(hand, lambda: bind_to(hand, ITEM))
    words.scan_and_hear(hand, STRANGER, "good")
    expect(hand.locator(".card.line")).to_contain_text(ITEM)
    words.expect_waiting(hand, 2)
    words.go_online(hand)
    words.expect_sent(hand)
    another = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(another)
    words.begin(another, "receive")
    words.scan_until_known(another, STRANGER)

    assert touched == 2, "the offer and the yes"
    received = [row["item_code"] for row in house.ledger() if row["act"] == "receive" and row["device"]]
    assert received[0] == ITEM


def bind_to(hand: Page, item: str) -> None:
    """Say what the code on the screen is: tap the offer, scan the item's own code, say yes."""
    hand.locator(".offer").tap()
    expect(words.screen(hand, "bind")).to_be_visible()
    words.scan_and_hear(hand, words.barcode(item), "quiet")
    expect(hand.locator(".choice[aria-pressed=true]")).to_have_count(1)
    hand.locator("[hx-post='/edge/bind/confirmation']").tap()
    expect(words.told(hand)).to_have_attribute("tone", re.compile("good"))


def test_a_device_that_cannot_send_shows_its_work_to_the_camera_of_another(
    house: House, open_device: OpenDevice, tmp_path: Path
) -> None:
    giver = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(giver)
    noted = receive_without_a_network(giver, 12)
    hand_over(giver)
    expect(giver.locator(".qr-words")).to_have_text(re.compile("第 [2-9] 张"), timeout=5_000)
    film = film_of(photographs(giver), tmp_path / "screen.mjpeg")

    taker = words.enrol_device(house, open_device("pda-2", camera=film), "zhao")
    words.expect_ready(taker)
    words.begin(taker, "receive")
    taker.locator("[data-camera=toggle]").tap()
    expect(words.screen(taker, "take-in").locator(".notice")).to_contain_text("已接收 12 项", timeout=60_000)
    words.expect_sent(taker)
    booked = words.flows_of(house.ledger(), noted)
    words.go_online(giver)
    words.expect_sent(giver)

    assert booked == dict.fromkeys(noted, 1)
    assert words.flows_of(house.ledger(), noted) == booked, "sent by both, booked once"
    words.expect_in_order(house)


def test_a_device_that_cannot_send_saves_a_file_that_another_opens(
    house: House, open_device: OpenDevice, tmp_path: Path
) -> None:
    giver = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(giver)
    noted = receive_without_a_network(giver, 2)
    hand_over(giver)
    with giver.expect_download() as saved:
        giver.locator("save-file button").tap()
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)

    taker = words.enrol_device(house, open_device("pda-2"), "zhao")
    words.expect_ready(taker)
    taker.locator("#queue button").tap()
    taker.locator("[hx-get='/edge/take-in']").tap()
    taker.locator("open-file input").set_input_files(file)
    expect(words.told(taker)).to_contain_text("已接收 2 项")
    words.expect_sent(taker)

    assert words.flows_of(house.ledger(), noted) == dict.fromkeys(noted, 1)


def test_a_label_comes_out_at_the_printer_that_was_tapped_and_the_device_remembers_it(
    house: House, open_desk: OpenDesk, open_device: OpenDevice, tmp_path: Path
) -> None:
    desk = open_desk()
    words.sign_in(desk, "li")
    desk.goto("/printing/stations")
    add_printer(desk, "DOCK-2")
    desk.locator("form[action$='/pairing-code'] button").first.click()
    Station(tmp_path / "agent", house.url).pair(desk.locator("#pairing-code").inner_text())
    hand = words.enrol_device(house, open_device(), "wang")
    words.expect_ready(hand)
    words.begin(hand, "lookup")
    words.scan_and_hear(hand, words.barcode(ITEM), "quiet")
    words.go_offline(hand)

    hand.locator(".thumb button").tap()
    expect(hand.locator(".choice[aria-pressed=true]")).to_have_text(re.compile("PNG"))
    hand.locator(".choice", has_text="DOCK-2").tap()
    expect(hand.locator(".choice[aria-pressed=true]")).to_have_text(re.compile("DOCK-2"))
    hand.locator("[data-screen=print] .thumb .primary").tap()
    expect(words.told(hand)).to_have_attribute("tone", "good")
    hand.locator(".thumb button").tap()
    expect(hand.locator(".choice[aria-pressed=true]")).to_have_text(re.compile("DOCK-2"))
    words.go_online(hand)
    words.expect_sent(hand)

    desk.goto("/printing/jobs?show=all")
    expect(desk.locator("#print-jobs tbody tr").first).to_contain_text("DOCK-2", timeout=15_000)


def add_printer(desk: Page, name: str) -> None:
    """Another printer beside the same computer."""
    desk.locator("a[href$='/printers/new']").first.click()
    desk.locator("input[name=name]").fill(name)
    desk.locator("input[name=address]").fill("127.0.0.1:9100")
    desk.locator("form button[type=submit].primary").click()
    expect(desk.locator(".panel", has_text=name)).to_have_count(1)


def receive_without_a_network(hand: Page, pieces: int) -> list[str]:
    """Mugs and bowls come in where nothing is sent; the ids of what was written down."""
    words.go_offline(hand)
    words.begin(hand, "receive")
    for number in range(pieces):
        words.scan_and_hear(hand, words.barcode("BOWL-6" if number % 2 else ITEM), "good")
    words.go_home(hand)
    return [operation["id"] for operation in words.unsent(hand)]


def hand_over(hand: Page) -> None:
    """From the badge to the codes: two taps."""
    hand.locator("#queue button").tap()
    hand.locator("[hx-get='/edge/rescue']").tap()
    expect(hand.locator("qr-series canvas")).to_be_visible()


def photographs(hand: Page) -> list[Image.Image]:
    """Each code as it stands on the screen of the device."""
    total = len((hand.locator("qr-series").get_attribute("frames") or "").split())
    hand.locator("[data-qr=hold]").tap()
    taken: list[Image.Image] = []
    for _ in range(total):
        taken.append(Image.open(io.BytesIO(hand.locator("qr-series canvas").screenshot())))
        hand.locator("[data-qr=next]").tap()
    return taken


def film_of(pictures: list[Image.Image], path: Path, frames: int = 14) -> Path:
    """What a camera sees that is held before the other screen: each code for half a second."""
    with path.open("wb") as film:
        for picture in pictures:
            scene = Image.new("RGB", (1280, 720), "#3a3f45")
            seen = picture.convert("RGB").resize((500, 500))
            scene.paste(seen, (390, 110))
            frame = io.BytesIO()
            scene.save(frame, "JPEG", quality=88)
            film.write(frame.getvalue() * frames)
    return path
