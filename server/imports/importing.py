"""Bring a spreadsheet in: check it and say what it would do, commit exactly that, take it back at once."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from server import clock, events
from server.catalog import item, maintaining, removing
from server.catalog import queries as catalog
from server.catalog.barcode import code_key, normalise
from server.catalog.item import ItemDraft
from server.catalog.place import LocationDraft
from server.config import settings
from server.db import Statement, execute, execute_many, writing
from server.imports import check, queries, report
from server.imports.check import Changed, Checked, Duplicates, ExistingItems, ExistingPlaces, New
from server.imports.columns import SPECS, Kind, mapping_of, titles
from server.imports.queries import Change, Job
from server.imports.reading import read_table
from server.imports.report import Options, Report
from server.imports.sheet import Refusal, Table, as_text, cell_of

_OPEN = ("checked", "writing", "committing")

CHUNK = 200
"""Records per transaction: a scan waits for one of them at most, some 25 ms."""

PAUSE_S = 0.004
"""Between two transactions: who asks for the database every millisecond gets it, in another process too."""

KEPT_US = 7 * 24 * 3_600 * 1_000_000
"""How long files and plans of reviews that nobody committed are kept: after a week the world has moved on."""

UNDOABLE = ("committing", "committed", "undoing")

Progress = Callable[[str, int, int], None]
"""What is going on (reading, checking, writing), how far it is, and how far it has to go."""


class Review(msgspec.Struct, frozen=True):
    """A file that was read and checked. `job` commits it when the report is ok."""

    job: int
    report: Report
    table: Table
    checked: Checked[Any]


class Look(msgspec.Struct, frozen=True):
    """What was read and checked, before anything is noted anywhere."""

    report: Report
    table: Table
    checked: Checked[Any]

    @property
    def plan(self) -> list["Planned"]:
        """What a commit would write; nothing while there are errors."""
        return [*self.checked.new, *self.checked.changed] if self.report.ok else []


class Committed(msgspec.Struct, frozen=True):
    """Everything that was reviewed stands; `already` when it did before."""

    job: int
    new: int
    changed: int
    already: bool = False


class Undone(msgspec.Struct, frozen=True):
    """What the import did is taken back."""

    removed: int
    restored: int


class Refused(msgspec.Struct, frozen=True):
    """Why not: words with what they name."""

    reasons: list[Refusal]


_INSERT_JOB = Statement(
    "INSERT INTO import_job (kind, file_name, file_digest, state, mapping, report, rows_total, rows_done,"
    " user_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?) RETURNING id"
)
# What a page asked for stays `writing`, so that the server itself goes on with it; a command may be left alone.
_SET_DONE = Statement(
    "UPDATE import_job SET rows_done = rows_done + ?,"
    " state = CASE WHEN state = 'writing' THEN 'writing' ELSE 'committing' END"
    " WHERE id = ? AND rows_done = ? AND state IN ('checked', 'writing', 'committing') RETURNING id"
)
_SET_COMMITTED = Statement(
    "UPDATE import_job SET state = 'committed', committed_at = ?"
    " WHERE id = ? AND state IN ('checked', 'writing', 'committing') RETURNING id"
)
_SET_GIVEN_BACK = Statement("UPDATE import_job SET rows_done = rows_done - ? WHERE id = ?")
_SET_UNDONE = Statement("UPDATE import_job SET state = 'undone', undone_at = ? WHERE id = ?")
_INSERT_CHANGE = Statement(
    "INSERT INTO import_change (job, row, action, subject, before, after) VALUES (?, ?, ?, ?, ?, ?)"
)
_MARK_UNDONE = Statement("UPDATE import_change SET action = 'undone' WHERE id = ?")


async def review(
    kind: Kind,
    path: Path,
    *,
    by: int,
    name: str = "",
    duplicates: Duplicates = "error",
    columns: Mapping[str, str] | None = None,
    sheet: str = "",
    encoding: str = "",
    progress: Progress | None = None,
) -> Review | Refusal:
    """Read and check a file, and say all that an import would do and all that is wrong. Changes nothing."""
    options = Options(duplicates=duplicates, columns=dict(columns or {}), sheet=sheet, encoding=encoding)
    found = await look(kind, path, options, name=name, progress=progress)
    if isinstance(found, Refusal):
        return found
    job = await _write_job(kind, found, await asyncio.to_thread(_digest, path), options, by)
    return Review(job, msgspec.structs.replace(found.report, job=job), found.table, found.checked)


async def look(
    kind: Kind, path: Path, options: Options, *, name: str = "", progress: Progress | None = None
) -> Look | Refusal:
    """Read and check a file without noting it anywhere."""
    spec, tell = SPECS[kind], progress or _silently
    table = await read_table(
        path,
        titles=titles(spec),
        sheet=options.sheet,
        encoding=options.encoding,
        progress=lambda done, total: tell("reading", done, total),
    )
    if isinstance(table, Refusal):
        return table
    if wrong := _wrong_template(kind, table):
        return wrong
    mapping, notes = mapping_of(spec, table, options.columns)
    table = msgspec.structs.replace(table, notes=(*table.notes, *notes))
    tell("checking", 0, len(table.rows))
    checked = await _checked(kind, table, mapping, options)
    used = {key: table.header[index] for key, index in mapping.items()}
    told = await asyncio.to_thread(report.of_check, kind, name or path.name, table, checked, used)
    tell("checking", len(table.rows), len(table.rows))
    return Look(told, table, checked)


async def commit(job_id: int, *, by: int, progress: Progress | None = None) -> Committed | Refused:
    """Write exactly what was reviewed, in chunks; a second time or after a crash, nothing twice."""
    job = await queries.job(job_id)
    if job is not None and job.state == "committed":
        return Committed(job_id, 0, 0, already=True)
    plan = await asyncio.to_thread(_read_plan, job) if job and job.state in _OPEN else None
    if job is None or plan is None:
        return Refused([Refusal("changed_file")])
    done = await queries.rows_done(job_id)
    left = [one for one in plan if one.row not in done]
    tell = progress or _silently
    for start in range(0, len(left), CHUNK):
        refused = await _write_chunk(job, left[start : start + CHUNK], by, done=len(done) + start)
        if refused:
            return refused
        tell("writing", min(start + CHUNK, len(left)), len(left))
        await asyncio.sleep(PAUSE_S)
    new = sum(isinstance(one, New) for one in plan)
    await _close(job_id, by, new=new, changed=len(plan) - new)
    return Committed(job_id, new, len(plan) - new)


async def undo(job_id: int, *, by: int) -> Undone | Refused:
    """Take an import back: what it made goes, what it changed is as before; refused with every reason."""
    job = await queries.job(job_id)
    if job is None or job.state not in UNDOABLE:
        return Refused([Refusal("not_committed")])
    if reasons := await objections(job):
        return Refused(reasons)
    removed = restored = 0
    while undone := await _undo_some(job, by):
        if isinstance(undone, Refused):
            return undone
        new = sum(change.action == "new" for change in undone)
        removed, restored = removed + new, restored + len(undone) - new
        await asyncio.sleep(PAUSE_S)
    async with writing():
        await execute(_SET_UNDONE, clock.now(), job_id)
        await events.record("import.undone", f"import:{job_id}", {"removed": removed}, by=by)
    return Undone(removed, restored)


async def objections(job: Job) -> list[Refusal]:
    """Every record of an import that was used or edited since, and so keeps it from being undone."""
    return await _reasons_against(job.kind, await queries.changes(job.id))


def template_of(table: Table) -> Kind | None:
    """Which of our templates a file was made from, if any."""
    return next((kind for kind, spec in SPECS.items() if spec.template == table.template), None)


# Checking


def _wrong_template(kind: Kind, table: Table) -> Refusal | None:
    found = template_of(table)
    return Refusal("wrong_template", {"found": found, "wanted": kind}) if found and found != kind else None


async def _checked(kind: Kind, table: Table, mapping: Mapping[str, int], options: Options) -> Checked[Any]:
    """The check itself runs in a thread, so that the server goes on serving meanwhile."""
    if kind == "items":
        items = await _existing_items(table, mapping)
        checked = await asyncio.to_thread(check.check_items, table, mapping, items, options.duplicates)
        uses = await _uses(checked)
        return await asyncio.to_thread(check.against_the_book, checked, uses, table, mapping)
    places = await _existing_places(table, mapping, options.warehouses)
    return await asyncio.to_thread(check.check_locations, table, mapping, places, options.duplicates)


async def _existing_items(table: Table, mapping: Mapping[str, int]) -> ExistingItems:
    codes, keys = await asyncio.to_thread(_item_keys, table, mapping)
    ids = await catalog.ids_by_code(codes)
    drafts = await catalog.item_drafts(ids.values())
    live = await catalog.live_barcodes(keys)
    owners = drafts | await catalog.item_drafts({row.item for row in live.values()} - drafts.keys())
    return ExistingItems(
        {draft.code: draft for draft in drafts.values()},
        {key: owners[row.item].code for key, row in live.items()},
    )


async def _uses(checked: Checked[ItemDraft]) -> dict[str, item.Use]:
    """What the ledger holds of the items, by code, that would be counted in another way."""
    codes = [one.before.code for one in checked.changed if item.touches_the_book(one.before, one.after)]
    ids = await catalog.ids_by_code(codes) if codes else {}
    uses = await catalog.uses(ids.values()) if ids else {}
    return {code: uses[key] for code, key in ids.items() if key in uses}


def _item_keys(table: Table, mapping: Mapping[str, int]) -> tuple[set[str], set[str]]:
    """The codes and the barcodes of a file, in the form in which they are stored."""
    codes = {item.clean(text) for text in _texts(table, mapping, "code")}
    columns = ("barcode", "carton_barcode")
    return codes, {normalise(code) for column in columns for code in _parts(table, mapping, column)}


async def _existing_places(
    table: Table, mapping: Mapping[str, int], reached: list[int] | None
) -> ExistingPlaces:
    """What stands. Warehouses out of a person's reach are unknown to their import."""
    codes = {code_key(item.clean(text)) for text in _texts(table, mapping, "code")}
    ids = await catalog.location_ids_by_code(codes)
    lines = await catalog.locations(ids.values())
    warehouses = {
        code_key(house.code): house.id
        for house in await catalog.warehouses()
        if reached is None or house.id in reached
    }
    return ExistingPlaces({line.code: catalog.location_draft(line) for line in lines.values()}, warehouses)


