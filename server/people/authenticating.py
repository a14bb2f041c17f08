"""Sign in with a password on the desk, with badge and PIN on a device; sign out; the first administrator."""

import asyncio
import math

import msgspec

from server import clock, events, ids
from server.config import settings
from server.db import Row, Statement, execute, writing
from server.people import account, lockout, maintaining, password, queries
from server.people.account import AccountDraft
from server.people.lockout import Strangers

# How rarely a session in use is written to: often enough for "an hour without use" to mean that.
TOUCH_AFTER = 5 * clock.MINUTE
ADMINISTRATOR = "admin"


class SignedIn(msgspec.Struct, frozen=True):
    """A session begins; only the browser keeps the token."""

    person: int
    token: str


class Recognised(msgspec.Struct, frozen=True):
    """Badge and PIN belong to this person."""

    person: int


class Wrong(msgspec.Struct, frozen=True):
    """No such name and secret. Which of the two is not told."""


class Locked(msgspec.Struct, frozen=True):
    """Too many failures: nobody gets in here before `until`."""

    until: int


class TooMany(msgspec.Struct, frozen=True):
    """This address guesses names; it may try again in so many seconds."""

    wait_s: int


_CHARGE = Statement(
    "UPDATE user_account SET failed_sign_ins = failed_sign_ins + 1"
    " WHERE id = ? AND locked_until_at <= ? RETURNING failed_sign_ins"
)
_LOCK = Statement("UPDATE user_account SET locked_until_at = ? WHERE id = ?")
_FORGIVE = Statement("UPDATE user_account SET failed_sign_ins = 0, locked_until_at = 0 WHERE id = ?")
_OPEN = Statement(
    "INSERT INTO session (digest, person, form_token, created_at, seen_at, expires_at)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_TOUCH = Statement("UPDATE session SET seen_at = ?, expires_at = ? WHERE id = ?")
_CLOSE = Statement("DELETE FROM session WHERE id = ?")
_CLOSE_EXPIRED = Statement("DELETE FROM session WHERE expires_at <= ?")

_strangers = Strangers()


async def sign_in(name: str, secret: str, *, address: str = "") -> SignedIn | Wrong | Locked | TooMany:
    """Begin a session on the desk for whoever has this name and password."""
    row = await queries.secrets_by_name(account.key(name))
    outcome = await _try(row, secret, "password_hash", address)
    return await _begin_session(outcome.person) if isinstance(outcome, Recognised) else outcome


async def authenticate_badge(
    badge: str, pin: str, *, address: str = ""
) -> Recognised | Wrong | Locked | TooMany:
    """Who stands at a device with this badge and PIN."""
    row = await queries.secrets_by_badge(ids.digest(maintaining.badge_key(badge)))
    return await _try(row, pin, "pin_hash", address)


async def _try(
    row: Row | None, secret: str, column: str, address: str
) -> Recognised | Wrong | Locked | TooMany:
    now = clock.now()
    if row is None or not row["is_active"]:
        return await _stranger(secret, address, now)
    # The try is counted before the secret is looked at, so that a hundred guesses at once are a hundred.
    if (locked := await _charge(row["id"], now)) is not None:
        return locked
    if not await asyncio.to_thread(password.matches, secret, row[column]):
        return await _failed(row["id"], now)
    async with writing():
        await execute(_FORGIVE, row["id"])
    return Recognised(row["id"])


async def _stranger(secret: str, address: str, now: int) -> Wrong | TooMany:
    if wait := _strangers.wait(address, now):
        return TooMany(math.ceil(wait / clock.SECOND))
    _strangers.failed(address, now)
    await asyncio.to_thread(password.matches, secret, "")
    return Wrong()


async def _charge(person: int, now: int) -> Locked | None:
    """Count one more try; the one that is one too many locks, unless it turns out to be right."""
    async with writing():
        counted = await execute(_CHARGE, person, now)
        if not counted:
            return await _standing_lock(person)
        if lock := lockout.locked_for(counted[0][0]):
            await execute(_LOCK, now + lock, person)
        return None


async def _standing_lock(person: int) -> Locked:
    return Locked((await queries.locked_until(person)) or 0)


async def _failed(person: int, now: int) -> Wrong | Locked:
    until = await queries.locked_until(person) or 0
    if until <= now:
        return Wrong()
    async with writing():
        await events.record("person.locked", f"person:{person}", {"until": clock.iso(until)})
    return Locked(until)


async def _begin_session(person: int) -> SignedIn:
    token, now = ids.token(), clock.now()
    async with writing():
        await execute(_CLOSE_EXPIRED, now)
        await execute(_OPEN, ids.digest(token), person, ids.token(16), now, now, now + _session_length())
        await events.record("person.signed_in", f"person:{person}", {}, by=person)
    return SignedIn(person, token)


async def close_expired() -> None:
    """Forget the sessions that have run out."""
    async with writing():
        await execute(_CLOSE_EXPIRED, clock.now())


async def stay(session: int, seen_at: int) -> None:
    """A session in use goes on."""
    now = clock.now()
    if now - seen_at > TOUCH_AFTER:
        async with writing():
            await execute(_TOUCH, now, now + _session_length(), session)


def _session_length() -> int:
    return settings().session_hours * clock.HOUR


async def sign_out(session: int, *, by: int) -> None:
    """End a session."""
    async with writing():
        await execute(_CLOSE, session)
        await events.record("person.signed_out", f"person:{by}", {}, by=by)


async def ensure_administrator() -> str | None:
    """On the very first start, let `admin` in: the password made for that, to be told once; else None."""
    async with writing():
        if not await queries.nobody_yet():
            return None
        secret = ids.typeable(12)
        draft = AccountDraft(name=ADMINISTRATOR, role="administrator", language=settings().language)
        added = await maintaining.add_person(draft, secret, by=0)
        assert isinstance(added, maintaining.Added), added
        return secret
