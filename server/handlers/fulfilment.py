"""Goods out on the desk: notices and waves, what is picked, packed, checked and shipped of them."""

from collections.abc import Mapping

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import clock, desk, web, words
from server.catalog.maintaining import Missing
from server.desk import Offer, Step
from server.outbound import (
    delivering,
    following,
    notice,
    packing,
    releasing,
    shipping,
    surveying,
    waving,
)
from server.outbound.following import Standing
from server.outbound.ordering import By
from server.outbound.releasing import NotNow
from server.sync import dispatching
from server.web import HTMXRequest, may

PATH = "/outbound/notices"

STEPS: dict[str, tuple[str, frozenset[str]]] = {
    "release": ("release notices", frozenset({"waiting"})),
    "picking": ("move stock", notice.TO_PICK),
    "cartons": ("move stock", notice.LIVE),
    "packing": ("move stock", frozenset({"picked"})),
    "check": ("move stock", frozenset({"picked", "packed"})),
    "shipment": ("move stock", frozenset({"picked", "packed", "checked"})),
    "delivery": ("move stock", frozenset({"shipped"})),
    "refusal": ("move stock", frozenset({"shipped"})),
    "replacement": ("release notices", notice.LIVE),
    "handing-over": ("release notices", notice.TO_PICK),
    "short-closing": ("release notices", notice.TO_PICK),
    "cancellation": ("release notices", notice.LIVE | {"waiting"}),
}
"""What can be done with a notice: who may, and in which states it is offered."""

SAID = STEPS.keys() | {"sealing", "reopening"}
"""What a page says was done: a carton is sealed or opened beside its own row."""

ASKS = frozenset({"refusal", "short-closing", "cancellation"})
"""Steps that want a reason."""


@get(PATH, guards=[may("see notices")])
async def notices(request: HTMXRequest) -> Response[str]:
    """Notices, by filters that stay."""
    view = await desk.view(request, notice.STATES, surveying.SORTS)
    seen = request.user.warehouses
    found, counts = (
        await surveying.list_notices(view.filters, seen),
        await surveying.count_notices(view.filters, seen),
    )
    return web.page(
        request,
        "outbound/notices.html",
        block="list",
        view=view,
        found=found,
        counts=counts,
        kinds=waving.KINDS,
        warehouses=await desk.warehouses(request),
    )


