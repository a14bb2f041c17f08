"""The walk of fifty stops as a PDA works it out: from the door, and anew from within an aisle after a skip.

Chromium runs the device's own module with its CPU slowed six times; random floors of ten aisles, the same each time.
"""

import argparse
import json
from typing import Any

from playwright.sync_api import Route, sync_playwright

from e2e.browser import executable, flags
from e2e.house import ROOT

PDA = 6
STOPS = 50
FLOORS = 40
TARGET_MS = 100.0
ORIGIN = "http://floor.test"

_WALK = """async ({ stops, floors }) => {
  const { plan } = await import("/edge/session/pick_path.js");
  let state = 7;
  const roll = (sides) => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % sides;
  const block = { aisles: Array.from({ length: 10 }, (_, i) => i * 3000), crosses: [0, 31 * 1200] };
  const somewhere = () => ({ aisle: roll(10), along: (1 + roll(30)) * 1200 });
  const door = { aisle: 0, along: 0 };
  const times = { "from the door": [], "from within an aisle": [] };
  for (let floor = 0; floor < floors; floor += 1) {
    const places = Array.from({ length: stops }, somewhere);
    for (const [name, start] of [["from the door", door], ["from within an aisle", somewhere()]]) {
      const began = performance.now();
      plan(block, places, start, door);
      times[name].push(performance.now() - began);
    }
  }
  return times;
}"""


def main() -> None:
    """Walk, print, and fail when a PDA would keep its picker waiting."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="print figures for machines")
    found = {name: figures(times) for name, times in measured().items()}
    if arguments.parse_args().json:
        print(json.dumps(found))
    for name, one in found.items():
        print(
            f"{STOPS} stops {name}: median {one['median']:.1f} ms, p95 {one['p95']:.1f} ms (target {TARGET_MS:.0f})"
        )
    if any(one["p95"] > TARGET_MS for one in found.values()):
        raise SystemExit("slower than the target")


def measured() -> dict[str, list[float]]:
    """Milliseconds of each walk on a slowed device."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=flags())
        page = browser.new_page()
        page.route(f"{ORIGIN}/**", _serve)
        page.goto(f"{ORIGIN}/")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": PDA})
        times: dict[str, list[float]] = page.evaluate(_WALK, {"stops": STOPS, "floors": FLOORS})
        browser.close()
    return times


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(f"{ORIGIN}/")
    if path:
        route.fulfill(path=ROOT / "pwa/static" / path, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")


def figures(times: list[float]) -> dict[str, Any]:
    ordered = sorted(times)
    return {"median": ordered[len(ordered) // 2], "p95": ordered[int(len(ordered) * 0.95)]}


if __name__ == "__main__":
    main()
