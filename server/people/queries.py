"""Reads about people."""

from typing import Any

import msgspec

from server.db import Row, Statement, fetch


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
    return _person(await fetch(_BY_NAME, name))


async def everybody() -> list[Person]:
    """All people, those who still work here first."""
    return [_to_person(row) for row in await fetch(_ALL)]


async def nobody_yet() -> bool:
    """Whether this is the first start."""
    return bool((await fetch(_COUNT))[0][0] == 0)


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
    values: list[Any] = list(row)
    return Person(*values[:5], bool(values[5]), bool(values[6]), values[7])
