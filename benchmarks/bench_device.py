"""A device with a hundred thousand items: first sync, delta, item card and search, plain and as a PDA.

Chromium runs the edge in a page without a worker, because slowing the CPU (the PDA's six times) reaches the
page only; the modules are the same. The line is 10 Mbit/s with 40 ms of latency. The catalogue is made once
and kept in build/, since making it takes a minute.
"""

import argparse
import hashlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, Playwright, sync_playwright

from benchmarks.house import get, post
from e2e.browser import executable, flags
from e2e.house import ROOT, House

ITEMS = 100_000
DELTA = 3000
PDA = 6
MEGABIT = 125_000
COLD = 12
WARM = 40
TARGETS = {
    "first sync s": 4.0,
    "first sync MB": 3.5,
    "delta s": 1.0,
    "delta KB": 40.0,
    "item card cold p95 ms": 100.0,
    "search keystroke p95 ms": 100.0,
}

_SYNC = """async ({release, token}) => {
  const { edge } = await import(release + 'edge/edge.js');
  const device = edge();
  if (token) await device.enrol(token, 'bench');
  const began = performance.now();
  let longest = 0, last = began;
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 4);
  const { cursor: before } = await device.rows.base();
  device.cycle.wake('poke');
  await device.cycle.idle();
  const ms = performance.now() - began;
  clearInterval(beat);
  const { cursor, scopes } = await device.rows.base();
  const rows = Object.values(scopes).reduce((sum, scope) => sum + scope.rows, 0);
  return { applied: cursor - before, rows, ms, longest };
}"""

_ASK = """async ({release, paths}) => {
  const { edge } = await import(release + 'edge/edge.js');
  const { handle } = await import(release + 'edge/router.js');
  edge();
  const times = [];
  for (const path of paths) {
    const began = performance.now();
    const response = await handle(new Request(new URL(path, location.origin)));
    const text = await response.text();
    times.push(performance.now() - began);
    if (response.status !== 200) throw new Error(path + ' ' + response.status + ' ' + text.slice(0, 200));
  }
  return times;
}"""


@contextmanager
def stocked(items: int) -> Iterator[House]:
    """A running server with so many items."""
    kept = ROOT / f"build/catalogue-{items}-{shape()}"
    if not kept.exists():
        house = House(kept)
        house.run("demo", "sample")
        subprocess.run(
            [sys.executable, "-m", "benchmarks.catalogue", str(items)],
            check=True,
            cwd=ROOT,
            env=house.environment,
        )
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        house = House(Path(folder) / "data")
        shutil.copytree(kept, house.data)
        house.start()
        try:
            yield house
        finally:
            house.stop()


def shape() -> str:
    """What the kept catalogue was made with; another one after a migration."""
    migrations = sorted((ROOT / "server/migrations").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in migrations)).hexdigest()[:8]


class Pda:
    """One profile of the browser on the server's own origin, slowed down."""

    def __init__(self, playwright: Playwright, house: House, profile: Path, slow: int) -> None:
        self.house, self.slow = house, slow
        self.context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable(), args=flags(), service_workers="block"
        )
        self.page: Page = self.context.pages[0]
        self.received, self.busy = 0, 0.0
        self.line: CDPSession = self.context.new_cdp_session(self.page)
        self.line.send("Network.enable")
        self.line.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.line.on("Network.loadingFinished", self._count)
        self.restart()
        self.release = self._release()

    def _count(self, event: dict[str, Any]) -> None:
        self.received += int(event["encodedDataLength"])

    def restart(self) -> None:
        """As after the worker was stopped: the modules are read again, nothing is remembered."""
        self.line.send("Network.emulateNetworkConditions", _line(fast=True))
        self.line.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        self.page.goto(f"{self.house.url}/health")

    def _release(self) -> str:
        html = self.page.evaluate("fetch('/hand').then((answer) => answer.text())")
        found = re.search(r"/static/[^\"']+?/(?=js/|css/)", html)
        assert found is not None, html[:500]
        return found[0]

    def ask(self, script: str, **given: Any) -> Any:
        """Run a script in the page at the speed of this device and of its line."""
        self.page.evaluate("async (release) => { await import(release + 'edge/router.js'); }", self.release)
        self.line.send("Emulation.setCPUThrottlingRate", {"rate": self.slow})
        self.line.send("Network.emulateNetworkConditions", _line(fast=False))
        self.received = 0
        before = self._busy()
        answer = self.page.evaluate(script, {"release": self.release, **given})
        self.busy = self._busy() - before
        return answer

    def _busy(self) -> float:
        """Seconds of processor that the page's thread has used: the figure that a busy machine does not spoil."""
        metrics = self.line.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def _line(*, fast: bool) -> dict[str, Any]:
    speed = -1 if fast else 10 * MEGABIT
    latency = 0 if fast else 40
    return {"offline": False, "latency": latency, "downloadThroughput": speed, "uploadThroughput": speed}


