"""Showing boards: one gatherer per choice of warehouses, however many screens; only changes are told."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

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


class Face:
    """A board in one language: what it shows, and how it is painted."""

    def __init__(self, paint: Paint) -> None:
        self.screen = live.Screen(f"board:{next(_numbers)}")
        self.paint = paint
        self.watchers = 0


class View:
    """A board of certain warehouses: what was gathered for it last, its faces, and the task that keeps it so."""

    def __init__(self, warehouses: Warehouses) -> None:
        self.overview = Overview(warehouses)
        self.board: Board | None = None
        self.faces: dict[str, Face] = {}
        self.changed = asyncio.Event()
        self.ready = asyncio.Event()
        self.task = asyncio.create_task(self._keep(), name="keep a board up to date")
        self.task.add_done_callback(self._ended)

    def check(self) -> None:
        """Raise what ended the gathering: a board that stands still must not look alive."""
        if self.task.done():
            self.task.result()

    def face(self, language: str, paint: Paint) -> Face:
        """The board in this language; a new one shows what was gathered last."""
        if language not in self.faces:
            face = self.faces[language] = Face(paint)
            if self.board is not None:
                face.screen.show(paint(self.board))
        return self.faces[language]

    def leave(self, language: str) -> None:
        """Nobody looks at it in this language any more."""
        del self.faces[language]
        if not self.faces:
            self.task.cancel()

    async def _keep(self) -> None:
        async with following(self._commit):
            while True:
                self.changed.clear()
                started = clock.monotonic()
                self.board = await gather(self.overview)
                for face in self.faces.values():
                    face.screen.show(face.paint(self.board))
                self.ready.set()
                await asyncio.sleep(max(0.0, started + REST_S - clock.monotonic()))
                await self._rest()

    async def _rest(self) -> None:
        """Until something was committed; what came too soon after the last count is counted when that is due."""
        rest_s = LOOK_S
        if self.overview.is_behind:
            rest_s = min(LOOK_S, self.overview.rest(clock.now()) / clock.SECOND)
        with suppress(TimeoutError):
            async with asyncio.timeout(rest_s):
                await self.changed.wait()

    def _commit(self, _: list[feed.Line], __: int) -> None:
        self.changed.set()

    def _ended(self, _: "asyncio.Task[None]") -> None:
        self.ready.set()
        for face in self.faces.values():
            live.publish(face.screen.topic, "", "")


_views: dict[Warehouses, View] = {}


class Look(NamedTuple):
    """What somebody looks at: the board, and its screen in one language."""

    view: View
    screen: live.Screen

    @property
    def board(self) -> Board:
        """What was gathered last."""
        assert self.view.board is not None, "nobody looks at a board that is not ready"
        return self.view.board


@asynccontextmanager
async def showing(warehouses: Warehouses, language: str, paint: Paint) -> AsyncIterator[Look]:
    """The board of these warehouses, ready to be shown; it is kept up to date while somebody looks."""
    view = _views.get(warehouses)
    if view is None or view.task.done():
        view = _views[warehouses] = View(warehouses)
    face = view.face(language, paint)
    face.watchers += 1
    try:
        await view.ready.wait()
        view.check()
        yield Look(view, face.screen)
    finally:
        face.watchers -= 1
        if not face.watchers:
            view.leave(language)
        if not view.faces and _views.get(warehouses) is view:
            del _views[warehouses]
