"""A blind counter: the expected quantity is in nothing that they or their device are told, however they ask."""

import gzip
import inspect
import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from server.counts import planning, queries
from server.db import Statement, fetch
from server.people.role import permissions
from server.stock import levelling, verifying
from server.stock.level import Wanted
from tests import given
from tests.conftest import visitor
from tests.counts import floor
from tests.handlers.browsers import signed_in
from tests.handlers.test_permissions import actions, handlers
from tests.sockets import Socket, connect
from tests.stock import inside

EXPECTED, ELSEWHERE, PICKED = 97_313, 25, 7
"""What the book expects in the bin, what lies in another, what is picked from it meanwhile."""

SECRETS = (EXPECTED, EXPECTED + ELSEWHERE, EXPECTED - PICKED, EXPECTED - PICKED + ELSEWHERE)
STRINGS = {
    "prefix": ("so", "po", "rc", "ct"),
    "about": ("ct-1",),
    "of": ("warehouse:w-1",),
    "subject": ("i-1", "l-1"),
}
ASKED = {
    "q": "CUP",
    "by": "location",
    "empty": "1",
    "below": "1",
    "item": "1",
    "location": "{place}",
    "reason": "x",
}
"""What else is asked of a page that takes it: its filters, and the form that begins with what lies in a place."""


def shows(body: bytes) -> list[str]:
    """The secrets that are legible in this answer, in whatever packing and however its digits are grouped."""
    text = "\n".join(legible(body))
    found = (re.search(pattern(secret), text) for secret in SECRETS)
    return [match.group() for match in found if match]


def pattern(secret: int) -> str:
    head, tail = divmod(secret, 1000)
    return rf"(?<![0-9a-zA-Z.]){head}[,.  ]?{tail:03}(?:\.0+|000)?(?![0-9a-zA-Z])"


def legible(body: bytes) -> Iterator[str]:
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("utf-8", "replace")
    yield body.decode("utf-8", "replace")


class Counter:
    """Somebody who is sent to count, at a desk and with a device, and every answer they ever got."""

    def __init__(self, app: Litestar, desk: httpx.AsyncClient, pda: given.Pda, live: Socket) -> None:
        self.app, self.desk, self.pda, self.live = app, desk, pda, live
        self.device = visitor(app)
        self.answers = 0

    async def asks_for_everything(self) -> list[str]:
        """Every place where a secret shows up, of everything that one may ask."""
        return [*await self.asks_the_desk(), *await self.asks_the_feed(), *await self.hears()]

    async def asks_the_desk(self) -> list[str]:
        places = {code: await given.location(code) for code in ("A-01", "A-02")}
        found = []
        for path in sorted(set(self._pages(list(places.values())))):
            answer = await self.desk.get(path)
            self.answers += answer.status_code == 200
            found += [f"{path}: {secret}" for secret in shows(answer.content)]
        return found

    def _pages(self, places: list[int]) -> Iterator[str]:
        for path, handler in handlers(self.app):
            may = permissions("storekeeper")
            if "GET" not in getattr(handler, "http_methods", ()) or not actions(handler) <= may:
                continue
            for number in places if "location_id" in path else [1, 2]:
                filled = re.sub(r"\{[^}]*:int\}", str(number), path)
                for text in next(
                    (words for name, words in STRINGS.items() if f"{{{name}:" in filled), ("x",)
                ):
                    page = re.sub(r"\{[^}]*:(str|uuid|path)\}", text, filled)
                    yield page
                    for name in ASKED.keys() & inspect.signature(handler.fn).parameters.keys():
                        yield f"{page}?{name}={ASKED[name].format(place=places[0])}"

    async def asks_the_feed(self) -> list[str]:
        """Pages from the start, every part of the digest that has rows, the manifest and all of its files."""
        headers, found = self.pda.headers, []
        paths = ["/sync/pull?cursor=0&limit=2000", "/sync/snapshot"]
        digest = f"/sync/digest?scope=warehouse:w-{await given.warehouse()}"
        parts = (await self.device.get(digest, headers=headers)).json()["parts"]
        paths += [f"{digest}&part={part}" for part, (rows, _) in enumerate(parts) if rows]
        manifest = await self.device.get("/sync/snapshot", headers=headers)
        for scope in manifest.json()["scopes"]:
            paths += [file["url"] for file in (*scope["chunks"], *scope["indexes"])]
        for path in paths:
            answer = await self.device.get(path, headers=headers)
            assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
            self.answers += 1
            found += [f"{path}: {secret}" for secret in shows(answer.content)]
        return found

    async def hears(self) -> list[str]:
        """What the live socket of the device said since, and all that the live board shows."""
        cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in self.desk.cookies.items())}
        async with connect(self.app, "/board/live", headers=cookies) as board:
            found = [f"board: {secret}" for secret in shows((await board.text()).encode())]
        while not await self.live.is_silent(0.1):
            found += [f"live: {secret}" for secret in shows((await self.live.text()).encode())]
        return found


