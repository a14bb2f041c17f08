"""What the pages of documents share: filters that stay, drafts that come back, steps, and a line editor's rows."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from server import events, web
from server.catalog import queries as catalog
from server.documents import drafting, filters, queries, reading, subject
from server.documents.filters import Filters
from server.documents.line import Typed
from server.people import queries as people
from server.sync import queries as fleet
from server.web import Form, HTMXRequest

BLANK_ROWS = 3


class View(msgspec.Struct, frozen=True):
    """A list as this person looks at it."""

    path: str
    filters: Filters
    states: tuple[str, ...]
    partner_name: str = ""

    @property
    def address(self) -> str:
        """This list with these filters, to which a page may be added."""
        return filters.address(self.path, self.filters)

    @property
    def everything(self) -> str:
        """The same list without any filter."""
        return filters.address(self.path, Filters())

    def having(self, **changes: str | int) -> str:
        """The address with other filters: `view.having(state="confirmed")`."""
        return filters.address(self.path, msgspec.structs.replace(self.filters, **changes))

    def sorting(self, column: str) -> str:
        """The address sorted by a column, the other way round when it already is."""
        return self.having(sort=f"-{column}" if self.filters.sort == column else column)


class Step(msgspec.Struct, frozen=True):
    """Something that can be done with a document now: where to post it, its name, and its effect in words.

    `asks` is the label of a reason that must be given with it; `tone` is primary, danger or nothing.
    """

    path: str
    label: str
    effect: str = ""
    tone: str = ""
    asks: str = ""
    refused: str = ""


class Draft(msgspec.Struct, frozen=True):
    """What came back from an earlier, unsaved visit."""

    form: Form
    changed_at: int


class Line(msgspec.Struct, frozen=True):
    """One line of a timeline, in words."""

    word: str
    who: str
    device: str
    at: int
    changes: list[web.Change]
    reason: str


class About(msgspec.Struct, frozen=True):
    """What stands beside a document."""

    subject: str
    timeline: list[Line]
    notes: list[queries.Note]
    attachments: list[queries.Attachment]
    removable: frozenset[int]


class EditorRow(msgspec.Struct, frozen=True):
    """One row of the line editor: as it was typed, and what its code means."""

    typed: Typed
    name: str = ""
    base: str = ""
    units: tuple[tuple[str, str], ...] = ()


async def view(request: HTMXRequest, states: Collection[str], sorts: Collection[str] = ()) -> View:
    """The filters in the address; without any, those that this person used last on this list."""
    path, person = request.url.path, request.user.id
    asked = {name: request.query_params.get(name, "") for name in (*filters.NAMES, "page")}
    if any(name in request.query_params for name in filters.NAMES):
        chosen = filters.read(asked, states, sorts)
        await drafting.remember_filters(person, path, filters.fields(chosen))
    else:
        kept = await queries.draft(person, drafting.LISTS + path)
        chosen = filters.read((kept.fields if kept else {}) | {"page": asked["page"]}, states, sorts)
    partner = await catalog.partner(chosen.partner) if chosen.partner else None
    return View(path, chosen, tuple(states), partner[0].name if partner else "")


async def draft(request: HTMXRequest) -> Draft | None:
    """What this person typed into the form at this address and did not save."""
    found = await queries.draft(request.user.id, request.url.path)
    return Draft(form_of(found.fields), found.changed_at) if found else None


async def forget_draft(request: HTMXRequest, form: Form) -> None:
    """After the form was saved: its draft is done with. The form names it in its field `draft`."""
    if path := form.text("draft"):
        await drafting.discard(request.user.id, path)


async def about(request: HTMXRequest, feature: str, wire: str) -> About:
    """What stands beside the document `so-7`: what happened to it (words `<feature>.event.<topic>`), notes, files."""
    named = subject.read(wire)
    assert named is not None, f"{wire} is not registered in documents/subject.py"
    files = await queries.attachments(wire)
    return About(
        subject=wire,
        timeline=await timeline(feature, named.told_as, request.user.language),
        notes=await queries.notes(wire),
        attachments=files,
        removable=frozenset(file.id for file in files if may_remove(request, file)),
    )


def may_remove(request: HTMXRequest, file: queries.Attachment) -> bool:
    """Who attached a file may take it off, and so may those who answer for others' work."""
    return file.author_id == request.user.id or request.user.may("see audit")


async def timeline(feature: str, told_as: str, language: str) -> list[Line]:
    """What happened to `so:7`, newest first: who did it, and on which device."""
    happened = await events.history(told_as)
    names = await people.names()
    devices = await fleet.device_names() if any(event.device for event in happened) else {}
    told = web.story(feature, happened, names, language)
    return [
        Line(
            _word(event.topic, line.word),
            line.who,
            devices.get(event.device, ""),
            line.at,
            line.changes,
            _reason(event.body),
        )
        for event, line in zip(happened, told, strict=True)
    ]


def _word(topic: str, word: str) -> str:
    """Topics that all documents share have their words in one place."""
    return f"documents.event.{topic}" if topic.startswith("document.") else word


def _reason(body: Mapping[str, object]) -> str:
    """Why it was done, or the name of the file it is about."""
    return next((text for key in ("reason", "name") if isinstance(text := body.get(key), str)), "")


def form_of(fields: Mapping[str, str]) -> Form:
    """Texts as if a form had sent them."""
    return Form({name: [text] for name, text in fields.items()})


async def editor_rows(rows: Sequence[tuple[str, ...]], *, blank: int = BLANK_ROWS) -> list[EditorRow]:
    """Rows to type into: those there are, by `form.rows("lines", *line.COLUMNS)`, and some blank ones."""
    typed = [Typed(*row) for row in rows]
    goods = await reading.goods_of(row.item for row in typed)
    found = []
    for row in typed:
        if meant := goods.get(row.item):
            units = tuple(meant.units.items())
            unit = row.unit or meant.unit or meant.draft.unit
            found.append(EditorRow(row._replace(unit=unit), meant.draft.name, meant.draft.unit, units))
        else:
            found.append(EditorRow(row))
    return found + [EditorRow(Typed(""))] * blank
