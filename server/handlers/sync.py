"""The device protocol over HTTP: enrol, push, pull, digest, sign in (spec stockhand-sync/1)."""

import asyncio
import gzip
import zlib
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post, put
from litestar.exceptions import (
    ClientException,
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
)
from litestar.params import FromPath, FromQuery, QueryParameter

from server import clock, feed
from server.outbound import delivering
from server.people import authenticating
from server.sync import enrolling, envelope, losing, page, queries, reconciling, snapshotting, wire
from server.sync.queries import Device
from server.web import problem

Incarnation = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")]
JSON = "application/json"
DEVICE_ROUTE = {"device": True}
GZIP = b"\x1f\x8b"
ZIP_FROM = 4096


class Enrol(msgspec.Struct):
    """What a new device says."""

    token: Annotated[str, msgspec.Meta(max_length=200)]
    name: Annotated[str, msgspec.Meta(max_length=200)]
    incarnation: Incarnation


class NewIncarnation(msgspec.Struct):
    """A device whose operation store was made anew."""

    incarnation: Incarnation
    lost: msgspec.Raw = msgspec.Raw(b"null")


class SignIn(msgspec.Struct):
    """A badge as scanned, and the PIN typed."""

    badge: Annotated[str, msgspec.Meta(max_length=200)]
    pin: Annotated[str, msgspec.Meta(max_length=20)]


@post("/sync/enrol", opt={"public": True}, status_code=200)
async def enrol(request: Request[Any, Any, Any]) -> Response[Any]:
    """Let a device in by its one-time token."""
    asked = _decoded(await request.body(), Enrol)
    match await enrolling.enrol(asked.token, asked.name, asked.incarnation):
        case enrolling.Refused(reason):
            return problem(403, "this invitation is used up, expired or unknown", {"reason": reason})
        case enrolled:
            return _json(enrolled)


@post("/sync/incarnation", opt=DEVICE_ROUTE, status_code=200)
async def incarnation(request: Request[Any, Any, Any]) -> Response[Any]:
    """Begin a new numbering; tells how far the earlier ones were acknowledged."""
    device = await _device(request)
    asked = _decoded(await request.body(), NewIncarnation)
    if (lost := losing.read(asked.lost)) is not None:
        await losing.report(device, lost)
    await enrolling.begin_incarnation(device.id, asked.incarnation)
    head = await feed.head()
    return _json({"generation": head.generation, "incarnations": await queries.acknowledged(device.id)})


@post("/sync/push", opt=DEVICE_ROUTE, status_code=200)
async def push(request: Request[Any, Any, Any]) -> Response[Any]:
    """Take a batch of operations; every one gets its own verdict."""
    device = await _device(request)
    return await _take(request, device, quarantine=False)


@post("/sync/quarantine", opt=DEVICE_ROUTE, status_code=200)
async def quarantine(request: Request[Any, Any, Any]) -> Response[Any]:
    """What a revoked device still holds: kept for a person to decide, nothing of it takes effect by itself."""
    device = await _device(request, revoked=True)
    return await _take(request, device, quarantine=device.is_revoked)


async def _take(request: Request[Any, Any, Any], device: Device, *, quarantine: bool) -> Response[Any]:
    body = _inflated(request, await request.body())
    if body is None:
        return problem(413, "send smaller batches", {"max_bytes": wire.MAX_BODY})
    try:
        asked = envelope.read(body, clock.now())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return problem(400, f"not a push: {error}")
    if asked.push.device != device.wire_id:
        return problem(403, "the token belongs to another device")
    if len(asked.operations) > wire.MAX_OPERATIONS:
        return problem(413, "send smaller batches", {"max_operations": wire.MAX_OPERATIONS})
    if quarantine:
        asked = envelope.quarantined(asked)
    match await reconciling.reconcile(asked, device):
        case reconciling.Conflict(reason, generation, ack):
            return problem(409, reason, {"reason": reason, "generation": generation, "ack": ack})
        case answer:
            return _json(answer)


@get("/sync/pull", opt=DEVICE_ROUTE)
async def pull(
    request: Request[Any, Any, Any],
    cursor: FromQuery[int] = 0,
    limit: FromQuery[int] = page.DEFAULT_ROWS,
    generation: FromQuery[int | None] = None,
    subscription: FromQuery[int | None] = None,
) -> Response[Any]:
    """A page of the feed beyond the cursor."""
    device = await _device(request)
    rows = max(1, min(limit, page.MAX_ROWS))
    # A cursor may be any number; the database's end at 64 bits.
    start = max(0, min(cursor, 1 << 62))
    if start == 0 and device.told != device.subscription:
        await enrolling.tell_subscription(device.id, device.subscription)
    beyond = await feed.beyond(device.scopes, start, rows + 1)
    if page.must_reset(cursor, beyond.head, generation, subscription, device.told, device.subscription):
        return _json(page.reset(beyond.head, device.subscription))
    told = page.page(beyond.lines, rows, beyond.head, start, device.subscription, beyond.digests)
    return await _zipped(request, told)


@get("/sync/digest", opt=DEVICE_ROUTE)
async def digest(
    request: Request[Any, Any, Any],
    of: Annotated[str, QueryParameter(name="scope")],
    part: FromQuery[int | None] = None,
) -> Response[Any]:
    """What a scope adds up to in 256 parts; with `part`, the rows of that part."""
    device = await _device(request)
    if of not in device.scopes:
        raise PermissionDeniedException(detail="not a scope of this device")
    if part is not None:
        return _json({"protocol": wire.PROTOCOL, "rows": page.of_part(await feed.live_rows(of), part)})
    head = await feed.head()
    return _json({"protocol": wire.PROTOCOL, "scope": of, "cursor": head.seq,
                  "parts": page.parts(await feed.live_rows(of))})  # fmt: skip