@pytest.fixture
async def counter(app: Litestar) -> AsyncIterator[Counter]:
    """Wang, whose device knows the stock as it was before anybody thought of counting."""
    await given.stock("CUP", EXPECTED, at="A-01")
    await given.stock("CUP", ELSEWHERE, at="A-02")
    pda = await given.pda("wang")
    desk = await signed_in(app, "storekeeper", name="wang-at-the-desk")
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(connect(app, "/sync/live", headers=pda.headers))
        await live.send({"generation": 1, "cursor": 0})
        yield Counter(app, desk, pda, live)


async def kept_at(place: str) -> list[tuple[str, str, str]]:
    """Scope, kind and body of every live row of the feed about what lies there."""
    asked = Statement(
        "SELECT scope, kind, body FROM feed_row WHERE NOT is_deleted AND kind IN ('balance', 'lying')"
        " AND key LIKE ? ORDER BY 1, 2, 3"
    )
    return [tuple(row) for row in await fetch(asked, f"%/l-{await given.location(place)}/%")]


async def test_what_the_book_expects_is_in_no_answer_to_a_blind_counter(counter: Counter) -> None:
    item, place = await given.item("CUP"), await given.location("A-01")
    wanted = Wanted(
        item=item,
        warehouse=await given.warehouse(),
        least=10_000,
        home=place,
        refill=200_000_000,
        fill=300_000_000,
    )
    await levelling.want(wanted, by=1)
    await inside.transfer({"CUP": 200_000})
    old = (await counter.device.get("/sync/snapshot", headers=counter.pda.headers)).json()
    before = await counter.asks_for_everything()
    supervisor = await signed_in(counter.app, "supervisor", name="boss")

    plan = await floor.issued("A-01")
    issued = await counter.asks_for_everything()
    await floor.take(await given.pda("li"), "CUP", PICKED, "A-01")
    picked = await counter.asks_for_everything()
    verdict = await floor.count(counter.pda, "A-01", CUP=50_000)
    recount = await counter.asks_for_everything()
    shown = await supervisor.get(f"/stock/items/{item}")
    kept = [await counter.device.get(one["url"], headers=counter.pda.headers) for one in files(old)]
    await floor.count(await given.pda("li"), "A-01", CUP=50_000)

    # Of a figure that was never to be seen, nothing would be missed.
    for page in (
        "/stock",
        "/stock/movements",
        "/stock/transfers",
        "/stock/levels",
        "/board",
        "/sync/pull",
        "live",
    ):
        assert any(one.startswith(page) for one in before), page
    assert (issued, picked, recount) == ([], [], [])
    assert shows(msgspec.json.encode(verdict)) == []
    assert [secret for answer in kept for secret in shows(answer.content)] == []
    assert re.search(pattern(50_000), shown.text)
    assert (await floor.sheet(plan, "A-01")).state == "review"
    assert counter.answers > 250


