"""Take the pictures of README and docs from a real server and a real browser: `python scripts/screenshots.py`.

The sample company works for a few minutes with two devices: everything shown was scanned on the way here. Then
every hand screen is taken at 360 × 640 in both languages, the board at 1920 × 1080, and some desk pages.
"""

import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from e2e import browser as chromium  # noqa: E402  # found by the line above
from e2e import papers, words  # noqa: E402
from e2e.house import House  # noqa: E402
from e2e.test_guided_pick import released, sent, wanted  # noqa: E402
from e2e.test_packing_and_shipping import STEPS  # noqa: E402

OUT = ROOT / "docs/screenshots"
MOST_BYTES = 150_000
PATIENCE_MS = 20_000
SETTLED_MS = 500
"""The answer to a tap stands on the screen, so that the next tap does not go to what it replaces."""
SILENT_MS = 90_000
"""A device is silent after a minute; the board looks every few seconds."""
ANDROID = "Mozilla/5.0 (Linux; Android 13; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"
MASKS = f"(01){words.barcode('MASK-50').zfill(14)}(17)280630(10)L261102"
MILK = f"(01){words.barcode('MILK-250', carton=True).zfill(14)}(17)270131(10)L261120"


def main() -> None:
    """Build the house, let two people work, take the pictures."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        house = House(Path(folder) / "data")
        house.run("demo")
        house.start()
        stack.callback(house.stop)
        mine = stack.enter_context(device(playwright, house, Path(folder) / "1", "li.wei", "iData 50P"))
        theirs = stack.enter_context(device(playwright, house, Path(folder) / "2", "wang.fang", "Urovo DT50"))
        work_beside(theirs)
        with launched(playwright) as browser:
            send_to_floor(browser, house)
            pick_at_the_desk(browser, house)
        for language in ("zh", "en"):
            take_hand(mine, language)
            take_outgoing(mine, language)
            change_language(mine)
        with launched(playwright) as browser:
            take_desk(browser, house, silent=mine, working=theirs)


@contextmanager
def device(playwright: Playwright, house: House, profile: Path, user: str, model: str) -> Iterator[Page]:
    """An enrolled PDA with a camera, in somebody's hand."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=chromium.executable(),
        args=[*chromium.flags(), "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
        viewport=chromium.PDA,
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        user_agent=ANDROID.format(model),
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        permissions=["camera"],
    )
    try:
        page = context.new_page()
        # As on a device with the app on its home screen.
        wire = context.new_cdp_session(page)
        wire.send("Browser.grantPermissions", {"permissions": ["durableStorage", "videoCapture"]})
        invited = house.ask("devices", "invite", "--user", user, "--warehouse", "MAIN")
        page.goto(f"{house.url}/hand/enrol#{invited['token']}")
        words.screen(page, "home").wait_for(timeout=PATIENCE_MS)
        words.expect_ready(page)
        yield page
    finally:
        context.close()


def work_beside(page: Page) -> None:
    """What the second person does all the while: a delivery, an order, and a bin that holds less than the book."""
    words.begin(page, "receive")
    for code in (MASKS, MILK, words.barcode("TEA-GREEN")):
        words.scan(page, code)
        page.wait_for_timeout(300)
    page.locator("[hx-post='/edge/receive/cancel']").tap()
    page.wait_for_timeout(SETTLED_MS)
    words.go_home(page)
    words.begin(page, "pick")
    for code in ("MT-07", "TISSUE-3", "CUP-500", "SHAMP-500", "PEN-05B"):
        words.scan_and_hear(page, code)
    words.scan_and_hear(page, words.label_of("F-3-2"))
    words.scan_and_hear(page, words.barcode("SOCKET-5"))
    page.locator(".thumb .primary").tap()
    words.type_figure(page, "24")
    words.go_home(page)
    words.expect_sent(page)


def take_hand(page: Page, language: str) -> None:
    """Work a little, and take every screen on the way."""

    def shot(name: str) -> None:
        # The coloured flash of the last scan must be over.
        page.wait_for_timeout(900)
        keep(page, f"hand-{name}-{language}")

    words.go_home(page)
    page.reload()  # the name of the warehouse came with the first rows
    words.screen(page, "home").wait_for(timeout=PATIENCE_MS)
    shot("home")
    words.begin(page, "receive")
    words.scan_and_hear(page, words.barcode("BOWL-6", carton=True))
    words.scan_and_hear(page, MASKS)
    shot("receive")
    words.scan_and_hear(page, f"NEW-BOX-{language}", "bad")
    page.locator(".offer").tap()
    words.screen(page, "bind").wait_for()
    words.scan_and_hear(page, words.barcode("CUP-350"))
    shot("bind-unit")
    words.go_home(page)
    words.begin(page, "move")
    words.scan_and_hear(page, "MAIN-DOCK")
    words.scan_and_hear(page, words.barcode("BOWL-6", carton=True))
    shot("move")
    words.scan_and_hear(page, words.label_of("A-12-2"))
    words.go_home(page)
    words.begin(page, "pick")
    for code in ("MT-03", words.barcode("SPOON-SS"), words.barcode("TISSUE-3"), words.barcode("SOAP-100")):
        words.scan_and_hear(page, code)
    shot("pick")
    words.go_home(page)
    take_guided(page, shot)
    words.begin(page, "count")
    for code in (words.label_of("F-2-3"), words.barcode("STAPLER", carton=True), words.barcode("PEN-05B")):
        words.scan_and_hear(page, code)
    for _ in range(2):
        words.scan_and_hear(page, words.barcode("STAPLER", carton=True))
    shot("count")
    page.locator("[hx-post='/edge/count/done']").tap()
    page.wait_for_timeout(SETTLED_MS)
    words.go_home(page)
    words.begin(page, "lookup")
    words.scan_and_hear(page, words.barcode("MASK-50"))
    shot("lookup")
    words.go_home(page)
    for path, name in (("/edge/undo", "undo"), ("/edge/device", "check")):
        page.locator(f"[hx-get='{path}']").first.tap()
        shot(name)
        words.go_home(page)
    take_waiting_and_signin(page, shot, language)