def measured(playwright: Playwright, house: House, slow: int) -> dict[str, float]:
    """Everything once, on a device that knows nothing yet."""
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as profile:
        pda = Pda(playwright, house, Path(profile), slow)
        try:
            return figures(pda, house)
        finally:
            pda.context.close()


def figures(pda: Pda, house: House) -> dict[str, float]:
    """The numbers of one device, in the order in which a day brings them."""
    token = house.ask("devices", "invite", "--user", "li.wei", "--warehouse", "MAIN")["token"]
    first = pda.ask(_SYNC, token=token)
    assert first["applied"] > 0, first
    received, busy = pda.received, pda.busy
    told = {
        "first sync s": first["ms"] / 1000,
        "first sync processor s": busy,
        "first sync MB": received / 1e6,
        "first sync rows": first["rows"],
        "first sync longest freeze ms": first["longest"],
    }
    told |= cards(pda) | searches(pda)
    changed = subprocess.run(
        [sys.executable, "-m", "benchmarks.catalogue", "--rename", str(DELTA)],
        check=True, cwd=ROOT, env=house.environment, capture_output=True,
    )  # fmt: skip
    assert changed.returncode == 0
    pda.restart()
    delta = pda.ask(_SYNC, token=None)
    assert delta["applied"] >= DELTA, delta
    told |= {
        "delta s": delta["ms"] / 1000,
        "delta processor s": pda.busy,
        "delta KB": pda.received / 1e3,
        "delta rows": delta["applied"],
        "delta longest freeze ms": delta["longest"],
    }
    pda.restart()
    return told | {f"{name}, after the delta": value for name, value in (cards(pda) | searches(pda)).items()}


def cards(pda: Pda) -> dict[str, float]:
    """Item cards, each the first after a start; then one after the other."""
    cold = []
    for number in range(COLD):
        pda.restart()
        cold += pda.ask(_ASK, paths=[f"/edge/items/i-{1000 + number * 8117}"])
    warm = pda.ask(_ASK, paths=[f"/edge/items/i-{500 + number * 2003}" for number in range(WARM)])
    return {
        "item card cold p50 ms": statistics.median(cold),
        "item card cold p95 ms": p95(cold),
        "item card warm p95 ms": p95(warm),
    }


def searches(pda: Pda) -> dict[str, float]:
    """Typing a code, initials and a name, key by key, right after a start; and by the last digits of a barcode."""
    pda.restart()
    typed = ["SH0543", "tcb", "礼盒装保温壶", "加厚螺丝 灰"]
    texts = [text[:end] for text in typed for end in range(1, len(text) + 1)]
    times = pda.ask(_ASK, paths=[f"/edge/lookup/results?text={text}" for text in texts])
    tail = pda.ask(_ASK, paths=["/edge/lookup/results?text=0018"])
    return {
        "search first ms": times[0],
        "search keystroke p95 ms": p95(times[1:]),
        "search keystroke worst ms": max(times[1:]),
        "search by last digits ms": tail[0],
    }


def p95(values: list[float]) -> float:
    """The value that one in twenty exceeds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def main() -> None:
    """As it is, and six times slower; targets beside the slow figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--slow", type=int, nargs="*", default=[1, PDA])
    asked = parser.parse_args()
    with stocked(asked.items) as house, sync_playwright() as playwright:
        warm_up(house)
        found = {slow: measured(playwright, house, slow) for slow in asked.slow}
    show(asked.items, found)


def show(items: int, found: dict[int, dict[str, float]]) -> None:
    """A row per figure, a column per speed."""
    print(
        f"\n{f'a device with {items:,} items, 10 Mbit/s':<48}"
        + "".join(f"{f'CPU 1/{slow}':>12}" for slow in found)
    )
    for name in next(iter(found.values())):
        target = f"   target {TARGETS[name]:g}" if name in TARGETS else ""
        print(f"{name:<48}" + "".join(f"{told[name]:>12,.2f}" for told in found.values()) + target)


def warm_up(house: House) -> None:
    """The server writes the snapshot when the first device asks; how long that takes is said apart."""
    token = house.ask("devices", "invite", "--user", "li.wei", "--warehouse", "MAIN")["token"]
    body = json.dumps({"token": token, "name": "bench", "incarnation": "0" * 16}).encode()
    enrolled = post(house.port, "/sync/enrol", body, {})
    headers = {"Authorization": f"Bearer {enrolled['device']}.{enrolled['secret']}"}
    get(house.port, "/sync/snapshot", headers)


if __name__ == "__main__":
    main()
