"""Signing in on the desk and on devices."""

import asyncio

import pytest

from server import clock, events
from server.people import authenticating, maintaining, queries
from server.people.authenticating import Locked, Recognised, SignedIn, TooMany, Wrong
from server.people.lockout import ADDRESS_TRIES, Strangers
from tests import given

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address has tried anything yet."""
    monkeypatch.setattr(authenticating, "_strangers", Strangers())


async def test_the_right_password_begins_a_session_that_belongs_to_the_person() -> None:
    person = await given.person("wang")

    outcome = await authenticating.sign_in(" WANG ", given.PASSWORD)

    assert isinstance(outcome, SignedIn)
    assert outcome.person == person
    row = await queries.session(authenticating.ids.digest(outcome.token), clock.now())
    assert row is not None
    assert row["user_id"] == person


async def test_five_failures_lock_even_the_right_password_out() -> None:
    await given.person("wang")

    tries = [await authenticating.sign_in("wang", "no") for _ in range(5)]
    right = await authenticating.sign_in("wang", given.PASSWORD)

    assert tries[:4] == [Wrong()] * 4
    assert isinstance(tries[4], Locked)
    assert right == tries[4]


async def test_a_hundred_guesses_at_once_are_a_hundred_guesses() -> None:
    await given.person("wang")

    guesses = [authenticating.sign_in("wang", f"guess {number}") for number in range(20)]
    outcomes = await asyncio.gather(*guesses)

    assert sum(isinstance(outcome, Wrong) for outcome in outcomes) <= 5
    assert isinstance(await authenticating.sign_in("wang", given.PASSWORD), Locked)


async def test_the_fifth_try_may_still_be_the_right_one() -> None:
    await given.person("wang")
    for _ in range(4):
        await authenticating.sign_in("wang", "no")

    assert isinstance(await authenticating.sign_in("wang", given.PASSWORD), SignedIn)
    assert await authenticating.sign_in("wang", "no") == Wrong()


async def test_a_lock_ends_and_the_next_failure_locks_for_twice_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = await given.person("wang")
    for _ in range(5):
        await authenticating.sign_in("wang", "no")
    later = clock.now() + 6 * clock.MINUTE
    monkeypatch.setattr(clock, "now", lambda: later)

    outcome = await authenticating.sign_in("wang", "no")

    assert outcome == Locked(later + 10 * clock.MINUTE)
    assert [event.topic for event in await events.history(f"person:{person}")] == ["person.locked"] * 2


async def test_an_address_that_guesses_names_is_slowed_down_and_others_are_not() -> None:
    await given.person("wang")
    tries = [
        authenticating.sign_in(f"name {number}", "x", address="10.0.0.1") for number in range(ADDRESS_TRIES)
    ]
    assert set(map(type, await asyncio.gather(*tries))) == {Wrong}

    slowed = await authenticating.sign_in("one more", "x", address="10.0.0.1")

    assert isinstance(slowed, TooMany)
    assert 0 < slowed.wait_s <= 300
    assert await authenticating.sign_in("one more", "x", address="10.0.0.2") == Wrong()
    assert isinstance(await authenticating.sign_in("wang", given.PASSWORD, address="10.0.0.1"), SignedIn)


async def test_who_was_let_go_cannot_sign_in() -> None:
    person = await given.person("wang")
    draft = maintaining.AccountDraft(name="wang", is_active=False)
    await maintaining.edit_person(person, draft, version=1, by=0)

    assert await authenticating.sign_in("wang", given.PASSWORD) == Wrong()


async def test_a_badge_needs_its_pin() -> None:
    person = await given.person("wang", badge="B7")

    assert await authenticating.authenticate_badge("USR:b7", given.PIN) == Recognised(person)
    assert await authenticating.authenticate_badge("B7", "0000") == Wrong()
    assert await authenticating.authenticate_badge("B8", given.PIN) == Wrong()
    assert await authenticating.authenticate_badge("", given.PIN) == Wrong()


async def test_pins_are_not_guessed_either() -> None:
    await given.person("wang", badge="B7")
    for _ in range(5):
        await authenticating.authenticate_badge("B7", "0000")

    assert isinstance(await authenticating.authenticate_badge("B7", given.PIN), Locked)


async def test_an_old_badge_opens_nothing() -> None:
    person = await given.person("wang", badge="B7")

    badge = await maintaining.new_badge(person, by=1)

    assert isinstance(badge, str)
    assert await authenticating.authenticate_badge("B7", given.PIN) == Wrong()
    assert await authenticating.authenticate_badge(badge, given.PIN) == Recognised(person)


async def test_a_session_in_use_goes_on_and_one_that_is_not_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    await given.person("wang")
    entered = await authenticating.sign_in("wang", given.PASSWORD)
    assert isinstance(entered, SignedIn)
    digest, start = authenticating.ids.digest(entered.token), clock.now()
    row = await queries.session(digest, start)
    assert row is not None

    monkeypatch.setattr(clock, "now", lambda: start + 8 * clock.HOUR)
    await authenticating.stay(row["id"], row["seen_at"])

    assert await queries.session(digest, start + 19 * clock.HOUR) is not None
    assert await queries.session(digest, start + 21 * clock.HOUR) is None


async def test_the_first_start_makes_an_administrator_once() -> None:
    secret = await authenticating.ensure_administrator()

    assert secret is not None
    assert isinstance(await authenticating.sign_in("admin", secret), SignedIn)
    assert await authenticating.ensure_administrator() is None
    person = await queries.by_name("admin")
    assert person is not None
    assert (person.role, person.sees_all_warehouses) == ("administrator", True)