def _texts(table: Table, mapping: Mapping[str, int], column: str) -> Iterator[str]:
    if column in mapping:
        yield from (as_text(cell_of(row, mapping[column])) for row in table.rows)


def _parts(table: Table, mapping: Mapping[str, int], column: str) -> Iterator[str]:
    for text in _texts(table, mapping, column):
        yield from check.codes_in(text)


async def _write_job(kind: Kind, found: Look, digest: str, options: Options, by: int) -> int:
    told, state = found.report, "checked" if found.report.ok else "refused"
    body, wanted = msgspec.json.encode(told).decode(), msgspec.json.encode(options).decode()
    total = len(found.checked.new) + len(found.checked.changed)
    async with writing():
        rows = await execute(
            _INSERT_JOB, kind, told.file, digest, state, wanted, body, total, by, clock.now()
        )
    job_id = int(rows[0][0])
    await asyncio.to_thread(keep_plan, job_id, found.plan)
    await asyncio.to_thread(forget_old_files, clock.now())
    return job_id


# Plans on disk: a review may wait for its commit over a restart.
# One record per line, so that a thread that reads or writes many leaves the others their turn.

Planned = New[Any] | Changed[Any]


def folder() -> Path:
    """Where plans and sent files lie; made when it is missing."""
    place = settings().data_folder / "imports"
    place.mkdir(parents=True, exist_ok=True)
    return place