def send_to_floor(browser: Browser, house: House) -> None:
    """Two orders for each language, ready to be picked."""
    desk = chromium.desk(browser, chromium.Watch(house.url))
    words.sign_in(desk, *(house.data / "first-sign-in.txt").read_text("utf-8").split())
    items = [item for item, _, amount in words.own_bins(house) if amount > 8]
    for number, customer in enumerate(("C001", "C002", "C003", "C004")):
        released(desk, [(item, 2) for item in items[number * 3 : number * 3 + 3]], customer)


def take_guided(page: Page, shot: Callable[[str], None]) -> None:
    """A task from the first line to the last, and the one after it."""
    page.locator(".tile.task").tap()
    words.screen(page, "guide").wait_for()
    words.scan_and_hear(page, words.label_of("MT-04"))
    shot("guide")
    page.locator("[hx-get='/edge/guide/list']").tap()
    shot("tasks")
    page.locator(".bar .bar-button").first.tap()
    words.screen(page, "guide").wait_for()
    while page.locator(".visit .line-code").count():
        words.scan_and_hear(page, words.barcode(wanted(page)[1]))
    shot("guide-done")
    words.go_home(page)


OUTGOING = {"zh": ("MT-05", "NOTE-A5", "000017"), "en": ("MT-06", "STAPLER", "000024")}
"""For each language: the tote of a notice, what is in it, and what people read on its carton's label."""


def pick_at_the_desk(browser: Browser, house: House) -> None:
    """A notice for each language, picked from paper, in a house where two check and customers sign."""
    page = chromium.desk(browser, chromium.Watch(house.url))
    words.sign_in(page, *(house.data / "first-sign-in.txt").read_text("utf-8").split())
    page.goto("/catalog/warehouses")
    place = page.locator("a[href^='/catalog/warehouses/']", has_text="MAIN").first.get_attribute("href")
    sent(page, f"{place}/steps/outbound", dict(STEPS))
    sent(page, "/outbound/cartons", {"warehouse": str(place).rpartition("/")[2], "count": "2"})
    for tote, item, _ in OUTGOING.values():
        released(page, [(item, 2)])
        page.locator("select[name=tote]").select_option(label=tote)
        page.locator("form[action$='/picking'] button").click()
        expect(page.locator("main")).to_contain_text("已登记拣货")
    page.context.close()


def take_outgoing(page: Page, language: str) -> None:
    """Packed, checked, sent and signed for, with a picture of each; the second person is she who signed in before."""
    tote, item, label = OUTGOING[language]
    carton = f"00{label.zfill(18)}"

    def shot(name: str) -> None:
        page.wait_for_timeout(900)
        keep(page, f"hand-{name}-{language}")

    words.begin(page, "pack")
    words.scan_until_known(page, words.label_of(tote))
    words.scan_and_hear(page, carton)
    words.scan_and_hear(page, words.barcode(item))
    shot("pack")
    page.locator("[hx-post='/edge/pack/all']").tap()
    page.wait_for_timeout(SETTLED_MS)
    words.go_home(page)
    words.begin(page, "check")
    words.scan_and_hear(page, carton)
    for _ in range(2):
        words.scan_and_hear(page, words.barcode(item))
    page.locator("[hx-post='/edge/check/done']").tap()
    page.locator("[hx-post='/edge/check/second']").first.wait_for()
    shot("second")
    page.locator("[hx-post='/edge/check/second']").first.tap()
    words.type_figure(page, "3690")
    expect(words.told(page)).to_have_attribute("tone", "good", timeout=PATIENCE_MS)
    words.go_home(page)
    words.begin(page, "ship")
    words.scan_and_hear(page, carton)
    words.scan_and_hear(page, f"SF14400{label}")
    shot("ship")
    page.locator("[hx-post='/edge/ship/departure']").tap()
    page.wait_for_timeout(SETTLED_MS)
    page.locator("[hx-get='/edge/door']").tap()
    words.scan_and_hear(page, carton)
    sign(page)
    shot("door")
    page.locator(".signature-buttons .primary").tap()
    page.wait_for_timeout(SETTLED_MS)
    page.locator("button[form=delivered]").tap()
    page.wait_for_timeout(SETTLED_MS)
    words.go_home(page)


