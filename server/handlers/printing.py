"""Labels on the desk: what was asked for and what became of it, the print stations and their printers."""

from typing import get_args

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import clock, ids, web, words
from server.config import settings
from server.printing import job as life
from server.printing import pairing, queries, queueing
from server.printing.label import MEDIA, Language, Subject
from server.printing.layout import Warned
from server.printing.pairing import BACKENDS, DENSITIES, ENCODINGS, PrinterDraft
from server.printing.queries import Wish
from server.web import Form, HTMXRequest, may

MAX_NUMBER = 2**31 - 1
MAX_NAME = 60
PNG = "image/png"


# Jobs


@get("/printing", guards=[may("print labels")])
async def printing(request: HTMXRequest) -> Response[str]:
    """The way in: what is being printed."""
    return web.see("/printing/jobs")


@get("/printing/jobs", guards=[may("print labels")])
async def jobs(
    request: HTMXRequest, show: FromQuery[str] = "open", page: FromQuery[int] = 1
) -> Response[str]:
    """What waits, prints or needs a look; `show=all` for everything."""
    await queueing.let_time_pass()
    is_open = show != "all"
    found = await queries.jobs(is_open=is_open, page=max(1, min(page, MAX_NUMBER)))
    return web.page(
        request, "printing/jobs.html", block="jobs", jobs=found, is_open=is_open, explain=_explainer(request)
    )


@post("/printing/jobs", guards=[may("print labels")])
async def ask(request: HTMXRequest) -> Response[str]:
    """Ask for labels; the browser's `request_id` keeps a double click from asking twice."""
    form = await web.form(request)
    wish = _wish(form, request.user.language)
    request_id = form.text("request_id")[:80] or ids.uuid7()
    outcome = (
        queueing.Refused("malformed")
        if wish is None
        else await queueing.request_label(wish, request_id=request_id, by=request.user.id)
    )
    if isinstance(outcome, queueing.Refused):
        reason = words.t(f"printing.refused.{outcome.reason}", request.user.language)
        return web.page(request, "printing/refused.html", status=422, reason=reason)
    await queueing.prepare(outcome.job)
    return web.see(f"/printing/jobs/{outcome.job}")


@get("/printing/jobs/{job_id:int}", guards=[may("print labels")])
async def job(request: HTMXRequest, job_id: FromPath[int]) -> Response[str]:
    """One job: the label, what happened, how sure we are, and what a person may do about it."""
    await queueing.prepare(_id(job_id))
    return await _job_page(request, job_id)


@get("/printing/jobs/{job_id:int}/picture.png", guards=[may("print labels")])
async def picture(request: HTMXRequest, job_id: FromPath[int]) -> Response[bytes]:
    """The label as it prints."""
    plain, marked = await queries.pictures(_id(job_id))
    if plain is None:
        raise NotFoundException(detail="picture")
    return Response(marked or plain, media_type=PNG, headers={"Cache-Control": "no-store"})


@post("/printing/jobs/{job_id:int}/answer", guards=[may("print labels")])
async def answer(request: HTMXRequest, job_id: FromPath[int]) -> Response[str]:
    """Somebody looked at the printer and says how many labels are there."""
    came_out = (await web.form(request)).whole("came_out")
    return await _decided(
        request, job_id, await queueing.answer(_id(job_id), came_out or 0, by=request.user.id)
    )


@post("/printing/jobs/{job_id:int}/reprint", guards=[may("print labels")])
async def reprint(request: HTMXRequest, job_id: FromPath[int]) -> Response[str]:
    """The whole job once more, every label marked."""
    return await _decided(request, job_id, await queueing.reprint(_id(job_id), by=request.user.id))


@post("/printing/jobs/{job_id:int}/retry", guards=[may("print labels")])
async def retry(request: HTMXRequest, job_id: FromPath[int]) -> Response[str]:
    """Once more what provably did not come out."""
    return await _decided(request, job_id, await queueing.try_again(_id(job_id), by=request.user.id))


@post("/printing/jobs/{job_id:int}/cancellation", guards=[may("print labels")])
async def cancel(request: HTMXRequest, job_id: FromPath[int]) -> Response[str]:
    """No longer wanted."""
    return await _decided(request, job_id, await queueing.cancel(_id(job_id), by=request.user.id))


async def _decided(
    request: HTMXRequest, job_id: int, outcome: life.Job | life.Refused | None
) -> Response[str]:
    if outcome is None:
        raise NotFoundException(detail="job")
    if isinstance(outcome, life.Refused):
        # The label moved on while the person was reading: show how it stands now.
        return await _job_page(request, job_id, refused="printing.refused.moved_on", status=409)
    await queueing.prepare(job_id)
    return web.see(f"/printing/jobs/{job_id}")


async def _job_page(
    request: HTMXRequest, job_id: int, *, refused: str = "", status: int = 200
) -> Response[str]:
    row = await queries.job(_id(job_id))
    if row is None:
        raise NotFoundException(detail="job")
    return web.page(
        request,
        "printing/job.html",
        block="job",
        status=status,
        row=row,
        story=await queries.story(job_id),
        choices=life.choices(row.job),
        is_moving=row.job.state in life.MOVING,
        warnings=msgspec.json.decode(row.warnings, type=list[Warned]),
        refused=refused,
        explain=_explainer(request),
    )


def _explainer(request: HTMXRequest) -> "_Explainer":
    return _Explainer(request.user.language)


class _Explainer(msgspec.Struct, frozen=True):
    """Puts an agent's or the drawing's trouble into words: `overflow: lot L1` has its own sentence."""

    language: str

    def __call__(self, trouble: str) -> str:
        reason, _, detail = trouble.partition(": ")
        key = f"printing.trouble.{reason}"
        return f"{words.t(key, self.language)} {detail}".strip() if words.has(key) else trouble