def keep_plan(job_id: int, plan: Sequence[Planned]) -> None:
    """Keep what a commit will write, whole or not at all; without anything to write, no plan."""
    _forget_plan(job_id)
    if not plan:
        return
    encoder, unfinished = msgspec.json.Encoder(), folder() / f"{job_id}.unfinished"
    with unfinished.open("wb") as file:
        for one in plan:
            file.write(encoder.encode(one) + b"\n")
    unfinished.replace(folder() / f"{job_id}.jsonl")


def _read_plan(job: Job) -> list[Planned] | None:
    file = folder() / f"{job.id}.jsonl"
    if job.rows_total == 0:
        return []
    if not file.exists():
        return None
    of_items: Any = New[ItemDraft] | Changed[ItemDraft]
    of_places: Any = New[LocationDraft] | Changed[LocationDraft]
    decoder: msgspec.json.Decoder[Planned] = msgspec.json.Decoder(
        of_items if job.kind == "items" else of_places
    )
    with file.open("rb") as lines:
        return [decoder.decode(line) for line in lines]


def _forget_plan(job_id: int) -> None:
    (folder() / f"{job_id}.jsonl").unlink(missing_ok=True)


def forget_old_files(now: int) -> None:
    """Plans and sent files of long ago."""
    for file in folder().iterdir():
        if file.stat().st_mtime * 1_000_000 < now - KEPT_US:
            file.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _silently(stage: str, done: int, total: int) -> None:
    """Nobody asked how far it is."""


