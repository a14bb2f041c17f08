"""The air between a device and the house: a relay that can be cut, because a browser's own switch is not enough.

Chromium's "offline" reaches only what is attached when it is thrown: a service worker that wakes later, as in a
device that is started where there is no network, would be online.
"""

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from typing import Any

from tests.services import free_port

CHUNK = 65_536


class Air:
    """Carries bytes from a port of its own to the server; once cut, lines fall silent and none can be opened."""

    def __init__(self, server_port: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._carries = asyncio.Event()
        self._carries.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"air {self.port}", daemon=True)
        self._thread.start()
        self._listener: asyncio.Server = self._do(asyncio.start_server(self._carry, "127.0.0.1", self.port))

    def cut(self) -> None:
        """Walk behind thick walls."""
        self._loop.call_soon_threadsafe(self._carries.clear)

    def heal(self) -> None:
        """Walk out again: what fell silent goes on."""
        self._loop.call_soon_threadsafe(self._carries.set)

    def close(self) -> None:
        """Nobody uses this air any more."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Any) -> Any:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(10)

    async def _end(self) -> None:
        self._listener.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the device, both ways, until either side ends it."""
        with contextlib.suppress(OSError):
            if self._carries.is_set():
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
                ways = [
                    asyncio.create_task(self._pump(reader, far_writer)),
                    asyncio.create_task(self._pump(far_reader, writer)),
                ]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    far_writer.close()
        writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._carries.wait()
                writer.write(data)
                await writer.drain()
