"""Take the pictures of the README from a real server and a real browser: `python scripts/screenshots.py`.

A sample company works for a few minutes: two devices receive, move, pick and count; then every hand screen is
taken at 360 × 640 in both languages, the board at 1920 × 1080, and some desk pages.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from e2e import browser as chromium  # noqa: E402  # found by the line above
from e2e import words  # noqa: E402
from e2e.house import House  # noqa: E402

OUT = ROOT / "docs/screenshots"
CUP, CUPS = "6971234000019", "16971234000016"
PATIENCE_MS = 20_000


def main() -> None:
    """Build the house, let it work, take the pictures."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        house = House(Path(folder) / "data")
        house.run("demo")
        house.start()
        try:
            for language in ("zh", "en"):
                with device(playwright, house, Path(folder) / language, "li.wei", language) as page:
                    take_hand(page, house, language)
            with launched(playwright) as browser:
                take_desk(browser, house)
        finally:
            house.stop()


@contextmanager
def device(playwright: Playwright, house: House, profile: Path, user: str, language: str) -> Iterator[Page]:
    """An enrolled PDA whose screen speaks `language`."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=chromium.executable(),
        args=chromium.flags(),
        viewport=chromium.PDA,
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    try:
        page = context.new_page()
        invited = house.ask("devices", "invite", "--user", user, "--warehouse", "MAIN")
        page.goto(f"{house.url}/hand/enrol#{invited['token']}")
        words.screen(page, "home").wait_for(timeout=PATIENCE_MS)
        if language == "en":
            page.get_by_text("English").tap()
            page.get_by_text("Look up").first.wait_for()
        yield page
    finally:
        context.close()


def take_hand(page: Page, house: House, language: str) -> None:
    """Work a little, and take every screen on the way."""
    rows = [row for row in house.ledger() if row["item_code"] == "CUP-350" and row["target_kind"] == "bin"]
    home, other = rows[0]["target_code"], "C-12-4"

    def shot(name: str) -> None:
        # The coloured flash of the last scan must be over.
        page.wait_for_timeout(900)
        keep(page, f"hand-{name}-{language}")

    shot("home")
    words.begin(page, "receive")
    words.scan_and_hear(page, CUPS)
    words.scan_and_hear(page, CUP)
    shot("receive")
    words.scan_and_hear(page, f"NEW-BOX-{language}", "bad")
    page.locator(".offer").tap()
    words.screen(page, "bind").wait_for()
    words.scan_and_hear(page, CUP)
    shot("bind-unit")
    words.go_home(page)
    words.begin(page, "move")
    for code in (home, CUP):
        words.scan_and_hear(page, code)
    shot("move")
    words.scan_and_hear(page, other)
    words.go_home(page)
    words.begin(page, "pick")
    for code in ("MT-03", home, CUP):
        words.scan_and_hear(page, code)
    shot("pick")
    words.go_home(page)
    words.begin(page, "count")
    for code in (other, CUP, CUP):
        words.scan_and_hear(page, code)
    shot("count")
    page.locator("[hx-post='/edge/count/done']").tap()
    words.go_home(page)
    words.begin(page, "lookup")
    words.scan_and_hear(page, CUP)
    shot("lookup")
    words.go_home(page)
    for path, name in (("/edge/undo", "undo"), ("/edge/device", "check")):
        page.locator(f"[hx-get='{path}']").first.tap()
        shot(name)
        words.go_home(page)
    page.context.set_offline(True)
    words.begin(page, "receive")
    for _ in range(3):
        words.scan_and_hear(page, CUP)
    words.go_home(page)
    page.locator("[hx-get='/edge/waiting']").first.tap()
    shot("waiting")
    page.locator("[hx-get='/edge/rescue']").tap()
    page.locator("qr-series canvas").wait_for()
    shot("rescue")
    page.context.set_offline(False)
    words.go_home(page)
    words.expect_sent(page)
    page.locator("[hx-post='/edge/signout'], [hx-get='/edge/signin']").first.tap()
    shot("signin")


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """A desk browser."""
    browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.flags())
    try:
        yield browser
    finally:
        browser.close()


def take_desk(browser: Browser, house: House) -> None:
    """The board in both languages, and the pages an office uses most."""
    name, password = (house.data / "first-sign-in.txt").read_text("utf-8").split()
    watch = chromium.Watch(house.url)
    page = chromium.desk(browser, watch, viewport={"width": 1366, "height": 768})
    words.sign_in(page, name, password)
    for path, picture in (
        ("/catalog/items", "items"),
        ("/stock", "stock"),
        ("/imports/new", "import"),
        ("/devices", "devices"),
        ("/printing/stations", "printing"),
    ):
        page.goto(path)
        keep(page, f"desk-{picture}-zh")
    page.set_viewport_size(chromium.WALL)
    for language in ("zh", "en"):
        page.goto("/board")
        page.wait_for_timeout(2500)
        keep(page, f"board-{language}")
        if language == "zh":
            page.goto("/")
            page.get_by_role("button", name="English").click()


def keep(page: Page, name: str) -> None:
    """Keep what is shown as a small picture: 256 colours are enough for flat screens."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        OUT / f"{name}.png", optimize=True
    )
    print(f"{name}.png {(OUT / f'{name}.png').stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
