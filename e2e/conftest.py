"""What the browser stories stand on: a real server each, Chromium, and hand devices that can be killed."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from e2e import browser as chromium
from e2e.air import Air
from e2e.browser import Device, Watch
from e2e.house import ROOT, House
from e2e.words import PASSWORD, PEOPLE
from tests.pages import PAGES

OUT = ROOT / "e2e/out"

EMPTY = pytest.mark.parametrize("house", ["empty"], indirect=True, ids=["empty house"])

OpenDevice = Callable[..., Device]
OpenDesk = Callable[..., Page]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium for desks and boards."""
    started = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.flags())
    yield started
    started.close()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The sample company with its people, built once by the commands of `make run`, copied for each story."""
    house = House(tmp_path_factory.mktemp("founded") / "data")
    house.run("demo", "--if-empty")
    for name, role in PEOPLE.items():
        house.run("users", "add", name, "--role", role, "--password-stdin", says=PASSWORD)
    return house


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A running server of this story alone: with the sample company, or `EMPTY` as on its first start."""
    if getattr(request, "param", "") == "empty":
        own = House(tmp_path / "data")
    else:
        own = request.getfixturevalue("founded").copy_to(tmp_path / "data")
    own.start()
    yield own
    own.stop()


@pytest.fixture
def watch(house: House) -> Iterator[Watch]:
    """Notices errors, forbidden inline code and requests to strangers; a story with any of them fails."""
    watching = Watch(house.url)
    yield watching
    assert not watching.complaints


@pytest.fixture
def open_desk(browser: Browser, watch: Watch, request: pytest.FixtureRequest) -> Iterator[OpenDesk]:
    """Open another browser at a desk: `page = open_desk()`, or `open_desk(viewport=WALL)` for a board."""
    pages: list[Page] = []

    def open_one(**options: object) -> Page:
        pages.append(chromium.desk(browser, watch, **options))  # type: ignore[arg-type]
        return pages[-1]

    yield open_one
    for page in pages:
        keep_what_was_shown(request, page)
        page.context.close()


@pytest.fixture
def open_device(
    playwright: Playwright, house: House, watch: Watch, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[OpenDevice]:
    """Take another hand device: `device = open_device("pda-1")`, with `camera=` a motion-JPEG file."""
    devices: list[Device] = []

    def open_one(name: str = "pda-1", camera: Path | None = None) -> Device:
        device = Device(playwright, tmp_path / name, Air(house.port), watch, camera)
        watch.allow(device.air.url)
        devices.append(device)
        return device

    yield open_one
    for device in devices:
        if device.context and device.context.pages:
            keep_what_was_shown(request, device.page)
        device.close()
        device.air.close()


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """A motion-JPEG file in which the camera sees a code: `film("L2409", "QRCode")`."""

    def shoot(text: str, kind: str = "QRCode", *, gs1: bool = False, frames: int = 20) -> Path:
        symbol = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind), gs1=gs1)
        printed = Image.fromarray(symbol.to_image(scale=6)).convert("RGB")
        scene = Image.new("RGB", (1280, 720), "#b9b4aa")
        scene.paste(printed, ((1280 - printed.width) // 2, (720 - printed.height) // 2))
        frame = io.BytesIO()
        scene.save(frame, "JPEG", quality=90)
        path = tmp_path / f"{kind}.mjpeg"
        path.write_bytes(frame.getvalue() * frames)
        return path

    return shoot


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let the fixtures know whether the story failed, so that they keep a picture of it."""
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]
        item.stash[FAILED] = report.failed  # type: ignore[attr-defined]
    return report


FAILED = pytest.StashKey[bool]()


def keep_what_was_shown(request: pytest.FixtureRequest, page: Page) -> None:
    """The last screen, for scripts/pages.py; when the story failed, a picture as well.

    What was on the screen is worth more than the traceback.
    """
    if page.is_closed():
        return
    PAGES.mkdir(parents=True, exist_ok=True)
    name = f"{request.node.name}-{id(page) % 1000}"
    (PAGES / f"{name}.html").write_text(as_written(page.content()), "utf-8")
    if request.node.stash.get(FAILED, False):
        OUT.mkdir(exist_ok=True)
        page.screenshot(path=OUT / f"{name}.png")


def as_written(html: str) -> str:
    """A page as we write it: a browser writes ="" behind attributes without a value, and an empty style."""
    return re.sub(r' (hidden|download|open|playsinline)=""', r" \1", html.replace(' style=""', ""))