def sign(page: Page) -> None:
    """A customer's name, as one writes it in a hurry."""
    box = page.locator(".signature-ink").bounding_box()
    assert box is not None
    strokes = (
        ((40, 50), (60, 20), (60, 90), (90, 45), (110, 80)),
        ((120, 60), (150, 30), (140, 85), (190, 50), (250, 65)),
    )
    for stroke in strokes:
        page.mouse.move(box["x"] + stroke[0][0], box["y"] + stroke[0][1])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
        page.mouse.up()


def take_waiting_and_signin(page: Page, shot: Callable[[str], None], language: str) -> None:
    """Without a network for a while; then the shift changes."""
    words.expect_sent(page)
    words.go_offline(page)
    words.begin(page, "receive")
    for item in ("TOWEL-B", "LED-9W", "NOTE-A5"):
        words.scan_and_hear(page, words.barcode(item))
    words.go_home(page)
    page.locator("[hx-get='/edge/waiting']").first.tap()
    shot("waiting")
    page.locator("[hx-get='/edge/rescue']").tap()
    page.locator("qr-series canvas").wait_for()
    shot("rescue")
    words.go_online(page)
    words.go_home(page)
    words.expect_sent(page)
    if language == "zh":
        leave(page)
        words.sign_in_by_badge(page, "B1003", "3690")
    leave(page)
    if language == "zh":
        words.sign_in_by_badge(page, "B1002", "1470")
        leave(page)
    shot("signin")
    words.sign_in_by_badge(page, "B1002", "1470")


def leave(page: Page) -> None:
    """The shift is over."""
    page.locator("[hx-post='/edge/signout']").tap()
    words.screen(page, "signin").wait_for()


def change_language(page: Page) -> None:
    """The other language; the page is loaded again."""
    with page.expect_navigation():
        page.locator("[hx-post='/edge/language']").tap()
    words.screen(page, "home").wait_for(timeout=PATIENCE_MS)


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """A desk browser that speaks Chinese."""
    browser = playwright.chromium.launch(
        executable_path=chromium.executable(),
        args=[*chromium.flags(), "--lang=zh-CN"],
        env={"LANGUAGE": "zh_CN"},
    )
    try:
        yield browser
    finally:
        browser.close()


def take_desk(browser: Browser, house: House, *, silent: Page, working: Page) -> None:
    """The board in both languages while somebody works, and the pages an office uses most."""
    name, password = (house.data / "first-sign-in.txt").read_text("utf-8").split()
    page = chromium.desk(browser, chromium.Watch(house.url), viewport={"width": 1366, "height": 768})
    words.sign_in(page, name, password)
    for path, picture in (
        ("/catalog/items", "items"),
        ("/stock", "stock"),
        ("/outbound/orders/2", "order"),
        ("/crm/customers/4", "customer"),
        ("/imports/new", "import"),
        ("/devices", "devices"),
        ("/printing/stations", "printing"),
    ):
        page.goto(path)
        page.locator("h1").click()  # no field keeps the focus ring, and no row is lit
        keep(page, f"desk-{picture}-zh")
    send_to_the_floor(page)
    page.set_viewport_size(chromium.WALL)
    silent.goto("about:blank")  # its app is closed: it says nothing any more
    for language, picked in (
        ("zh", (("A-12-3", "CUP-500"), ("A-11-2", "SOAP-100"), ("C-05-1", "PEN-05B"))),
        ("en", (("B-03-3", "PLIER-8"), ("C-06-1", "TOWEL-F"), ("A-12-3", "CUP-500"))),
    ):
        page.goto("/board")
        take_board(page, working, picked, language)
        if language == "zh":
            page.goto("/")
            page.get_by_role("button", name="English").click()


def send_to_the_floor(desk: Page) -> None:
    """Orders become notices, two of them a wave, so that there is something left to pick."""
    for order in (1, 2, 3):
        papers.send(desk, f"/outbound/orders/{order}", "/notices")
    papers.send(desk, "/outbound/notices", "/outbound/waves", notice="2", kind="batch")


def take_board(board: Page, working: Page, picked: tuple[tuple[str, str], ...], language: str) -> None:
    """The board, a moment after somebody has picked these."""
    words.begin(working, "pick")
    words.scan_and_hear(working, "MT-07")
    for place, item in picked:
        words.scan_and_hear(working, words.label_of(place))
        words.scan_and_hear(working, words.barcode(item))
    words.go_home(working)
    words.expect_sent(working)
    expect(board.locator("#board")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
    board.locator(".board-device.silent").wait_for(timeout=SILENT_MS)
    board.wait_for_timeout(3000)  # what has just changed is lit for two seconds
    keep(board, f"board-{language}")


def keep(page: Page, name: str) -> None:
    """Keep what is shown as a small picture: few colours are enough for flat screens."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    file = OUT / f"{name}.png"
    for colours in (256, 128, 64):
        few = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(file, optimize=True)
        if file.stat().st_size <= MOST_BYTES:
            break
    print(f"{name}.png {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
