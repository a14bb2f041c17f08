"""Showing boards: one gatherer per kind of board, however many screens; only changes are told."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from server import clock, feed, live
from server.stock.queries import Warehouses
from server.sync.following import following
from server.sync.overseeing import Board, Overview, gather

LOOK_S = 1.0
"""Without any commit the board still looks around: silence is no message, and devices fall silent."""

REST_S = 0.2
"""At most five looks a second, however busy the floor is."""

Paint = Callable[[Board], Mapping[str, str]]

_numbers = itertools.count(1)


class View:
    """A board of certain warehouses in one language: what it shows, and the task that keeps it so."""

    def __init__(self) -> None:
        self.screen = live.Screen(f"board:{next(_numbers)}")
        self.watchers = 0
        self.changed = asyncio.Event()
        self.ready = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def keep(self, overview: Overview, paint: Paint) -> None:
        """Start keeping the board up to date."""
        self.task = asyncio.create_task(self._keep(overview, paint), name="keep a board up to date")
        self.task.add_done_callback(self._ended)

    def check(self) -> None:
        """Raise what ended the gathering: a board that stands still must not look alive."""
        if self.task is not None and self.task.done():
            self.task.result()

    async def _keep(self, overview: Overview, paint: Paint) -> None:
        async with following(self._commit):
            while True:
                self.changed.clear()
                started = clock.monotonic()
                self.screen.show(paint(await gather(overview)))
                self.ready.set()
                await asyncio.sleep(max(0.0, started + REST_S - clock.monotonic()))
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self.changed.wait()

    def _commit(self, _: list[feed.Line], __: int) -> None:
        self.changed.set()

    def _ended(self, _: "asyncio.Task[None]") -> None:
        self.ready.set()
        live.publish(self.screen.topic, "", "")


_views: dict[tuple[Warehouses, str], View] = {}


@asynccontextmanager
async def showing(warehouses: Warehouses, language: str, paint: Paint) -> AsyncIterator[View]:
    """The board of these warehouses, ready to be shown; it is kept up to date while somebody looks."""
    key = (warehouses, language)
    view = _views.get(key)
    if view is None or (view.task is not None and view.task.done()):
        view = _views[key] = View()
        view.keep(Overview(warehouses), paint)
    view.watchers += 1
    try:
        await view.ready.wait()
        view.check()
        yield view
    finally:
        view.watchers -= 1
        if not view.watchers and _views.get(key) is view:
            del _views[key]
            assert view.task is not None
            view.task.cancel()
