"""Every page of the desk and every screen of the hand: nobody is shut out, and both languages are whole."""

import re
import sqlite3
import tomllib
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from e2e import papers, words
from e2e.browser import DESK
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import ROOT, House

AXE = ROOT / "node_modules/axe-core/axe.min.js"
EDGE_ROUTES = ROOT / "pwa/static/edge/handlers/index.js"

NO_PAGES = {
    "/catalog/items/suggestions": "a part of other pages",
    "/outbound/orders/customers": "a part of other pages",
    "/imports/{job_id:int}/undoing": "only for what was written",
    "/stock/incidents/{incident_id:int}/alike": "only for several of a kind",
}
"""Routes that answer with no page of their own here, and why."""

NO_SCREENS = {"/edge/start", "/edge/badge", "/edge/unsent"}
"""What the edge answers with something else than a screen."""

HAN = re.compile(r"[\u3400-\u9fff]+")
OTHER_LANGUAGE = {"中文", "掌仓"}
"""What stands in Chinese on an English page: the button that changes the language, and our name."""

COLOURS = {"runOnly": ["color-contrast"]}
MEANING = {"rules": {"color-contrast": {"enabled": False}}}

RUN = """(options) => axe.run(document, { resultTypes: ["violations"], ...options }).then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id}: ${html.slice(0, 200)}`)))"""

READ = """() => {
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const within = walker.currentNode.parentElement;
    const isOurs = within.closest("[lang]").lang === document.documentElement.lang;
    if (isOurs && !within.closest("script, style")) found.push(walker.currentNode.data);
  }
  for (const each of document.querySelectorAll("[placeholder], [aria-label], [title], [alt]"))
    for (const name of ["placeholder", "aria-label", "title", "alt"]) found.push(each.getAttribute(name) ?? "");
  return found.join("\\n");
}"""

# The same page in the other language: only words differ, so it is not loaded and drawn again.
CHANGE = """async (path) => {
  const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  document.body.replaceWith(page.body);
}"""

SHOW = """(path) => Promise.race([
  window.htmx.ajax("GET", path, "#screen").then(() => true),
  new Promise((late) => setTimeout(late, 5000, false)),
])"""

Found = dict[str, list[str]]


