"""What the pages of documents share: filters that stay, drafts that come back, steps, and a line editor's rows."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from litestar.exceptions import NotFoundException

from server import events, web, words
from server.catalog import queries as catalog
from server.catalog.maintaining import Added, Edited, Missing, Refused
from server.catalog.queries import PAGE_SIZE
from server.documents import drafting, filters, queries, reading, subject
from server.documents.filters import Filters
from server.documents.line import COLUMNS, Typed
from server.documents.subject import KINDS, Subject
from server.people import queries as people
from server.sync import queries as fleet
from server.web import Form, HTMXRequest, Page, Unsaved

BLANK_ROWS = 3
MAX_REASON = 200
USUAL = "warehouse"
"""Under this name the warehouse of a person's last document is kept, beside the filters of their lists."""

MAX_EXPORT = 10_000
"""Rows of a list that one spreadsheet takes."""


class Paged(Protocol):
    """A page of any list."""

    @property
    def rows(self) -> list[Any]: ...
    @property
    def has_more(self) -> bool: ...


Reader = Callable[[Filters, frozenset[int] | None], Awaitable[Paged]]


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

    @property
    def export(self) -> str:
        """The same list as a spreadsheet; empty when it has none."""
        exported = (prefix for prefix, kind in KINDS.items() if kind.page == self.path and kind.is_exported)
        prefix = next(exported, "")
        return filters.address(f"/exports/{prefix}", self.filters) if prefix else ""

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


class Offer(NamedTuple):
    """A step that fits a document's state: who may take it (empty: was asked already), how it looks, if it asks why."""

    name: str
    action: str = ""
    tone: str = ""
    asks: bool = False
    values: Mapping[str, object] = {}
    """What its effect in words names: how many places, up to which amount."""


class Shown(Protocol):
    """Shows a document again, with refusals in words beside its steps."""

    async def __call__(self, *, refused: Mapping[str, str], status: int) -> Page: ...


class Reshown(Protocol):
    """Shows a form again as it was typed, with what is wrong."""

    async def __call__(self, form: Form, errors: dict[str, str], *, status: int) -> Page: ...


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
    export: str = ""


class EditorRow(msgspec.Struct, frozen=True):
    """One row of the line editor: as it was typed, what its code means, and the texts of columns of its own."""

    typed: Typed
    name: str = ""
    base: str = ""
    units: tuple[str, ...] = ()
    more: Mapping[str, str] = {}


async def view(request: HTMXRequest, states: Collection[str], sorts: Collection[str] = ()) -> View:
    """The filters in the address; without any, those that this person used last on this list."""
    path, person = request.url.path, request.user.id
    if any(name in request.query_params for name in filters.NAMES):
        chosen = filters_of(request, states, sorts)
        await drafting.remember_filters(person, path, filters.fields(chosen))
    else:
        kept = await queries.draft(person, drafting.LISTS + path)
        chosen = filters.read(
            (kept.fields if kept else {}) | {"page": request.query_params.get("page", "")}, states, sorts
        )
    partner = await catalog.partner(chosen.partner) if chosen.partner else None
    return View(path, chosen, tuple(states), partner[0].name if partner else "")


def filters_of(request: HTMXRequest, states: Collection[str], sorts: Collection[str]) -> Filters:
    """What the address asks for, whatever was used before."""
    names = (*filters.NAMES, "page")
    return filters.read({name: request.query_params.get(name, "") for name in names}, states, sorts)