@get(f"{PATH}/{{notice_id:int}}", guards=[may("see notices")])
async def notice_page(
    request: HTMXRequest, notice_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One notice: its lines, where they are picked, its cartons, and what can be done now."""
    return await _page(request, notice_id, done=done if done in SAID else "")


@post(f"{PATH}/{{notice_id:int}}/release", guards=[may("release notices")])
async def release(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """Let it be picked."""
    outcome = await releasing.release([web.known_id(notice_id)], by=_by(request))
    return await _went(request, notice_id, outcome or NotNow(("state",)), "release")


@post(f"{PATH}/{{notice_id:int}}/picking", guards=[may("move stock")])
async def pick(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """All of it was taken into a tote, from paper."""
    tote = await _place(request, "tote")
    outcome = await dispatching.pick(web.known_id(notice_id), tote, by=_by(request))
    return await _went(request, notice_id, outcome, "picking")


@post("/outbound/cartons", guards=[may("print labels")])
async def label_ahead(request: HTMXRequest) -> Response[str]:
    """Labels of cartons that belong to no notice yet: whoever scans one while packing uses it, offline too."""
    form = await web.form(request)
    outcome = await dispatching.label_cartons(
        form.whole("warehouse") or 0, form.whole("count") or 0, by=_by(request)
    )
    match outcome:
        case Missing():
            raise NotFoundException(detail="warehouse")
        case NotNow(reasons):
            message = _why_not(request, reasons)
            return web.page(request, "documents/refused.html", status=422, message=message, back=PATH)
    return web.see("/printing/jobs")


@post(f"{PATH}/{{notice_id:int}}/cartons", guards=[may("move stock")])
async def open_carton(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """Another carton for it."""
    outcome = await packing.open_carton(web.known_id(notice_id), by=_by(request))
    return await _went(request, notice_id, outcome, "cartons")


@post(f"{PATH}/{{notice_id:int}}/cartons/{{carton_id:int}}/sealing", guards=[may("move stock")])
async def seal(request: HTMXRequest, notice_id: FromPath[int], carton_id: FromPath[int]) -> Response[str]:
    """A carton is closed, with what it weighs and measures."""
    form = await web.form(request)
    size = packing.measured(form.text("weight"), form.text("size"))
    outcome = await packing.seal(web.known_id(carton_id), size, by=_by(request), notice_id=notice_id)
    return await _went(request, notice_id, outcome, "sealing")


@post(f"{PATH}/{{notice_id:int}}/cartons/{{carton_id:int}}/reopening", guards=[may("move stock")])
async def reopen(request: HTMXRequest, notice_id: FromPath[int], carton_id: FromPath[int]) -> Response[str]:
    """It is opened again: what changes in it has to be checked anew."""
    outcome = await packing.reopen(web.known_id(carton_id), by=_by(request), notice_id=notice_id)
    return await _went(request, notice_id, outcome, "reopening")


@post(f"{PATH}/{{notice_id:int}}/packing", guards=[may("move stock")])
async def pack(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """All that was picked went into this carton."""
    carton = await _place(request, "carton")
    outcome = await dispatching.pack(web.known_id(notice_id), carton, by=_by(request))
    return await _went(request, notice_id, outcome, "packing")


@post(f"{PATH}/{{notice_id:int}}/check", guards=[may("move stock")])
async def check(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """Everything in the cartons is as it should be."""
    outcome = await dispatching.check(web.known_id(notice_id), by=_by(request))
    return await _went(request, notice_id, outcome, "check")


@post(f"{PATH}/{{notice_id:int}}/shipment", guards=[may("move stock")])
async def ship(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """It left."""
    form = await web.form(request)
    outcome = await dispatching.ship(
        web.known_id(notice_id),
        form.text("carrier").strip()[:100],
        form.text("tracking").strip()[:100],
        today=clock.today(),
        by=_by(request),
    )
    return await _went(request, notice_id, outcome, "shipment")


@post(f"{PATH}/{{notice_id:int}}/delivery", guards=[may("move stock")])
async def deliver(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """The customer has it."""
    outcome = await shipping.confirm_delivery(web.known_id(notice_id), "delivered", by=_by(request))
    return await _went(request, notice_id, outcome, "delivery")


@post(f"{PATH}/{{notice_id:int}}/refusal", guards=[may("move stock")])
async def refuse(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """The customer did not take it in."""
    reason = desk.reason(await web.form(request))
    outcome = await shipping.confirm_delivery(
        web.known_id(notice_id), "refused", reason=reason, by=_by(request)
    )
    return await _went(request, notice_id, outcome, "refusal")


@post(f"{PATH}/{{notice_id:int}}/replacement", guards=[may("release notices")])
async def replace(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """What may not leave any more goes back, and another lot is picked instead."""
    outcome = await releasing.replace(web.known_id(notice_id), by=_by(request))
    return await _went(request, notice_id, outcome, "replacement")


@post(f"{PATH}/{{notice_id:int}}/handing-over", guards=[may("release notices")])
async def hand_over(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """Whoever has it lets others go on."""
    outcome = await releasing.leave([web.known_id(notice_id)], by=_by(request))
    return await _went(request, notice_id, outcome, "handing-over")


@post(f"{PATH}/{{notice_id:int}}/short-closing", guards=[may("release notices")])
async def close_short(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """Pick no more of it."""
    outcome = await releasing.close_short(
        web.known_id(notice_id), reason=desk.reason(await web.form(request)), by=_by(request)
    )
    return await _went(request, notice_id, outcome, "short-closing")


@post(f"{PATH}/{{notice_id:int}}/cancellation", guards=[may("release notices")])
async def cancel(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """Take it back."""
    outcome = await releasing.cancel(
        web.known_id(notice_id), reason=desk.reason(await web.form(request)), by=_by(request)
    )
    return await _went(request, notice_id, outcome, "cancellation")


async def _place(request: HTMXRequest, field: str) -> int:
    """The chosen tote or carton; a number that no place has is refused like any other wrong one."""
    return min((await web.form(request)).whole(field) or 0, 2**31 - 1)


def _by(request: HTMXRequest) -> By:
    return By(request.user.id, warehouses=request.user.warehouses)


async def _went(request: HTMXRequest, notice_id: int, outcome: object, step: str) -> Response[str]:
    """Look at what was done, or at why not beside the step that asked for it."""
    match outcome:
        case Missing():
            raise NotFoundException(detail="notice")
        case NotNow(reasons):
            return await _page(request, notice_id, refused={step: _why_not(request, reasons)}, status=422)
    return web.see(f"{PATH}/{notice_id}?done={step}")


def _why_not(request: HTMXRequest, reasons: tuple[str, ...]) -> str:
    return " ".join(words.t(f"fulfilment.refused.{why}", request.user.language) for why in reasons)


async def _page(
    request: HTMXRequest,
    notice_id: int,
    *,
    done: str = "",
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    found = await following.gather([web.known_id(notice_id)])
    if not found or not request.user.reaches(found[0].notice.warehouse):
        raise NotFoundException(detail="notice")
    standing = found[0]
    one = standing.notice
    return web.page(
        request,
        "outbound/notice.html",
        status=status,
        notice=one,
        lines=await surveying.shown_lines(one.id),
        pinned=standing.pinned,
        places=await surveying.places(pinned.location for pinned in standing.pinned),
        cartons=(await surveying.cartons([one.id])).get(one.id, []),
        inside=await surveying.contents(standing.story.contents),
        relabel=standing.void_labels,
        back=await surveying.going_back(standing.put_backs()),
        spoiled=sorted(lot for _, lot in standing.spoiled),
        instead=await surveying.instead_of(await following.replacement(standing)),
        totes=await surveying.totes(one.warehouse),
        people=await surveying.people_of(one.warehouse) if request.user.may("release notices") else [],
        next=standing.next,
        looks=await surveying.looks(one.id),
        counting=standing.checked_by,
        contents={place: notice.digest(inside) for place, inside in standing.story.contents.items()},
        doors=await delivering.of_notice(one.id),
        is_live=one.state in notice.LIVE,
        steps=_steps(request, standing, refused or {}),
        refused=refused or {},
        about=await desk.about(request, "fulfilment", one.document),
        done=done,
    )


IN_FORMS = frozenset({"picking", "packing", "shipment"})
"""Steps that want more than a reason: the page has forms of their own for them."""


def _steps(request: HTMXRequest, standing: Standing, refused: Mapping[str, str]) -> list[Step]:
    """What this person can do with the notice now by one button."""
    one = standing.notice
    named = {name for name, (_, states) in STEPS.items() if one.state in states} | refused.keys()
    following_step = standing.next
    if following_step != "check":
        named -= {"check"} - refused.keys()
    if following_step == "pick" or (one.state in notice.TO_PICK and not standing.steps.packs):
        named -= {"cartons"} - refused.keys()
    if not standing.spoiled or one.replaces:
        named -= {"replacement"} - refused.keys()
    if one.delivery:
        named -= {"delivery", "refusal"} - refused.keys()
    if not one.taken_by:
        named -= {"handing-over"} - refused.keys()
    offered = [
        Offer(name, action, tone="danger" if name in ASKS else "", asks=name in ASKS)
        for name, (action, _) in STEPS.items()
        if name in named - IN_FORMS
    ]
    told = {name: why for name, why in refused.items() if name in STEPS and name not in IN_FORMS}
    return desk.steps(request, f"{PATH}/{one.id}", "fulfilment.step", offered, told)


routes = [
    notices, notice_page, release, pick, label_ahead, open_carton, seal, reopen, pack, check, ship, deliver, refuse,
    replace, hand_over, close_short, cancel,
]  # fmt: skip
