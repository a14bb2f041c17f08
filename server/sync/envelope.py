"""Reading a push: each operation by itself, so that one malformed one refuses nobody else."""

import json
import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server import canonical
from server.sync import wire

MILLISECOND = 1000
QUARTER = 15 * 60 * 1_000_000
WARN_AHEAD = 2 * 60 * 1_000_000
DOUBT_AHEAD = 10 * 60 * 1_000_000

_ODD_ESCAPES = rb"(?<!\\)((?:\\\\)*)"
"""What may stand before an escape that is one: no backslash, or pairs of them."""

_HALF = re.compile(
    _ODD_ESCAPES
    + rb"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_ZERO = re.compile(_ODD_ESCAPES + rb"\\u0000")


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """One operation as far as it could be read; `fault` says why no further."""

    n: int | None
    id: str
    digest: str
    body: bytes
    operation: wire.Operation | None
    args: Any = None
    fault: str | None = None


class ReadPush(msgspec.Struct, frozen=True):
    """A push with its operations read."""

    push: wire.Push
    batch: str
    operations: list[Parsed]
    received_at: int


def read(body: bytes, received_at: int) -> ReadPush:
    """Read a push body; raises msgspec.DecodeError only when the envelope itself is not a push."""
    push = _envelope(body)
    return ReadPush(push, canonical.digest(body), [parse(bytes(raw)) for raw in push.operations], received_at)


def _envelope(body: bytes) -> wire.Push:
    """The envelope; browsers may write half a character (`\\ud800`), which must cost only its own operation."""
    try:
        return wire.PUSH.decode(body)
    except msgspec.DecodeError:
        mended = _HALF.sub(lambda found: found[1] + (found[2] or b"\\u0000"), body)
        if mended == body:
            raise
        return wire.PUSH.decode(mended)


def parse(raw: bytes) -> Parsed:
    """Read one operation as far as it can be read."""
    try:
        plain = wire.PLAIN.decode(raw)
        body = canonical.encode(plain)
    except (msgspec.MsgspecError, UnicodeError, OverflowError, RecursionError):
        return _unreadable(raw)
    digest = canonical.digest(body)
    n, name = _number_and_name(plain)
    if len(raw) > wire.MAX_OPERATION:
        return Parsed(n, name, digest, body, None, fault="too_large")
    # PostgreSQL keeps no zero characters, and nobody means one.
    if b"\\u0000" in body and _ZERO.search(body):
        return Parsed(n, name, digest, body, None, fault="malformed")
    try:
        operation = wire.OPERATION.decode(raw)
        if operation.kind not in wire.KINDS:
            return Parsed(n, name, digest, body, operation, fault="unknown_kind")
        decoder = wire.DECODERS.get(operation.kind)
        if decoder is None:
            return Parsed(n, name, digest, body, operation, fault="not_available")
        return Parsed(n, name, digest, body, operation, decoder.decode(operation.args))
    except msgspec.ValidationError:
        return Parsed(n, name, digest, body, None, fault="malformed")


def _unreadable(raw: bytes) -> Parsed:
    """JSON that has no canonical form: kept as it came, under its number if that much can be read."""
    try:
        n, name = _number_and_name(json.loads(raw))
    except (ValueError, RecursionError):
        n, name = None, ""
    body = raw.decode("utf-8", "replace").encode()
    return Parsed(n, name, canonical.digest(raw), body, None, fault="malformed")


def _number_and_name(plain: Any) -> tuple[int | None, str]:
    if not isinstance(plain, dict):
        return None, ""
    n, name = plain.get("n"), plain.get("id")
    number = n if type(n) is int and n > 0 else None
    return number, (name[:64].replace("\x00", "") if isinstance(name, str) else "")


def happened_at(captured: wire.Captured, clock: wire.Clock | None, received_at: int, previous_at: int) -> int:
    """When it happened by the server's clock: corrected, never in the future, in the device's own order.

    A device that never met the server since it booted knows no offset; when it is still the same boot, its
    monotonic clock tells how long ago that was.
    """
    if captured.offset is not None:
        guess = (captured.wall + captured.offset) * MILLISECOND
    elif (
        clock is not None
        and clock.boot
        and clock.boot == captured.boot
        and clock.monotonic >= captured.monotonic
    ):
        guess = received_at - (clock.monotonic - captured.monotonic) * MILLISECOND
    else:
        guess = captured.wall * MILLISECOND
    return max(min(guess, received_at), previous_at + 1)


def clock_oddity(captured: wire.Captured, received_at: int) -> str | None:
    """What to say of a device whose clock is ahead of the moment we received its word."""
    ahead = (captured.wall + (captured.offset or 0)) * MILLISECOND - received_at
    if ahead > DOUBT_AHEAD:
        return "time_doubtful"
    return "time_off" if ahead > WARN_AHEAD else None


def day_of(moment: int, zone: ZoneInfo) -> date:
    """The firm's calendar day of a moment."""
    return _day_of_quarter(moment // QUARTER, zone)


@lru_cache(64)
def _day_of_quarter(quarter: int, zone: ZoneInfo) -> date:
    """The day of a quarter of an hour: midnight falls between two of them, in every zone of today."""
    return datetime.fromtimestamp(quarter * QUARTER / 1_000_000, zone).date()


def quarantined(asked: ReadPush) -> ReadPush:
    """The same push with every operation marked to be held."""
    held = [msgspec.structs.replace(parsed, fault="quarantine") for parsed in asked.operations]
    return msgspec.structs.replace(asked, operations=held)