def files(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Every file that a manifest names."""
    return [file for scope in manifest["scopes"] for file in (*scope["chunks"], *scope["indexes"])]


async def test_whoever_decides_sees_the_figure_on_the_desk(app: Litestar, counter: Counter) -> None:
    supervisor = await signed_in(app, "supervisor")
    await floor.issued("A-01")

    page = await supervisor.get(f"/stock/locations/{await given.location('A-01')}")
    blind = await counter.desk.get(f"/stock/locations/{await given.location('A-01')}")
    whole = await counter.desk.get("/stock?q=CUP")

    assert shows(page.content)
    assert "being counted" in blind.text
    assert re.search(rf"{ELSEWHERE}\s+\S+ \+ <span[^>]*>being counted", whole.text)


@pytest.mark.usefixtures("database")
async def test_figures_leave_the_floor_with_the_commit_that_asks_and_come_back_with_the_one_that_settles() -> (
    None
):
    await given.stock("CUP", 10, at="A-01")
    before = await kept_at("A-01")

    await floor.issued("A-01")
    asked = await kept_at("A-01")
    await floor.take(await given.pda("li"), "CUP", 4, "A-01")
    meanwhile = await kept_at("A-01")
    await floor.count(await given.pda("wang"), "A-01", CUP=6)

    shown, body = ("warehouse:w-1", "balance"), '{{"held":"0","on_hand":"{}"}}'
    assert before == [(*shown, body.format(10))]
    assert asked == [("figures:w-1", "balance", body.format(10)), ("warehouse:w-1", "lying", "{}")]
    assert meanwhile == [("figures:w-1", "balance", body.format(6)), ("warehouse:w-1", "lying", "{}")]
    assert await kept_at("A-01") == [(*shown, body.format(6))]
    assert (await verifying.verify()).violations == []


@pytest.mark.usefixtures("database")
async def test_a_plan_that_is_called_off_or_not_blind_keeps_nothing_back() -> None:
    await given.stock("CUP", 10, at="A-01")
    open_plan = await floor.issued("A-01", is_blind=False)
    while_open = await kept_at("A-01")
    await planning.cancel(open_plan, by=floor.SUPERVISOR)
    blind = await floor.issued("A-01")
    while_blind = await kept_at("A-01")

    await planning.cancel(blind, by=floor.SUPERVISOR)

    assert [row[:2] for row in while_open] == [("warehouse:w-1", "balance")]
    assert [row[:2] for row in while_blind] == [("figures:w-1", "balance"), ("warehouse:w-1", "lying")]
    assert await kept_at("A-01") == while_open
    assert await queries.blind_places([await given.location("A-01")]) == set()


@pytest.mark.usefixtures("database")
async def test_pickers_are_told_which_lots_lie_there_and_not_how_many_serials() -> None:
    await given.stock("MILK", 12, at="A-01", lot="L1", expiry="2030-01-31")
    for serial in ("S1", "S2", "S3"):
        await given.stock("PUMP", 1, at="A-01", serial=serial)
    await floor.issued("A-01")

    told = [body for scope, _, body in await kept_at("A-01") if scope == "warehouse:w-1"]

    assert sorted(told) == ['{"expiry":"2030-01-31"}', "{}"]


@pytest.mark.parametrize(
    ("role", "is_told"), [("salesperson", True), ("storekeeper", False), ("supervisor", False)]
)
async def test_the_figures_go_to_devices_of_people_who_never_count(
    app: Litestar, role: str, is_told: bool
) -> None:
    await given.stock("CUP", EXPECTED, at="A-01")
    await given.person("somebody", role=role, warehouses=("MAIN",))
    pda = await given.pda("somebody")
    await floor.issued("A-01")

    answer = await visitor(app).get("/sync/pull?cursor=0", headers=pda.headers)

    assert bool(shows(answer.content)) is is_told


@pytest.mark.usefixtures("database")
async def test_a_bin_that_is_counted_blind_is_neither_filled_up_nor_emptied_for_another() -> None:
    """How much it lacks, or has to give, would say what the book expects."""
    await given.stock("CUP", 5, at="A-01")
    await given.stock("CUP", 33, at="R-01")
    item, home = await given.item("CUP"), await given.location("A-01")
    await levelling.want(
        Wanted(item=item, warehouse=await given.warehouse(), home=home, refill=10_000, fill=100_000), by=1
    )
    asked = await replenishments()

    plan = await floor.issued("R-01")
    giving = await replenishments()
    await planning.cancel(plan, by=floor.SUPERVISOR)
    again = await replenishments()
    await floor.issued("A-01")

    assert len(asked) == len(again) == 1
    assert giving == await replenishments() == []


async def replenishments() -> list[str]:
    """What devices are told of bins to fill up."""
    asked = Statement("SELECT body FROM feed_row WHERE kind = 'task' AND NOT is_deleted")
    return [row[0] for row in await fetch(asked) if '"replenish"' in row[0]]
