"""Print agents over HTTP: pair, ask for work, claim, fetch, report (print_agent/wire.py)."""

from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import ClientException, NotAuthorizedException
from litestar.params import FromPath, FromQuery

from print_agent import wire
from server.printing import pairing, queueing
from server.printing.queries import Station
from server.web import problem

JSON = "application/json"
STATION_ROUTE = {"device": True}
LONGEST_WAIT_S = 30
MAX_BODY = 16 * 1024
KINDS = {"png": "image/png", "zpl": "application/zpl"}

T = TypeVar("T")


@post("/print/pair", opt={"public": True}, status_code=200, request_max_body_size=MAX_BODY)
async def pair(request: Request[Any, Any, Any]) -> Response[Any]:
    """Swap a pairing code for a station's key."""
    asked = await _read(request, wire.Pairing)
    paired = await pairing.pair(asked.code, asked.name)
    if paired is None:
        return problem(404, "this pairing code is used up, expired or unknown")
    return _json(wire.Paired(f"s-{paired.station.id}", paired.key, paired.station.name))


@get("/print/jobs", opt=STATION_ROUTE)
async def offers(
    request: Request[Any, Any, Any], wait: FromQuery[int] = 0, token: FromQuery[str] = ""
) -> Response[Any]:
    """What this station may take; the question stays open until there is something, or for `wait` seconds."""
    station = await _station(request)
    found = await queueing.wait_for_offers(station.id, token, max(0, min(wait, LONGEST_WAIT_S)))
    return _json(wire.Offers(found))


@post("/print/jobs/{name:str}/claim", opt=STATION_ROUTE, status_code=200, request_max_body_size=MAX_BODY)
async def claim(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[Any]:
    """Take a job for a minute, or hold on to it."""
    station = await _station(request)
    return _answer(await queueing.claim(station.id, _number(name), await _read(request, wire.Taking)))


@get("/print/jobs/{name:str}/payload", opt=STATION_ROUTE)
async def payload(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    attempt: FromQuery[int],
    token: FromQuery[str],
    copy: FromQuery[int],
    language: FromQuery[wire.Language],
) -> Response[Any]:
    """One label of a claimed job, as its printer reads it."""
    station = await _station(request)
    outcome = await queueing.payload(
        station.id, _number(name), attempt=attempt, token=token, copy=copy, language=language
    )
    if isinstance(outcome, queueing.Refused):
        return _answer(outcome)
    return Response(outcome, media_type=KINDS[language], headers={"Cache-Control": "no-store"})


@post("/print/jobs/{name:str}/report", opt=STATION_ROUTE, status_code=200, request_max_body_size=MAX_BODY)
async def report(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[Any]:
    """Hear how far a job has come; the answer says whether to go on."""
    station = await _station(request)
    return _answer(await queueing.report(station.id, _number(name), await _read(request, wire.Report)))


async def _station(request: Request[Any, Any, Any]) -> Station:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    station = await pairing.recognise(key) if scheme == "Bearer" and key else None
    if station is None:
        raise NotAuthorizedException(detail="this station is not known here, or its key was revoked")
    return station


async def _read(request: Request[Any, Any, Any], kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.DecodeError as error:
        raise ClientException(detail=str(error)) from error


def _number(name: str) -> int:
    """The number in `j-12`; 0, which no job has, for anything else."""
    prefix, _, digits = name.partition("-")
    return int(digits) if prefix == "j" and digits.isascii() and digits.isdigit() and len(digits) < 16 else 0


def _answer(outcome: msgspec.Struct) -> Response[Any]:
    if isinstance(outcome, queueing.Refused):
        return problem(404 if outcome.reason == "unknown_job" else 409, outcome.reason)
    return _json(outcome)


def _json(body: msgspec.Struct) -> Response[Any]:
    return Response(msgspec.json.encode(body), media_type=JSON, headers={"Cache-Control": "no-store"})


routes = [pair, offers, claim, payload, report]
