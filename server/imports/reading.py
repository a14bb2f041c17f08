"""Read a spreadsheet through the limited child process, telling how far it is."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path

import msgspec

from server.config import ROOT
from server.imports.sheet import Note, Refusal, Row, Table, table_of

TIMEOUT_S = 120
_LONGEST_LINE = 1 << 27

Progress = Callable[[int, int], None]
"""Rows read so far, and rows there are."""


class _Line(msgspec.Struct, frozen=True):
    """Any line of the child; see `child.py` for which fields come together."""

    sheets: tuple[str, ...] | None = None
    sheet: str = ""
    rows: int | list[Row] | None = None
    template: str = ""
    notes: list[Note] | None = None
    refused: Refusal | None = None


async def read_table(
    path: Path,
    *,
    titles: frozenset[str] = frozenset(),
    sheet: str = "",
    encoding: str = "",
    progress: Progress | None = None,
) -> Table | Refusal:
    """The table in a file, or why there is none. `titles` are known headers, by which the header is found."""
    options = ("--sheet", sheet, "--encoding", encoding)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.imports.child", os.path.abspath(path), *options),  # noqa: ASYNC240, PTH100
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        stdout=PIPE,
        stderr=DEVNULL,
        limit=_LONGEST_LINE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await _read_lines(process, titles, progress)
    except TimeoutError:
        return Refusal("too_hard")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _read_lines(process: Process, titles: frozenset[str], progress: Progress | None) -> Table | Refusal:
    """Every line until the last; a child that dies before it has met a file it could not bear."""
    assert process.stdout is not None
    decoder = msgspec.json.Decoder(_Line)
    head, rows = _Line(), list[Row]()
    async for raw in process.stdout:
        match decoder.decode(raw):
            case _Line(refused=Refusal() as refusal):
                return refusal
            case _Line(notes=list() as notes):
                await process.wait()
                return await asyncio.to_thread(
                    table_of,
                    rows,
                    titles=titles,
                    sheets=head.sheets or (),
                    sheet=head.sheet,
                    notes=notes,
                    template=head.template,
                )
            case _Line(rows=list() as block):
                rows += block
                if progress:
                    progress(len(rows), head.rows if isinstance(head.rows, int) else len(rows))
            case line:
                head = line
    await process.wait()
    return Refusal("too_hard")
