"""Waves on the desk: proposed ones with the metres they save, their totes, and who picks them."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, web, words
from server.catalog import queries as catalog
from server.catalog.barcode import code_key
from server.catalog.maintaining import Missing
from server.desk import Offer
from server.outbound import releasing, surveying, waving
from server.outbound.doer import By
from server.outbound.releasing import NotNow
from server.web import Form, HTMXRequest, may

WAVES = "/outbound/waves"
DONE = ("tote", "taker")


@get(WAVES, guards=[may("see notices")])
async def waves(request: HTMXRequest) -> Response[str]:
    """Waves, the newest first, by filters that stay."""
    return await _list(request)


async def _list(request: HTMXRequest, *, refused: str = "", status: int = 200) -> Response[str]:
    view = await desk.view(request, surveying.WAVE_STATES, ())
    seen = request.user.warehouses
    return web.page(
        request,
        "outbound/waves.html",
        block="list",
        status=status,
        view=view,
        found=await surveying.list_waves(view.filters, seen),
        counts=await surveying.count_waves(view.filters, seen),
        refused=refused,
    )


@get(f"{WAVES}/proposals", guards=[may("release notices")])
async def proposals(request: HTMXRequest) -> Response[str]:
    """What waits to be picked, put together where that saves metres."""
    mine = [
        place.id for place in await catalog.warehouses() if place.is_active and request.user.reaches(place.id)
    ]
    return web.page(request, "outbound/proposals.html", found=await waving.propose(mine), refused="")


@post(WAVES, guards=[may("release notices")])
async def group(request: HTMXRequest) -> Response[str]:
    """Let the chosen notices be picked together."""
    form = await web.form(request)
    outcome: Any = await waving.group(_chosen(form), form.text("kind"), by=_by(request))
    match outcome:
        case Missing():
            return await _list(
                request,
                refused=words.t("fulfilment.refused.nothing_chosen", request.user.language),
                status=422,
            )
        case NotNow(reasons):
            return await _list(request, refused=_why_not(request, reasons), status=422)
    return web.see(f"{WAVES}/{outcome.id}")


def _chosen(form: Form) -> list[int]:
    typed = [*form.all("notice"), *form.all("notice[]")]
    chosen = [web.known_id(int(each)) for each in typed if each.isascii() and each.isdigit()]
    return chosen[: waving.MAX_NOTICES + 1]


@get(f"{WAVES}/{{wave_id:int}}", guards=[may("see notices")])
async def wave_page(request: HTMXRequest, wave_id: FromPath[int], done: FromQuery[str] = "") -> Response[str]:
    """One wave: its notices with their totes, its zones, who picks it, and the metres it saves."""
    return await _page(request, wave_id, done=done if done in DONE else "")


@post(f"{WAVES}/{{wave_id:int}}/totes", guards=[may("move stock")])
async def put_on(request: HTMXRequest, wave_id: FromPath[int]) -> Response[str]:
    """A scanned tote stands on the named place of the trolley, or on the next free one."""
    form = await web.form(request)
    code, position = code_key(form.text("tote").strip()), form.whole("position") or 0
    outcome = await waving.put_on(web.known_id(wave_id), code, position=position, by=_by(request))
    return await _went(request, wave_id, outcome, "tote")


@post(f"{WAVES}/{{wave_id:int}}/totes/{{position:int}}/removal", guards=[may("move stock")])
async def take_off(request: HTMXRequest, wave_id: FromPath[int], position: FromPath[int]) -> Response[str]:
    """Another tote may stand there."""
    outcome = await waving.take_off(web.known_id(wave_id), web.known_id(position), by=_by(request))
    return await _went(request, wave_id, outcome, "tote")


@post(f"{WAVES}/{{wave_id:int}}/taker", guards=[may("release notices")])
async def assign_wave(request: HTMXRequest, wave_id: FromPath[int]) -> Response[str]:
    """This person picks the wave; nobody: the task is free again."""
    person = min((await web.form(request)).whole("person") or 0, 2**31 - 1)
    ids = [one.id for one in await surveying.notices_of_wave(web.known_id(wave_id))]
    outcome = await releasing.assign(ids, person, by=_by(request))
    return await _went(request, wave_id, outcome, "taker")


@post("/outbound/notices/{notice_id:int}/taker", guards=[may("release notices")])
async def assign_notice(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """This person picks the notice; nobody: the task is free again."""
    person = min((await web.form(request)).whole("person") or 0, 2**31 - 1)
    match await releasing.assign([web.known_id(notice_id)], person, by=_by(request)):
        case Missing():
            raise NotFoundException(detail="notice")
        case NotNow():
            return web.see(f"/outbound/notices/{notice_id}")
    return web.see(f"/outbound/notices/{notice_id}?done=taker")


@post(f"{WAVES}/{{wave_id:int}}/dissolution", guards=[may("release notices")])
async def dissolve(request: HTMXRequest, wave_id: FromPath[int]) -> Response[str]:
    """Let its notices be picked one by one again."""
    outcome = await waving.dissolve(web.known_id(wave_id), by=_by(request))
    return await _went(request, wave_id, outcome, "dissolution")


async def _went(request: HTMXRequest, wave_id: int, outcome: object, step: str) -> Response[str]:
    match outcome:
        case Missing():
            raise NotFoundException(detail="wave")
        case NotNow(reasons):
            return await _page(request, wave_id, refused={step: _why_not(request, reasons)}, status=422)
    return web.see(f"{WAVES}/{wave_id}?done={step}")


def _by(request: HTMXRequest) -> By:
    return By(request.user.id, warehouses=request.user.warehouses)


def _why_not(request: HTMXRequest, reasons: tuple[str, ...]) -> str:
    return " ".join(words.t(f"fulfilment.refused.{why}", request.user.language) for why in reasons)


async def _page(
    request: HTMXRequest,
    wave_id: int,
    *,
    done: str = "",
    refused: dict[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    one = await surveying.wave(web.known_id(wave_id), request.user.warehouses)
    if one is None:
        raise NotFoundException(detail="wave")
    told = {name: why for name, why in (refused or {}).items() if name == "dissolution"}
    is_offered = told or one.shown_state == "open"
    offered = [Offer("dissolution", "release notices", "danger")] if is_offered else []
    return web.page(
        request,
        "outbound/wave.html",
        status=status,
        wave=one,
        notices=await surveying.notices_of_wave(one.id),
        totes={each.notice: each for each in await surveying.wave_totes(one.id)},
        people=await surveying.people_of(one.warehouse) if request.user.may("release notices") else [],
        zones=await waving.by_zone(one.id),
        steps=desk.steps(request, f"{WAVES}/{one.id}", "fulfilment.step", offered, told),
        refused=refused or {},
        about=await desk.about(request, "fulfilment", f"wv-{one.id}"),
        done=done,
    )


routes = [
    waves, proposals, group, wave_page, put_on, take_off, assign_wave, assign_notice, dissolve,
]  # fmt: skip
