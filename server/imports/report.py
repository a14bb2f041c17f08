"""What people and programs are told about a check: counts, every error, every note, some before → after."""

from typing import Any

import msgspec

from server.catalog import item, place
from server.catalog.item import ItemDraft
from server.catalog.place import LocationDraft
from server.imports.check import Checked, Duplicates, RowError
from server.imports.sheet import Note, Refusal, Table, as_text, cell_of
from server.words import LANGUAGES, has, t

EXAMPLES = 50
"""How many new and changed records a report shows; it counts them all."""
SAMPLE_ROWS = 3
SAMPLE_LENGTH = 40


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a person wants a file to be read. `columns`: our column → header, or empty for none."""

    duplicates: Duplicates = "error"
    columns: dict[str, str] = {}
    sheet: str = ""
    encoding: str = ""
    warehouses: list[int] | None = None
    """Where the person may change locations; None is everywhere."""


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
    """The outcome of a check. `ok` says that it may be committed; `stopped` why a commit ended early."""

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
    header: list[str] = []
    samples: list[list[str]] = []
    sheets: list[str] = []
    sheet: str = ""
    stopped: list[Fault] = []
    committed: bool = False


def of_check(kind: str, file: str, table: Table, checked: Checked[Any], columns: dict[str, str]) -> Report:
    """The report of a check that could read the file."""
    return Report(
        ok=not checked.errors,
        kind=kind,
        file=file,
        rows=checked.rows,
        new=len(checked.new),
        changed=len(checked.changed),
        same=checked.same,
        errors=[_fault(error) for error in checked.errors],
        notes=[_remark(note) for note in checked.notes],
        added=[Difference(new.row, new.draft.code, _first_look(new.draft)) for new in checked.new[:EXAMPLES]],
        differences=[
            Difference(changed.row, changed.after.code, _differences(changed.before, changed.after))
            for changed in checked.changed[:EXAMPLES]
        ],
        columns=columns,
        header=list(table.header),
        samples=[_sample(table, index) for index in range(len(table.header))],
        sheets=list(table.sheets),
        sheet=table.sheet,
    )


def of_refusal(kind: str, file: str, refusal: Refusal) -> Report:
    """The report of a file that could not be read: one error that belongs to no row."""
    return Report(ok=False, kind=kind, file=file, errors=[_whole_file(refusal)])


def stopped(told: Report, reasons: list[Refusal]) -> Report:
    """The same report of an import that could not be finished, with the reasons."""
    return msgspec.structs.replace(told, stopped=[_whole_file(reason) for reason in reasons])


def _sample(table: Table, index: int) -> list[str]:
    """The first things that stand in a column, by which people recognise it."""
    texts = (as_text(cell_of(row, index)) for row in table.rows[:SAMPLE_ROWS])
    return [text[:SAMPLE_LENGTH] for text in texts if text]


def _first_look(draft: Any) -> dict[str, list[object]]:
    """What a new record is recognised by."""
    fields = ("name", "unit") if isinstance(draft, ItemDraft) else ("zone", "kind")
    return {field: ["", getattr(draft, field)] for field in fields}


def _whole_file(refusal: Refusal) -> Fault:
    return Fault(0, "", refusal.code, {language: said(refusal, language) for language in LANGUAGES})


def said(refusal: Refusal, language: str) -> str:
    """Why a file was not read, written or taken back, in a person's language."""
    words = (f"imports.{place}.{refusal.code}" for place in ("refused", "undo"))
    return t(next(word for word in words if has(word)), language, **refusal.args)


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
