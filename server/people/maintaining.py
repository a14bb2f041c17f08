"""Add and edit people, set their passwords, badges and PINs, let them go."""

import asyncio
from collections.abc import Sequence

import msgspec

from server import clock, events, ids
from server.config import settings
from server.db import Statement, execute, writing
from server.people import account, password, queries
from server.people.account import AccountDraft, Fault
from server.words import LANGUAGES

BADGE_LENGTH = 10


class Added(msgspec.Struct, frozen=True):
    """The id of who was added."""

    id: int


class Edited(msgspec.Struct, frozen=True):
    """It stands as wanted."""


class Refused(msgspec.Struct, frozen=True):
    """Nothing was written; every reason at once."""

    faults: list[Fault]


class Stale(msgspec.Struct, frozen=True):
    """Somebody else wrote meanwhile; `version` is what stands now."""

    version: int


class Missing(msgspec.Struct, frozen=True):
    """There is no such person."""


_INSERT = Statement(
    "INSERT INTO user_account (name, display_name, role, password_hash, badge_digest, pin_hash, language,"
    " is_active, sees_all_warehouses, failed_sign_ins, locked_until_at, created_at, version)"
    " VALUES (?, ?, ?, ?, '', '', ?, ?, ?, 0, 0, ?, 1) RETURNING id"
)
_UPDATE = Statement(
    "UPDATE user_account SET name = ?, display_name = ?, role = ?, language = ?, is_active = ?,"
    " sees_all_warehouses = ?, version = version + 1 WHERE id = ?"
)
_SET_PASSWORD = Statement(
    "UPDATE user_account SET password_hash = ?, failed_sign_ins = 0, locked_until_at = 0 WHERE id = ?"
)
_SET_BADGE = Statement("UPDATE user_account SET badge_digest = ? WHERE id = ?")
_SET_PIN = Statement(
    "UPDATE user_account SET pin_hash = ?, failed_sign_ins = 0, locked_until_at = 0 WHERE id = ?"
)
_SET_LANGUAGE = Statement("UPDATE user_account SET language = ? WHERE id = ?")
_END_SESSIONS = Statement("DELETE FROM session WHERE person = ? AND id <> ?")


async def add_user(name: str, role: str, secret: str) -> Added | Refused:
    """Add somebody from the command line: everything else may be set on their page later."""
    return await add_person(AccountDraft(name=name, role=role, language=settings().language), secret, by=0)


async def add_person(draft: AccountDraft, secret: str, *, by: int) -> Added | Refused:
    """Add somebody who may sign in with this password."""
    wanted = account.tidy(draft)
    wrong = account.faults(wanted)
    if word := password.fault_of_password(secret, wanted.name):
        wrong.append(Fault("password", word))
    if wrong:
        return Refused(wrong)
    hashed = await _hashed(secret)
    async with writing():
        if await queries.by_name(wanted.name):
            return Refused([Fault("name", "people.fault.taken")])
        new: int = (await execute(_INSERT, *_columns(wanted, hashed), clock.now()))[0][0]
        await events.record("person.added", f"person:{new}", wanted, by=by)
        return Added(new)


