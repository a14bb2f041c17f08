"""Accounts as they are written."""

import pytest

from server.people import maintaining, queries
from server.people.account import AccountDraft
from server.people.maintaining import Added, Edited, Missing, Refused, Stale
from tests import given

pytestmark = pytest.mark.usefixtures("database")
SECRET = "copper-lantern-9"


async def test_the_command_line_adds_somebody_who_is_found_by_any_spelling() -> None:
    outcome = await maintaining.add_user("Zhang", "buyer", SECRET)

    assert isinstance(outcome, Added)
    person = await queries.by_name("ZHANG")
    assert person is not None
    assert (person.id, person.role, person.is_active) == (outcome.id, "buyer", True)


async def test_a_bad_account_is_refused_with_every_reason() -> None:
    outcome = await maintaining.add_user("", "emperor", "x")

    assert isinstance(outcome, Refused)
    assert [fault.field for fault in outcome.faults] == ["name", "role", "password"]


async def test_no_secret_is_stored_or_told() -> None:
    await maintaining.add_user("zhang", "buyer", SECRET)

    row = await queries.secrets_by_name("zhang")

    assert row is not None
    assert SECRET not in str(tuple(row))
    assert row["password_hash"].startswith("$argon2id$")


async def test_a_badge_belongs_to_one_person() -> None:
    wang, li = await given.person("wang"), await given.person("li")
    await maintaining.set_badge(wang, "B7", by=0)

    outcome = await maintaining.set_badge(li, "usr:b7", by=0)

    assert isinstance(outcome, Refused)
    assert await maintaining.set_badge(wang, "B7", by=0) == Edited()
    assert await maintaining.set_badge(99, "B8", by=0) == Missing()


async def test_the_last_administrator_cannot_go_but_the_last_but_one_can() -> None:
    one = await given.person("one", role="administrator")
    gone = AccountDraft(name="one", role="administrator", is_active=False)

    assert isinstance(await maintaining.edit_person(one, gone, version=1, by=0), Refused)

    await given.person("two", role="administrator")
    assert await maintaining.edit_person(one, gone, version=1, by=0) == Edited()


async def test_an_editor_who_saw_an_older_version_is_told() -> None:
    person = await given.person("wang")
    draft = AccountDraft(name="wang", display_name="王")
    await maintaining.edit_person(person, draft, version=1, by=0)

    assert await maintaining.edit_person(person, draft, version=1, by=0) == Stale(2)
    assert await maintaining.edit_person(99, draft, version=1, by=0) == Missing()