@post("/sync/session", opt=DEVICE_ROUTE, status_code=200)
async def session(request: Request[Any, Any, Any]) -> Response[Any]:
    """Badge and PIN on a device: who uses it from now on."""
    device = await _device(request)
    asked = _decoded(await request.body(), SignIn)
    address = request.client.host if request.client else ""
    match await authenticating.authenticate_badge(asked.badge, asked.pin, address=address):
        case authenticating.Recognised(person=person_id):
            user = await enrolling.hand_over(device.id, person_id)
            return _json({"user": user, "key": await enrolling.proof_key(device, person_id)})
        case outcome:
            return _not_recognised(outcome)


@post("/sync/proof", opt=DEVICE_ROUTE, status_code=200)
async def prove(request: Request[Any, Any, Any]) -> Response[Any]:
    """Badge and PIN of a second person on a device that somebody else goes on using: what they may seal with."""
    device = await _device(request)
    asked = _decoded(await request.body(), SignIn)
    address = request.client.host if request.client else ""
    match await authenticating.authenticate_badge(asked.badge, asked.pin, address=address):
        case authenticating.Recognised(person=person_id):
            user = await enrolling.prover(person_id)
            return _json({"user": user, "key": await enrolling.proof_key(device, person_id)})
        case outcome:
            return _not_recognised(outcome)


def _not_recognised(outcome: object) -> Response[Any]:
    match outcome:
        case authenticating.Locked(until=until):
            return problem(423, "locked", {"reason": "locked", "until": until // 1000})
        case authenticating.TooMany(wait_s=wait_s):
            return problem(429, "too many tries", {"reason": "too_many", "wait_s": wait_s})
    return problem(401, "wrong badge or PIN", {"reason": "wrong"})


@put("/sync/files/{digest:str}", opt=DEVICE_ROUTE, status_code=200)
async def file(request: Request[Any, Any, Any], digest: FromPath[str]) -> Response[Any]:
    """A signature or photo that an operation of this device named; sending it twice keeps it once."""
    device = await _device(request)
    if int(request.headers.get("content-length") or 0) > delivering.MAX_FILE:
        return problem(413, "this picture is too large", {"max_bytes": delivering.MAX_FILE})
    match await delivering.keep(device.id, digest, await request.body()):
        case delivering.NotKept(reason="not_awaited"):
            return problem(404, "no operation of this device names it yet", {"reason": "not_awaited"})
        case delivering.NotKept(reason=reason):
            return problem(422, "these bytes cannot be kept", {"reason": reason})
    return _json({"protocol": wire.PROTOCOL, "kept": digest})


@get("/sync/snapshot", opt=DEVICE_ROUTE)
async def snapshot(request: Request[Any, Any, Any]) -> Response[Any]:
    """Which files hold everything this device may see, and the feed number they stand at."""
    device = await _device(request)
    if device.told != device.subscription:
        await enrolling.tell_subscription(device.id, device.subscription)
    return _json(await snapshotting.manifest(device.scopes, device.subscription))


@get("/sync/snapshot/{of:str}/{name:str}", opt=DEVICE_ROUTE)
async def snapshot_file(
    request: Request[Any, Any, Any], of: FromPath[str], name: FromPath[str]
) -> Response[Any]:
    """One file of a snapshot; it never changes, so it may be fetched again from where it broke off."""
    device = await _device(request)
    if of not in device.scopes:
        raise PermissionDeniedException(detail="not a scope of this device")
    data = await snapshotting.content(of, name)
    if data is None:
        raise NotFoundException(detail="this snapshot has been replaced; ask for the manifest again")
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    if data[:2] == GZIP:
        return Response(data, media_type=JSON, headers=headers | {"Content-Encoding": "gzip"})
    return Response(data, media_type="application/octet-stream", headers=headers)


async def _device(request: Request[Any, Any, Any], *, revoked: bool = False) -> Device:
    device = await queries.device_by_bearer(request.headers.get("authorization", ""))
    if device is None:
        raise NotAuthorizedException(detail="this device is not known here")
    if device.is_revoked and not revoked:
        raise PermissionDeniedException(detail="this device is revoked", extra={"reason": "revoked"})
    return device


def _inflated(request: Request[Any, Any, Any], body: bytes) -> bytes | None:
    """The body as it was before compression; None when it is too large, however small it came."""
    if "gzip" in request.headers.get("content-encoding", ""):
        try:
            inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            body = inflater.decompress(body, wire.MAX_BODY + 1)
            if inflater.unconsumed_tail or not inflater.eof:
                return None if len(body) > wire.MAX_BODY else b""
        except zlib.error as error:
            raise ClientException(detail=f"broken gzip: {error}") from error
    return body if len(body) <= wire.MAX_BODY else None


def _decoded(body: bytes, shape: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise ClientException(detail=str(error)) from error


async def _zipped(request: Request[Any, Any, Any], value: Any) -> Response[bytes]:
    """Rows, small on the way where the other side can read that: a phone's line is slower than its processor."""
    answer = _json(value)
    if len(answer.content) < ZIP_FROM or "gzip" not in request.headers.get("accept-encoding", ""):
        return answer
    data = await asyncio.to_thread(gzip.compress, answer.content, 5, mtime=0)
    return Response(data, media_type=JSON, headers=answer.headers | {"Content-Encoding": "gzip"})


def _json(value: Any) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type=JSON, headers={"Cache-Control": "no-store"})


routes = [
    enrol, incarnation, push, quarantine, pull, digest, session, prove, file, snapshot, snapshot_file,
]  # fmt: skip