async def edit_person(
    person: int, draft: AccountDraft, *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Edit an account that its editor saw at `version`; who may not work here any more is signed out."""
    wanted = account.tidy(draft)
    wrong = account.faults(wanted)
    async with writing():
        standing = await queries.by_id(person)
        if standing is None:
            return Missing()
        if standing.version != version:
            return Stale(standing.version)
        other = await queries.by_name(wanted.name)
        if other is not None and other.id != person:
            wrong.append(Fault("name", "people.fault.taken"))
        wrong += await _last_administrator(standing, wanted)
        if wrong:
            return Refused(wrong)
        await _rewrite(standing, wanted, by)
        return Edited()


async def _last_administrator(standing: queries.Person, wanted: AccountDraft) -> list[Fault]:
    """A house without an administrator could never be mended from inside."""
    leaves = standing.role == "administrator" and not (wanted.is_active and wanted.role == "administrator")
    if not leaves or await queries.other_administrators(standing.id):
        return []
    return [Fault("role", "people.fault.last_administrator")]


async def _rewrite(standing: queries.Person, wanted: AccountDraft, by: int) -> None:
    values = msgspec.to_builtins(wanted)
    changed = {
        field: [getattr(standing, field), new]
        for field, new in values.items()
        if getattr(standing, field) != new
    }
    if not changed:
        return
    await execute(
        _UPDATE,
        wanted.name,
        wanted.display_name,
        wanted.role,
        wanted.language,
        wanted.is_active,
        wanted.sees_all_warehouses,
        standing.id,
    )
    if not wanted.is_active:
        await execute(_END_SESSIONS, standing.id, 0)
    await events.record("person.edited", f"person:{standing.id}", changed, by=by)


def _columns(draft: AccountDraft, hashed: str) -> Sequence[object]:
    return (
        draft.name,
        draft.display_name,
        draft.role,
        hashed,
        draft.language,
        draft.is_active,
        draft.sees_all_warehouses,
    )


async def set_password(person: int, secret: str, *, by: int, session: int = 0) -> Edited | Refused | Missing:
    """Set somebody's password; every session of theirs but `session` ends."""
    standing = await queries.by_id(person)
    if standing is None:
        return Missing()
    if word := password.fault_of_password(secret, standing.name):
        return Refused([Fault("password", word)])
    hashed = await _hashed(secret)
    async with writing():
        await execute(_SET_PASSWORD, hashed, person)
        await execute(_END_SESSIONS, person, session)
        await events.record("person.password_set", f"person:{person}", {}, by=by)
        return Edited()


async def change_password(person: int, old: str, new: str, *, session: int) -> Edited | Refused | Missing:
    """Change one's own password, knowing the old one."""
    standing = await queries.by_id(person)
    row = await queries.secrets_by_name(standing.name) if standing else None
    if row is None:
        return Missing()
    if not await asyncio.to_thread(password.matches, old, row["password_hash"]):
        return Refused([Fault("old_password", "people.fault.old_password")])
    return await set_password(person, new, by=person, session=session)


async def set_pin(person: int, pin: str, *, by: int) -> Edited | Refused | Missing:
    """Set the PIN that goes with somebody's badge."""
    if await queries.by_id(person) is None:
        return Missing()
    if word := password.fault_of_pin(pin):
        return Refused([Fault("pin", word)])
    hashed = await _hashed(pin)
    async with writing():
        await execute(_SET_PIN, hashed, person)
        await events.record("person.pin_set", f"person:{person}", {}, by=by)
        return Edited()


async def set_badge(person: int, badge: str, *, by: int) -> Edited | Refused | Missing:
    """Give somebody a badge that exists already."""
    if not badge_key(badge):
        return Refused([Fault("badge", "people.fault.missing")])
    digest = ids.digest(badge_key(badge))
    async with writing():
        if await queries.by_id(person) is None:
            return Missing()
        owner = await queries.secrets_by_badge(digest)
        if owner is not None and owner["id"] != person:
            return Refused([Fault("badge", "people.fault.badge_taken")])
        await execute(_SET_BADGE, digest, person)
        await events.record("person.badge_set", f"person:{person}", {}, by=by)
        return Edited()


async def new_badge(person: int, *, by: int) -> str | Missing:
    """Make a new badge for somebody; the old one opens nothing any more. Only its print knows the number."""
    badge = ids.typeable(BADGE_LENGTH)
    match await set_badge(person, badge, by=by):
        case Missing() as missing:
            return missing
        case outcome:
            assert isinstance(outcome, Edited), outcome
            return badge


def badge_key(badge: str) -> str:
    """A badge as it is compared: with or without the `USR:` of its code, in any case."""
    text = badge.strip().upper()
    return text.removeprefix("USR:").strip()


async def set_language(person: int, language: str) -> Edited | Refused:
    """Let somebody read everything in this language."""
    if language not in LANGUAGES:
        return Refused([Fault("language", "people.fault.language")])
    async with writing():
        await execute(_SET_LANGUAGE, language, person)
        return Edited()


async def _hashed(secret: str) -> str:
    # Slow by design, so not in the loop and not inside the write transaction of others.
    return await asyncio.to_thread(password.hashed, secret)
