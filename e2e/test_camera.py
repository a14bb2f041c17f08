"""No scanner at hand: the camera of the phone reads what people hold before it, and the server a photo."""

from collections.abc import Callable
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from e2e import words
from e2e.browser import Device
from e2e.conftest import OpenDevice
from e2e.house import House

MASK, LOT, EXPIRY = "MASK-50", "L2409", "2027-01-31"
GS1 = f"(01){words.barcode(MASK).zfill(14)}(17)270131(10){LOT}"


def test_the_camera_reads_what_the_receiving_screen_needs(
    house: House, open_device: OpenDevice, film: Callable[..., Path]
) -> None:
    device = open_device(camera=film(words.barcode("CUP-350"), "EAN13"))
    page = words.enrol_device(house, device, "wang")
    words.expect_ready(page)
    words.begin(page, "receive")
    look(page)
    expect(page.locator(".card.line")).to_contain_text("CUP-350", timeout=20_000)
    words.expect_sent(page)

    page = look_at(device, film(words.label_of("A-12-3"), "QRCode"))
    expect(page.locator(".route .place-code")).to_have_text("A-12-3", timeout=20_000)

    page = look_at(device, film(GS1, "DataMatrix", gs1=True))
    card = page.locator(".card.line", has_text=MASK)
    expect(card).to_contain_text(LOT, timeout=20_000)
    expect(card).to_contain_text(EXPIRY)
    words.expect_sent(page)

    received = [row for row in house.ledger() if row["act"] == "receive" and row["device"]]
    booked = {(row["item_code"], row["lot"], row["target_code"]) for row in received}
    assert booked == {("CUP-350", "", "MAIN-DOCK"), (MASK, LOT, "A-12-3")}


def test_a_camera_that_was_never_opened_reads_in_a_cold_store(
    house: House, open_device: OpenDevice, film: Callable[..., Path]
) -> None:
    page = words.enrol_device(house, open_device(camera=film(words.barcode("CUP-350"), "EAN13")), "wang")
    words.expect_ready(page)
    expect_camera_kept(page)
    words.go_offline(page)
    words.begin(page, "receive")

    look(page)

    expect(page.locator(".card.line")).to_contain_text("CUP-350", timeout=20_000)
    words.expect_waiting(page, 1)


def expect_camera_kept(page: Page) -> None:
    """The device has fetched what reads pictures, though nobody has asked for it."""
    page.wait_for_function(CAMERA_IS_KEPT, timeout=20_000)


CAMERA_IS_KEPT = """async () => {
  if (!navigator.serviceWorker.controller) return false;
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) if (url.endsWith(".wasm")) return true;
  return false;
}"""


def test_a_photo_is_read_by_the_server(
    house: House, open_device: OpenDevice, film: Callable[..., Path], tmp_path: Path
) -> None:
    page = words.enrol_device(house, open_device(camera=film("nothing we know", "QRCode")), "wang")
    words.expect_ready(page)
    words.begin(page, "receive")
    page.locator("[data-camera=toggle]").tap()

    page.locator("camera-view input[type=file]").set_input_files(photo_of(GS1, tmp_path / "photo.jpg"))

    expect(page.locator(".card.line", has_text=MASK)).to_contain_text(LOT, timeout=20_000)


def look(page: Page) -> None:
    """Turn the camera on."""
    page.locator("[data-camera=toggle]").tap()
    expect(page.locator("camera-view video")).to_be_visible()


def look_at(device: Device, film: Path) -> Page:
    """The same device sees something else; it opens where its person stood."""
    device.close()
    device.camera = film
    page = device.open()
    expect(words.screen(page, "receive")).to_be_visible(timeout=20_000)
    look(page)
    return page


def photo_of(gs1: str, file: Path) -> Path:
    """A label on a box, a little askew, as a phone takes it."""
    symbol = zxingcpp.create_barcode(gs1, zxingcpp.BarcodeFormat.DataMatrix, gs1=True)
    label = Image.fromarray(symbol.to_image(scale=8)).convert("RGB")
    scene = Image.new("RGB", (1600, 1200), "#8d7a5e")
    scene.paste(label.rotate(4, expand=True, fillcolor="white"), (520, 380))
    scene.save(file, quality=85)
    return file
