"""The application as a serving process carries it: told to stop, it lets go of those who only wait."""

import asyncio
import signal
from types import FrameType

from litestar import Litestar

from server import live
from server.app import create_app

STOPS = (signal.SIGTERM, signal.SIGINT)


def application() -> Litestar:
    """The application for the web server, in each of its processes."""
    app = create_app()
    app.on_startup.append(_listen_for_the_end)
    return app


async def _listen_for_the_end() -> None:
    """Hear the signals before uvicorn, which would wait ten seconds for the long poll of an idle print agent.

    It has set its own handlers by now and takes them off again itself.
    """
    loop = asyncio.get_running_loop()
    for number in STOPS:
        stop = signal.getsignal(number)

        def let_go(told: int, frame: FrameType | None, stop: object = stop) -> None:
            loop.call_soon_threadsafe(live.close_doors)
            if callable(stop):
                stop(told, frame)

        signal.signal(number, let_go)
