"""`stockhand import items|locations FILE`: check, say everything, and commit when nothing is wrong."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import msgspec

from server.config import settings
from server.imports import importing, report
from server.imports.report import Report
from server.imports.sheet import Refusal
from server.words import t

SHOWN = 50
"""Errors that a person gets to read in a terminal; --json has them all."""


async def run(arguments: Namespace) -> int:
    """Import one file as the options say. Exit status 1 when anything is wrong; then nothing is changed."""
    path = Path(arguments.file)
    if not path.is_file():  # noqa: ASYNC240  # one look, in a command
        missing = report.of_refusal(arguments.kind, path.name, Refusal("no_file", {"file": arguments.file}))
        return _told(missing, is_json=arguments.json)
    outcome = await importing.review(
        arguments.kind,
        path,
        by=0,
        duplicates=arguments.duplicates,
        columns=_columns(arguments.map),
        progress=None if arguments.json else _progress,
    )
    if isinstance(outcome, Refusal):
        return _told(report.of_refusal(arguments.kind, path.name, outcome), is_json=arguments.json)
    told = outcome.report
    if told.ok and not arguments.dry_run:
        told = await _committed(told, is_json=arguments.json)
    return _told(told, is_json=arguments.json)


async def _committed(told: Report, *, is_json: bool) -> Report:
    done = await importing.commit(told.job, by=0, progress=None if is_json else _progress)
    if isinstance(done, importing.Refused):
        refused = report.of_refusal(told.kind, told.file, done.reasons[0])
        return msgspec.structs.replace(told, ok=False, errors=refused.errors)
    return msgspec.structs.replace(told, committed=True)


def _columns(chosen: list[str]) -> Mapping[str, str]:
    """`--map name=Description` → {"name": "Description"}"""
    return dict(pair.split("=", 1) for pair in chosen if "=" in pair)


def _told(told: Report, *, is_json: bool) -> int:
    if is_json:
        _say(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    else:
        _tell(told, settings().language)
    return 0 if told.ok else 1


def _tell(told: Report, language: str) -> None:
    for remark in told.notes:
        _say(f"  {remark.message[language]}")
    for fault in told.errors[:SHOWN]:
        place = f"{fault.row} {fault.column}: " if fault.row else ""
        _say(f"  {place}{fault.message[language]}", error=True)
    if len(told.errors) > SHOWN:
        _say(f"  … {len(told.errors) - SHOWN}", error=True)
    word = "committed" if told.committed else "checked" if told.ok else "wrong"
    counts = {"new": told.new, "changed": told.changed, "same": told.same, "errors": len(told.errors)}
    _say(t(f"imports.outcome.{word}", language, rows=told.rows, **counts), error=not told.ok)


def _progress(stage: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{t(f'imports.stage.{stage}', settings().language)} {done}/{total}   ")
        sys.stderr.write("\n" if done >= total else "")


def _say(text: str, *, error: bool = False) -> None:
    (sys.stderr if error else sys.stdout).write(f"{text}\n")