# Writing


async def _write_chunk(job: Job, chunk: Sequence[Planned], by: int, *, done: int) -> Refused | None:
    """Some records and the note of how to undo them, in one transaction, or nothing of them."""
    new = [one for one in chunk if isinstance(one, New)]
    changed = [one for one in chunk if isinstance(one, Changed)]
    try:
        async with writing():
            # First, so that two processes at one import do not both write the same: the second steps aside.
            if not await execute(_SET_DONE, len(chunk), job.id, done):
                return Refused([Refusal("elsewhere")])
            await execute_many(_INSERT_CHANGE, [*await _add(job, new, by), *await _change(job, changed, by)])
    except _Overtaken as overtaken:
        return Refused([Refusal("changed_data", {"code": overtaken.code})])
    return None


class _Overtaken(Exception):
    """Somebody changed what the review saw; raised to roll the chunk back."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


ChangeRow = tuple[int, int, str, str, str, str]
"""job, row, action, subject, before, after"""


async def _add(job: Job, new: Sequence[New[Any]], by: int) -> list[ChangeRow]:
    drafts = [one.draft for one in new]
    if job.kind == "items":
        added = await maintaining.add_items(drafts, by=by, are_checked=True)
    else:
        added = await maintaining.add_locations(drafts, by=by)
    if isinstance(added, maintaining.Refused):
        raise _Overtaken(drafts[added.faults[0].index].code)
    return [
        (job.id, one.row, "new", _subject(job, key), "{}", _json(one.draft))
        for one, key in zip(new, added.ids, strict=True)
    ]


async def _change(job: Job, changed: Sequence[Changed[Any]], by: int) -> list[ChangeRow]:
    standing = await _standing_by_code(job.kind, [one.before.code for one in changed])
    for one in changed:
        if one.before.code not in standing or not _alike(standing[one.before.code][1], one.before):
            raise _Overtaken(one.before.code)
    wanted = {standing[one.before.code][0]: one.after for one in changed}
    await _edit(job.kind, wanted, by)
    return [
        (
            job.id,
            one.row,
            "changed",
            _subject(job, standing[one.before.code][0]),
            _json(one.before),
            _json(one.after),
        )
        for one in changed
    ]


async def _edit(kind: str, wanted: Mapping[int, Any], by: int) -> None:
    if kind == "items":
        edited = await maintaining.edit_items(wanted, by=by)
    else:
        edited = await maintaining.edit_locations(wanted, by=by)
    if isinstance(edited, maintaining.Refused):
        raise _Overtaken(list(wanted.values())[edited.faults[0].index].code)


async def _close(job_id: int, by: int, **counts: int) -> None:
    async with writing():
        if await execute(_SET_COMMITTED, clock.now(), job_id):
            await events.record("import.committed", f"import:{job_id}", counts, by=by)
    await asyncio.to_thread(_forget_plan, job_id)


async def _standing_by_code(kind: str, codes: Sequence[str]) -> dict[str, tuple[int, Any]]:
    if kind == "items":
        ids = await catalog.ids_by_code(codes)
    else:
        ids = await catalog.location_ids_by_code(codes)
    drafts = await _standing(kind, ids.values())
    return {code: (key, drafts[key]) for code, key in ids.items()}


async def _standing(kind: str, ids: Iterable[int]) -> dict[int, Any]:
    """What stands under these ids now, as drafts."""
    if kind == "items":
        return dict(await catalog.item_drafts(ids))
    lines = await catalog.locations(ids)
    return {key: catalog.location_draft(line) for key, line in lines.items()}


def _alike(left: Any, right: Any) -> bool:
    """Whether two drafts say the same; the order of units and barcodes says nothing."""
    return bool(_sorted(left) == _sorted(right))


def _sorted(draft: Any) -> Any:
    if not isinstance(draft, ItemDraft):
        return draft
    return msgspec.structs.replace(
        draft,
        units=tuple(sorted(draft.units, key=lambda unit: unit.name)),
        barcodes=tuple(sorted(draft.barcodes, key=lambda barcode: barcode.code)),
    )


def _subject(job: Job, key: int) -> str:
    return f"{'item' if job.kind == 'items' else 'location'}:{key}"


def _json(draft: Any) -> str:
    return msgspec.json.encode(draft).decode()


# Undoing


async def _undo_some(job: Job, by: int) -> Sequence[Change] | Refused:
    """Take the last of what is left back, in one transaction; nothing when nothing is left."""
    try:
        async with writing():
            changes = await queries.last_changes(job.id, CHUNK)
            # Once more, now that nobody else writes: a scan may have come between the question and this.
            if reasons := await _reasons_against(job.kind, changes):
                return Refused(reasons)
            await _take_back(job.kind, changes, by)
            await execute_many(_MARK_UNDONE, [(change.id,) for change in changes])
            await execute(_SET_GIVEN_BACK, len(changes), job.id)
    except _Overtaken as overtaken:
        # What it said before is taken by now, as when another item carries its old barcode.
        return Refused([Refusal("in_use", {"code": overtaken.code})])
    return changes


async def _take_back(kind: str, changes: Sequence[Change], by: int) -> None:
    before = {change.subject: _draft(kind, change.before) for change in changes if _restores(change)}
    await _edit(kind, before, by)
    remove = removing.remove_items if kind == "items" else removing.remove_locations
    await remove([change.subject for change in changes if not _restores(change)], by=by)


async def _reasons_against(kind: str, changes: Sequence[Change]) -> list[Refusal]:
    """Every record that was used, edited or removed since: taking it back would break what others did."""
    standing = await _standing(kind, [change.subject for change in changes])
    used = await queries.in_use(kind, [change.subject for change in changes if not _restores(change)])
    reasons: list[Refusal] = []
    for change in changes:
        after = _draft(kind, change.after)
        if change.subject not in standing:
            reasons.append(Refusal("gone", {"code": after.code}))
        elif change.subject in used:
            word = "has_movements" if kind == "items" else "location_used"
            reasons.append(Refusal(word, {"code": after.code}))
        elif not _alike(standing[change.subject], after):
            reasons.append(Refusal("edited_since", {"code": after.code}))
    return reasons


def _restores(change: Change) -> bool:
    return change.action == "changed"


def _draft(kind: str, text: str) -> Any:
    return msgspec.json.decode(text, type=ItemDraft if kind == "items" else LocationDraft)