def _wish(form: Form, language: str) -> Wish | None:
    subjects: dict[str, Subject] = {subject: subject for subject in get_args(Subject)}
    if form.text("subject") not in subjects:
        return None
    return Wish(
        subjects[form.text("subject")],
        item=form.whole("item"),
        location=form.whole("location"),
        lot=form.text("lot").strip()[:60],
        serial=form.text("serial").strip()[:60],
        quantity=form.text("quantity").strip()[:20],
        document=form.text("document").strip()[:40],
        copies=form.whole("copies") or 1,
        printer=form.text("printer"),
        language=_language(language),
    )


def _language(language: str) -> Language:
    return "en" if language == "en" else "zh"


# What a label would look like


@get("/printing/labels/{subject:str}/{file:str}", guards=[may("print labels")])
async def preview(request: HTMXRequest, subject: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """The label of an item, a location or a lot as its printer would print it: `/printing/labels/item/7.png`."""
    number, _, ending = file.partition(".")
    if ending != "png" or not number.isascii() or not number.isdigit() or int(number) > MAX_NUMBER:
        raise NotFoundException(detail=file)
    drawn = await queueing.preview(subject, int(number), _language(request.user.language))
    if drawn is None:
        raise NotFoundException(detail=file)
    return Response(drawn, media_type=PNG, headers={"Cache-Control": "no-store"})


# Stations


@get("/printing/stations", guards=[may("print labels")])
async def stations(request: HTMXRequest) -> Response[str]:
    """The print stations: who is there, since when not, and with which printers."""
    return await _stations_page(request)


@post("/printing/stations", guards=[may("manage stations")])
async def add_station(request: HTMXRequest) -> Response[str]:
    """A new station, to be paired."""
    name = (await web.form(request)).text("name").strip()[:MAX_NAME]
    if not name:
        errors = {"station_name": words.t("printing.wrong.name", request.user.language)}
        return await _stations_page(request, errors=errors, status=422)
    await pairing.add_station(name, by=request.user.id)
    return web.see("/printing/stations")


@post("/printing/stations/{station_id:int}/pairing-code", guards=[may("manage stations")])
async def invite(request: HTMXRequest, station_id: FromPath[int]) -> Response[str]:
    """A code for the agent on that computer, shown once."""
    code = await pairing.invite(_id(station_id), by=request.user.id)
    station = await queries.station(station_id)
    if code is None or station is None:
        raise NotFoundException(detail="station")
    return web.page(
        request, "printing/code.html", status=201, code=code, station=station, origin=settings().origin
    )


@post("/printing/stations/{station_id:int}/revocation", guards=[may("manage stations")])
async def revoke(request: HTMXRequest, station_id: FromPath[int]) -> Response[str]:
    """Lock the agent of a station out."""
    await pairing.revoke(_id(station_id), by=request.user.id)
    return web.see("/printing/stations")


@get("/printing/stations/{station_id:int}/printers/new", guards=[may("manage stations")])
async def new_printer(request: HTMXRequest, station_id: FromPath[int]) -> Response[str]:
    """A form for another printer of a station."""
    values = {"dpi": "203", "backend": "tcp9100", "media": "60x40", "encoding": "z64"}
    return await _printer_page(request, station_id, values, {})


@post("/printing/stations/{station_id:int}/printers", guards=[may("manage stations")])
async def add_printer(request: HTMXRequest, station_id: FromPath[int]) -> Response[str]:
    """Another printer of a station."""
    form = await web.form(request)
    draft = PrinterDraft(
        form.text("name").strip()[:MAX_NAME],
        form.text("backend"),
        form.text("address").strip()[:200],
        form.whole("dpi") or 0,
        form.text("media"),
        form.text("encoding"),
    )
    outcome = await pairing.add_printer(_id(station_id), draft, by=request.user.id)
    if outcome is None:
        raise NotFoundException(detail="station")
    if isinstance(outcome, dict):
        errors = {field: words.t(key, request.user.language) for field, key in outcome.items()}
        return await _printer_page(request, station_id, form.typed(), errors, status=422)
    return web.see("/printing/stations")


async def _printer_page(
    request: HTMXRequest,
    station_id: int,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
) -> Response[str]:
    station = await queries.station(_id(station_id))
    if station is None:
        raise NotFoundException(detail="station")
    return web.page(
        request,
        "printing/printer.html",
        status=status,
        station=station,
        values=values,
        errors=errors,
        media=MEDIA,
        backends=BACKENDS,
        densities=DENSITIES,
        encodings=ENCODINGS,
    )


@post("/printing/printers/{printer_id:int}/default", guards=[may("manage stations")])
async def choose_default(request: HTMXRequest, printer_id: FromPath[int]) -> Response[str]:
    """Where labels go when nobody says where."""
    if await queries.printer(_id(printer_id)) is None:
        raise NotFoundException(detail="printer")
    await pairing.choose_default(printer_id, by=request.user.id)
    return web.see("/printing/stations")


async def _stations_page(
    request: HTMXRequest, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response[str]:
    await pairing.ensure_first_station()
    found = await queries.stations()
    return web.page(
        request,
        "printing/stations.html",
        block="stations",
        status=status,
        stations=found,
        printers={station.id: await queries.printers(station.id) for station in found},
        now=clock.now(),
        errors=errors or {},
    )


def _id(number: int) -> int:
    if not 0 < number <= MAX_NUMBER:
        raise NotFoundException(detail=str(number))
    return number


routes = [
    printing,
    jobs,
    ask,
    job,
    picture,
    answer,
    reprint,
    retry,
    cancel,
    preview,
    stations,
    add_station,
    invite,
    revoke,
    new_printer,
    add_printer,
    choose_default,
]