class Reader:
    """Looks at what a page shows: with axe, and at its words.

    The debugging protocol is not bound by the content policy, which rightly keeps a foreign script out.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wire = page.context.new_cdp_session(page)
        self.wire.send("Page.enable")
        axe = AXE.read_text("utf-8")
        self.wire.send("Page.addScriptToEvaluateOnNewDocument", {"source": axe})
        self.wire.send("Runtime.evaluate", {"expression": f"{axe}; true"})

    def faults(self, **options: object) -> list[str]:
        """What axe calls serious or worse: which rule, and where it is broken."""
        found: list[str] = self.page.evaluate(RUN, options)
        return found

    def text(self) -> str:
        """All that can be read or heard."""
        read: str = self.page.evaluate(READ)
        return read


def test_every_page_of_the_desk_shuts_nobody_out_and_is_whole_in_both_languages(
    house: House, open_desk: OpenDesk, open_device: OpenDevice
) -> None:
    desk = open_desk(viewport=DESK)
    reader = Reader(desk)
    found = {"/sign-in": look(reader, "/sign-in")}
    words.sign_in(desk, "chen")
    words.enrol_device(house, open_device(), "li.wei")
    papers.write(desk, *(number_of(house, code) for code in ("MAIN", "EAST")))
    pages = papers.pages(house, desk)
    assert {route for route, path in pages.items() if not path} <= NO_PAGES.keys(), "no paper of this kind"

    assert [path for path in papers.sheets(house) if not desk.request.get(path).ok] == []

    shown = sorted(path for path in pages.values() if path)
    found |= {path: look(reader, path) for path in shown}
    desk.goto("/")
    desk.locator("form[action='/language'] button").click()
    known = names_in(house)
    for path in shown:
        desk.evaluate(CHANGE, path)
        # The same page with other words: what axe said of it in Chinese holds.
        found[f"en {path}"] = foreign(reader.text(), known)

    expect_nothing(found)


def test_every_screen_of_the_hand_shuts_nobody_out_and_is_whole_in_both_languages(
    house: House, open_device: OpenDevice
) -> None:
    hand = words.enrol_device(house, open_device(), "li.wei")
    words.expect_ready(hand)
    reader = Reader(hand)
    hand.reload()
    found: Found = {}
    for language in ("zh", "en"):
        known = None if language == "zh" else names_in(house)
        expect(words.screen(hand, "home")).to_be_visible(timeout=20_000)
        for path in ("/edge/home", *screens()):
            is_shown = hand.evaluate(SHOW, path)
            found[f"{language} {path}"] = read(reader, known) if is_shown else ["is not shown"]
        hand.evaluate(SHOW, "/edge/home")
        with hand.expect_navigation():
            hand.locator("[hx-post='/edge/language']").tap()

    expect_nothing(found)


def expect_nothing(found: Found) -> None:
    """Every finding in a line of its own."""
    lines = [f"{where}: {what}" for where, whats in found.items() for what in whats]
    assert not lines, "\n".join(lines)


def look(reader: Reader, path: str) -> list[str]:
    """Open a page and say what is wrong with it."""
    reader.page.goto(path)
    return read(reader, None)


def read(reader: Reader, known: set[str] | None) -> list[str]:
    """What is wrong with what is shown; `known` are the names that may be Chinese on an English page."""
    if known is None:
        by_night = [f"dark {fault}" for fault in in_the_dark(reader)]
        return reader.faults() + by_night + missing_words(reader.text())
    return reader.faults(**MEANING) + foreign(reader.text(), known)


def foreign(text: str, known: set[str]) -> list[str]:
    """What an English page lacks words for, or says in Chinese."""
    return missing_words(text) + chinese(text, known)


def in_the_dark(reader: Reader) -> list[str]:
    """Whether letters can be read by night as well."""
    reader.page.emulate_media(color_scheme="dark")
    faults = reader.faults(**COLOURS)
    reader.page.emulate_media(color_scheme="light")
    return faults


def missing_words(text: str) -> list[str]:
    """Keys that stand where words should."""
    return sorted(
        {one for one in re.findall(r"(?<![\w.@/-])[a-z_]+(?:\.[a-z_0-9]+)+(?![\w.@/-])", text) if is_key(one)}
    )


def chinese(text: str, known: set[str]) -> list[str]:
    """Chinese on an English page that is not somebody's name, or the name of a thing or place."""
    return sorted(set(HAN.findall(text)) - known - OTHER_LANGUAGE)


def names_in(house: House) -> set[str]:
    """Every run of Chinese that stands in the database."""
    with sqlite3.connect(f"file:{house.data / 'stockhand.sqlite'}?mode=ro", uri=True) as rows:
        texts = [text for table in _tables(rows) for text in _texts(rows, table)]
    rows.close()
    return {run for text in texts for run in HAN.findall(text)}


def _tables(rows: sqlite3.Connection) -> list[str]:
    return [row[0] for row in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def _texts(rows: sqlite3.Connection, table: str) -> Iterator[str]:
    for row in rows.execute(f"SELECT * FROM {table}"):
        yield from (value for value in row if isinstance(value, str))


def number_of(house: House, code: str) -> str:
    """The number of a warehouse, as forms know it."""
    with sqlite3.connect(f"file:{house.data / 'stockhand.sqlite'}?mode=ro", uri=True) as rows:
        number = rows.execute("SELECT id FROM warehouse WHERE code = ?", (code,)).fetchone()[0]
    rows.close()
    return str(number)


def screens() -> list[str]:
    """The screens that the edge's own table of routes names."""
    named = re.findall(r'^  get\("(/edge/[\w/-]+)"', EDGE_ROUTES.read_text("utf-8"), re.MULTILINE)
    return [path for path in named if path not in NO_SCREENS and not path.endswith("/results")]


def is_key(text: str) -> bool:
    """Whether this looks like one of our keys, and not like somebody's login."""
    return text.split(".", maxsplit=1)[0] in NAMESPACES


def _namespaces() -> set[str]:
    desk = {
        name
        for file in (ROOT / "pwa/words").glob("*.toml")
        for name in tomllib.loads(file.read_text("utf-8"))
    }
    edge = (ROOT / "pwa/static/edge/words.js").read_text("utf-8")
    return desk | set(re.findall(r'^  "(\w+)\.', edge, re.MULTILINE))


NAMESPACES = _namespaces()