async def every(read: Reader, asked: Filters, warehouses: frozenset[int] | None) -> list[Any]:
    """All rows of a list, page after page, as many as a spreadsheet is good for."""
    found: list[Any] = []
    for number in range(1, MAX_EXPORT // PAGE_SIZE + 1):
        page = await read(msgspec.structs.replace(asked, page=number), warehouses)
        found += page.rows
        if not page.has_more:
            break
    return found


async def visible(request: HTMXRequest, found: Subject) -> str | None:
    """The number of a document that exists and that this person may see; None otherwise."""
    if not request.user.may(found.kind.action):
        return None
    houses = await queries.warehouses_of(found)
    if houses is None or (houses and not any(request.user.reaches(house) for house in houses)):
        return None
    return await queries.number_of(found)


async def draft(request: HTMXRequest) -> Draft | None:
    """What this person typed into the form at this address and did not save."""
    found = await queries.draft(request.user.id, request.url.path)
    return Draft(form_of(found.fields), found.changed_at) if found else None


async def forget_draft(request: HTMXRequest, form: Form) -> None:
    """After the form was saved: its draft is done with, named in its field `draft`, and its warehouse is the usual."""
    if path := form.text("draft"):
        await drafting.discard(request.user.id, path)
    if warehouse := form.text("warehouse"):
        await drafting.remember_filters(request.user.id, USUAL, {"warehouse": warehouse})


async def usual_warehouse(request: HTMXRequest, houses: Sequence[catalog.Warehouse]) -> str:
    """The warehouse a new form begins with: where this person wrote last, else the one that was there first."""
    kept = await queries.draft(request.user.id, drafting.LISTS + USUAL)
    last = kept.fields.get("warehouse", "") if kept else ""
    known = sorted(one.id for one in houses)
    return last if last in map(str, known) else str(known[0]) if known else ""


async def saved(
    request: HTMXRequest,
    outcome: Added | Edited | Unsaved,
    form: Form,
    path: str,
    again: Reshown,
) -> Page:
    """Go on to the document in the list at `path` and forget the draft, or show the form `again` with every fault."""
    if isinstance(outcome, Unsaved):
        why = web.not_saved(request, outcome, form, path)
        return await again(why.form, why.errors, status=why.status)
    await forget_draft(request, form)
    if isinstance(outcome, Added):
        return web.see(f"{path}/{outcome.ids[0]}?done=added")
    return web.see(f"{path}/{outcome.changed[0]}?done=saved")


def steps(
    request: HTMXRequest, path: str, word: str, offers: Iterable[Offer], refused: Mapping[str, str]
) -> list[Step]:
    """What this person can do with the document at `path`: words `<word>.<step>` and `<word>.<step>_effect`.

    A refused step is shown all the same: whoever tried it must read why.
    """
    offered = [offer for offer in offers if not offer.action or request.user.may(offer.action)]
    told = {offer.name for offer in offered}
    language = request.user.language
    return [_step(path, word, offer, refused.get(offer.name, ""), language) for offer in offered] + [
        Step(f"{path}/{name}", words.t(_named(word, name), language), refused=why)
        for name, why in refused.items()
        if name not in told
    ]


def _step(path: str, word: str, offer: Offer, refused: str, language: str) -> Step:
    named = _named(word, offer.name)
    return Step(
        path=f"{path}/{offer.name}",
        label=words.t(named, language),
        effect=words.t(f"{named}_effect", language, **offer.values),
        tone=offer.tone,
        asks=words.t("desk.reason", language) if offer.asks else "",
        refused=refused,
    )


def _named(word: str, step: str) -> str:
    """The word of a step: `rest/back` is `rest_back`, and the number in `excess/7/taking` names nothing."""
    parts = step.replace("-", "_").split("/")
    return f"{word}.{'_'.join(part for part in parts if not part.isdigit())}"


def reason(form: Form) -> str:
    """Why a step is taken, as it was typed."""
    return form.text("reason").strip()[:MAX_REASON]


async def after(
    request: HTMXRequest, outcome: Edited | Refused | Missing, step: str, path: str, again: Shown
) -> Page:
    """After a step: go back to the document at `path`, or show it `again` with the refusal beside the step."""
    match outcome:
        case Refused(faults):
            told = {step: words.t(faults[0].word, request.user.language)}
            return await again(refused=told, status=422)
        case Missing():
            raise NotFoundException(detail=path)
    return web.see(path)


async def warehouses(request: HTMXRequest) -> list[catalog.Warehouse]:
    """Where this person may write documents."""
    return [one for one in await catalog.warehouses() if one.is_active and request.user.reaches(one.id)]


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
        export=f"/exports/{named.prefix}/{named.id}/lines" if named.kind.is_exported else "",
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


async def editor_rows(
    rows: Sequence[tuple[str, ...]], *, columns: Sequence[str] = COLUMNS, blank: int = BLANK_ROWS
) -> list[EditorRow]:
    """Rows to type into: those there are, by `form.rows("lines", *columns)`, and some blank ones."""
    named = [dict(zip(columns, row, strict=False)) for row in rows]
    goods = await reading.goods_of(row["item"] for row in named)
    found = []
    for texts in named:
        typed = Typed(**{name: texts[name] for name in Typed._fields if name in texts})
        if meant := goods.get(typed.item):
            unit = typed.unit or meant.unit or meant.draft.unit
            name, base, units = meant.draft.name, meant.draft.unit, tuple(meant.units)
            found.append(EditorRow(typed._replace(unit=unit), name, base, units, texts))
        else:
            found.append(EditorRow(typed, more=texts))
    return found + [EditorRow(Typed(""))] * blank
