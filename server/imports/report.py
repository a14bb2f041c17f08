"""What people and programs are told about a check: counts, every error, every note, some before → after."""

from typing import Any

import msgspec

from server.catalog import item, place
from server.catalog.item import ItemDraft
from server.catalog.place import LocationDraft
from server.imports.check import Checked, RowError
from server.imports.sheet import Note, Refusal
from server.words import LANGUAGES, t

EXAMPLES = 50
"""How many new and changed records a report shows; it counts them all."""


class Fault(msgspec.Struct, frozen=True):
    """One error by row and column, in both languages."""

    row: int
    column: str
    code: str
    message: dict[str, str]


class Remark(msgspec.Struct, frozen=True):
    """One note, in both languages."""

    code: str
    args: dict[str, str | int]
    message: dict[str, str]


class Difference(msgspec.Struct, frozen=True):
    """One record that would change: field → [before, after]."""

    row: int
    code: str
    fields: dict[str, list[object]]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a check. `ok` says that it may be committed."""

    ok: bool
    kind: str
    file: str
    job: int = 0
    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    errors: list[Fault] = []
    notes: list[Remark] = []
    added: list[Difference] = []
    differences: list[Difference] = []
    columns: dict[str, str] = {}
    committed: bool = False


def of_check(kind: str, file: str, job: int, checked: Checked[Any], columns: dict[str, str]) -> Report:
    """The report of a check that could read the file."""
    return Report(
        ok=not checked.errors,
        kind=kind,
        file=file,
        job=job,
        rows=checked.rows,
        new=len(checked.new),
        changed=len(checked.changed),
        same=checked.same,
        errors=[_fault(error) for error in checked.errors],
        notes=[_remark(note) for note in checked.notes],
        added=[Difference(new.row, new.draft.code, {}) for new in checked.new[:EXAMPLES]],
        differences=[
            Difference(changed.row, changed.after.code, _differences(changed.before, changed.after))
            for changed in checked.changed[:EXAMPLES]
        ],
        columns=columns,
    )


def of_refusal(kind: str, file: str, refusal: Refusal) -> Report:
    """The report of a file that could not be read: one error that belongs to no row."""
    return Report(ok=False, kind=kind, file=file, errors=[_whole_file(refusal)])


def _whole_file(refusal: Refusal) -> Fault:
    word = f"imports.refused.{refusal.code}"
    return Fault(0, "", refusal.code, {language: t(word, language, **refusal.args) for language in LANGUAGES})


def _fault(error: RowError) -> Fault:
    said = {language: t(error.word, language, **error.args) for language in LANGUAGES}
    return Fault(error.row, error.column, error.word.rpartition(".")[2], said)


def _remark(note: Note) -> Remark:
    word = f"imports.note.{note.code}"
    return Remark(note.code, note.args, {language: t(word, language, **note.args) for language in LANGUAGES})


def _differences(before: Any, after: Any) -> dict[str, list[object]]:
    if isinstance(before, ItemDraft):
        return item.differences(before, after)
    assert isinstance(before, LocationDraft)
    return place.differences(before, after)
