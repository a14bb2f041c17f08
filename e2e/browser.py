"""Chromium as people use Stockhand: a desk, and hand devices with a profile that survives being killed."""

import contextlib
import os
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    Request,
    ViewportSize,
)

from e2e.air import Air

# A PDA of the smallest size we promise, and a board on a wall.
PDA: ViewportSize = {"width": 360, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 800}
WALL: ViewportSize = {"width": 1920, "height": 1080}

# What the browser itself reports when the network is cut; our code has to cope, not to prevent it.
CUT_OFF = (
    "net::ERR_INTERNET_DISCONNECTED",
    "net::ERR_CONNECTION_REFUSED",
    "Failed to load resource",
    "WebSocket",
    "htmx:ws:error",
)


def executable() -> str | None:
    """The Chromium to use: the one named by STOCKHAND_CHROMIUM, the system's, else Playwright's own."""
    named = os.environ.get("STOCKHAND_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("google-chrome")


def flags(camera: Path | None = None) -> list[str]:
    """How Chromium must be started here; `camera` is a motion-JPEG file that plays the camera."""
    chosen = ["--disable-quic", "--disable-background-networking"]
    if os.geteuid() == 0:
        chosen.append("--no-sandbox")
    if camera:
        chosen += ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        chosen.append(f"--use-file-for-fake-video-capture={camera}")
    return chosen


@dataclass
class Watch:
    """What must never happen on any page: an error, a forbidden inline script, a request to strangers."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)

    def allow(self, origin: str) -> None:
        """The same server under another address."""
        self.origins.add(origin)

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of a context from now on."""
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        context.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(sign in message.text for sign in CUT_OFF):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if request.url.startswith(("http:", "https:", "ws:")) and not self._is_ours(request.url):
            self.complaints.append(f"request to a stranger: {request.url}")

    def _is_ours(self, url: str) -> bool:
        ours = {origin.partition("://")[2] for origin in (self.origin, *self.origins)}
        return url.partition("://")[2].partition("/")[0] in ours


@dataclass
class Device:
    """A hand device: a browser profile on disk, opened, killed and opened again."""

    playwright: Playwright
    profile: Path
    air: Air
    watch: Watch
    camera: Path | None = None
    context: BrowserContext | None = None

    def open(self, path: str = "/hand", *, offline: bool = False) -> Page:
        """Open the app on this device; a page of the installed PWA. `offline` stays until `come_back`."""
        if self.context is None:
            self.context = self.playwright.chromium.launch_persistent_context(
                self.profile,
                executable_path=executable(),
                args=flags(self.camera),
                viewport=PDA,
                has_touch=True,
                is_mobile=True,
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                permissions=["camera"] if self.camera else [],
            )
            self.watch.over(self.context)
        if offline:
            self.air.cut()
            self.context.set_offline(True)
        page = self.context.pages[0] if self.context.pages else self.context.new_page()
        page.goto(f"{self.air.url}{path}")
        return page

    def come_back(self) -> None:
        """The network is there again."""
        assert self.context is not None, "the device is off"
        self.air.heal()
        self.context.set_offline(False)

    @property
    def page(self) -> Page:
        """The app on the screen."""
        assert self.context is not None, "the device is off"
        return self.context.pages[0]

    def is_kept(self) -> bool:
        """Whether the browser has written down which caches there are; it does so seconds after filling them."""
        return any(self.profile.glob("**/CacheStorage/*/index.txt"))

    def close(self) -> None:
        """Close the app in good order."""
        if self.context is not None:
            self.context.close()
            self.context = None

    def kill(self) -> None:
        """The battery is pulled: every process of this profile dies at once."""
        for process in processes_of(self.profile):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(Error):
            self.close()
        self.context = None
        # The dead browser's lock would make the next start believe that it is still running.
        for lock in self.profile.glob("Singleton*"):
            lock.unlink()


def processes_of(profile: Path) -> list[int]:
    """The processes whose command line names this profile."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if str(profile).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def desk(
    browser: Browser,
    watch: Watch,
    *,
    viewport: ViewportSize = DESK,
    locale: str = "zh-CN",
    runs_scripts: bool = True,
) -> Page:
    """A fresh browser at a desk."""
    context = browser.new_context(
        base_url=watch.origin,
        viewport=viewport,
        locale=locale,
        timezone_id="Asia/Shanghai",
        java_script_enabled=runs_scripts,
    )
    watch.over(context)
    return context.new_page()
