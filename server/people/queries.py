"""Reads about people."""

import msgspec

from server.db import Row, Statement, fetch
from server.people import account


class Person(msgspec.Struct, frozen=True):
    """Somebody as pages, devices and the audit show them: no secrets."""

    id: int
    name: str
    display_name: str
    role: str
    language: str
    is_active: bool
    sees_all_warehouses: bool
    version: int


_COLUMNS = "id, name, display_name, role, language, is_active, sees_all_warehouses, version"
_BY_ID = Statement(f"SELECT {_COLUMNS} FROM user_account WHERE id = ?")
_BY_NAME = Statement(f"SELECT {_COLUMNS} FROM user_account WHERE name = ?")
_ALL = Statement(f"SELECT {_COLUMNS} FROM user_account ORDER BY is_active DESC, name")
_SECRETS_BY_NAME = Statement("SELECT * FROM user_account WHERE name = ?")
_SECRETS_BY_BADGE = Statement("SELECT * FROM user_account WHERE badge_digest = ? AND badge_digest <> ''")
_LOCKED_UNTIL = Statement("SELECT locked_until_at FROM user_account WHERE id = ?")
_HAS_BADGE = Statement("SELECT badge_digest <> '', pin_hash <> '' FROM user_account WHERE id = ?")
_OTHER_ADMINISTRATORS = Statement(
    "SELECT count(*) FROM user_account WHERE role = ? AND is_active = ? AND id <> ?"
)
_NAMES = Statement("SELECT id, display_name, name FROM user_account")
_COUNT = Statement("SELECT count(*) FROM user_account")
_SESSION = Statement(
    "SELECT s.id, s.form_token, s.seen_at, s.expires_at, u.id AS user_id, u.name, u.role, u.language,"
    " u.sees_all_warehouses FROM session s JOIN user_account u ON u.id = s.person"
    " WHERE s.digest = ? AND s.expires_at > ? AND u.is_active = ?"
)


async def by_id(user_id: int) -> Person | None:
    """The person with this id."""
    return _person(await fetch(_BY_ID, user_id))


async def by_name(name: str) -> Person | None:
    """The person who signs in under this name."""
    return _person(await fetch(_BY_NAME, account.key(name)))


async def everybody() -> list[Person]:
    """All people, those who still work here first."""
    return [_to_person(row) for row in await fetch(_ALL)]


async def nobody_yet() -> bool:
    """Whether this is the first start."""
    return bool((await fetch(_COUNT))[0][0] == 0)


async def locked_until(user_id: int) -> int | None:
    """Until when this account is locked, in microseconds; in the past when it is not."""
    rows = await fetch(_LOCKED_UNTIL, user_id)
    return int(rows[0][0]) if rows else None


async def has_badge(user_id: int) -> tuple[bool, bool]:
    """Whether this person has a badge, and a PIN to go with it."""
    rows = await fetch(_HAS_BADGE, user_id)
    return (bool(rows[0][0]), bool(rows[0][1])) if rows else (False, False)


async def other_administrators(user_id: int) -> int:
    """How many people beside this one may do everything."""
    return int((await fetch(_OTHER_ADMINISTRATORS, "administrator", True, user_id))[0][0])


async def names() -> dict[int, str]:
    """What everybody is called, for lists and histories."""
    return {row[0]: row[1] or row[2] for row in await fetch(_NAMES)}


async def secrets_by_name(name: str) -> Row | None:
    """The whole row, hashes included; for signing in only."""
    rows = await fetch(_SECRETS_BY_NAME, name)
    return rows[0] if rows else None


async def secrets_by_badge(badge_digest: str) -> Row | None:
    """The same by badge."""
    rows = await fetch(_SECRETS_BY_BADGE, badge_digest)
    return rows[0] if rows else None


async def session(digest: str, now: int) -> Row | None:
    """The live session with this token digest, and who it belongs to."""
    rows = await fetch(_SESSION, digest, now, True)
    return rows[0] if rows else None


def _person(rows: list[Row]) -> Person | None:
    return _to_person(rows[0]) if rows else None


def _to_person(row: Row) -> Person:
    return Person(row[0], row[1], row[2], row[3], row[4], bool(row[5]), bool(row[6]), row[7])
