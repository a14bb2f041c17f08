"""Planned counts on a real database: rounds by different people, late scans, review, tasks on the devices."""

import itertools
import random

import pytest

from server import clock
from server.catalog import maintaining
from server.counts import planning, queries, reviewing
from server.counts.plan import Head
from server.stock import verifying
from server.sync import envelope, reconciling
from server.sync import queries as devices
from tests import given
from tests.counts import floor

pytestmark = pytest.mark.usefixtures("database")


async def sound() -> None:
    """The books agree with the ledger."""
    assert (await verifying.verify()).violations == []


async def test_a_count_equal_to_the_book_is_posted_and_nobody_is_asked_again() -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    asked = await floor.tasks()
    wang = await given.pda("wang")

    verdict = await floor.count(wang, "A-01", CUP=10)

    assert verdict.outcome == "applied"
    assert [place for place, _ in asked] == ["A-01"]
    assert (await floor.sheet(plan, "A-01")).state == "posted"
    assert await floor.state(plan) == "posted"
    assert await floor.tasks() == []


async def test_the_task_says_plan_and_blind_and_never_what_the_book_expects() -> None:
    await given.stock("CUP", 97531, at="A-01")
    plan = await floor.issued("A-01")

    ((_, body),) = await floor.tasks()

    assert body is not None
    assert body["plan"] == f"ct-{plan}"
    assert body["blind"] is True
    assert body["reason"] == "plan"
    assert "97531" not in str(body)


async def test_a_difference_is_counted_again_by_another_person_and_then_reviewed() -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    wang, li = await given.pda("wang"), await given.pda("li")

    await floor.count(wang, "A-01", CUP=8)
    ((_, body),) = await floor.tasks()
    between = await floor.state(plan)
    await floor.count(li, "A-01", CUP=8)

    assert between == "recount"
    assert body is not None
    assert body["round"] == 2
    assert body["counters"] == [wang.user]
    assert await floor.state(plan) == "review"
    assert await floor.tasks() == []
    assert await floor.found(plan, "A-01") == [("8", "-2"), ("8", "-2")]
    assert await given.on_hand("CUP", at="A-01") == "8"
    await sound()


async def test_the_same_person_is_told_that_they_are_no_second_opinion() -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    wang = await given.pda("wang")
    await floor.count(wang, "A-01", CUP=8)

    verdict = await floor.count(wang, "A-01", CUP=8)

    assert (verdict.outcome, verdict.reason) == ("warning", "second_opinion")
    assert await floor.state(plan) == "recount"
    assert [place for place, _ in await floor.tasks()] == ["A-01"]


async def test_two_who_differ_ask_for_a_third_who_settles_it() -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    for user, seen in (("wang", 8), ("li", 10)):
        await floor.count(await given.pda(user), "A-01", CUP=seen)
    differing = await floor.state(plan)

    await floor.count(await given.pda("zhao"), "A-01", CUP=10)

    assert differing == "recount"
    assert await floor.state(plan) == "posted"
    assert await given.on_hand("CUP", at="A-01") == "10"


async def test_an_empty_place_is_confirmed_by_a_count_without_lines() -> None:
    await given.stock("CUP", 3, at="A-01")
    await given.location("A-02")
    plan = await floor.issued("A-01", "A-02")
    wang, li = await given.pda("wang"), await given.pda("li")

    await floor.count(wang, "A-02")
    await floor.count(wang, "A-01")
    await floor.count(li, "A-01")

    assert (await floor.sheet(plan, "A-02")).state == "posted"
    assert (await floor.sheet(plan, "A-01")).state == "review"
    assert await floor.found(plan, "A-01") == [("0", "-3"), ("0", "-3")]


@pytest.mark.parametrize("is_late", [True, False])
async def test_a_pick_from_before_the_count_explains_the_difference_whenever_it_arrives(
    is_late: bool,
) -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    offline, wang = await given.pda("offline"), await given.pda("wang")
    before, during = await floor.timeline(2)

    if not is_late:
        await floor.take(offline, "CUP", 2, "A-01", before)
    await floor.count(wang, "A-01", during, CUP=8)
    first = await floor.found(plan, "A-01")
    if is_late:
        await floor.take(offline, "CUP", 2, "A-01", before)

    assert first == [("8", "-2" if is_late else "0")]
    assert await floor.found(plan, "A-01") == [("8", "0")]
    assert await floor.state(plan) == "posted"
    assert await floor.tasks() == []
    assert await given.on_hand("CUP", at="A-01") == "8"
    await sound()


async def test_a_late_pick_shows_that_a_posted_count_was_wrong_after_all() -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    offline, wang = await given.pda("offline"), await given.pda("wang")
    before, during = await floor.timeline(2)
    await floor.count(wang, "A-01", during, CUP=10)
    posted = await floor.state(plan)

    await floor.take(offline, "CUP", 2, "A-01", before)

    assert posted == "posted"
    assert await floor.found(plan, "A-01") == [("10", "2")]
    assert await floor.state(plan) == "recount"
    assert [place for place, _ in await floor.tasks()] == ["A-01"]


async def test_a_count_that_was_taken_back_before_it_was_sent_still_leaves_somebody_to_count() -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    wang = await given.pda("wang")
    place = f"l-{await given.location('A-01')}"
    count = wang.operation("stock.count@1", {"location": place, "lines": [], "complete": True})
    undo = wang.operation("op.undo@1", {"operation": count["id"]})
    device = await devices.device_by_bearer(wang.headers["Authorization"])
    assert device is not None

    await reconciling.reconcile(envelope.read(wang.batch(count, undo), clock.now()), device)

    assert (await floor.sheet(plan, "A-01")).state == "issued"
    assert [place for place, _ in await floor.tasks()] == ["A-01"]


async def test_a_count_that_is_taken_back_is_no_round_any_more() -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    wang = await given.pda("wang")
    verdict = await floor.count(wang, "A-01", CUP=8)

    await wang.report("op.undo@1", operation=verdict.id)

    assert (await floor.sheet(plan, "A-01")).state == "issued"
    assert await floor.found(plan, "A-01") == []
    assert await given.on_hand("CUP", at="A-01") == "10"


async def test_all_within_the_limits_are_accepted_in_one_act_and_the_rest_waits() -> None:
    for place, amount in (("A-01", 10), ("A-02", 100)):
        await given.stock("CUP", amount, at=place)
    plan = await floor.issued("A-01", "A-02", limit_amount=50_000)
    item = await given.item("CUP")
    for user in ("wang", "li"):
        pda = await given.pda(user)
        await floor.count(pda, "A-01", CUP=9)
        await floor.count(pda, "A-02", CUP=60)

    outcome = await reviewing.accept_within_limits(plan, by=floor.SUPERVISOR, costs={item: 5_000_000})

    assert outcome == reviewing.Accepted(1, 1)
    assert (await floor.sheet(plan, "A-01")).state == "posted"
    assert (await floor.sheet(plan, "A-02")).state == "review"


async def test_a_place_in_review_is_counted_again_or_accepted() -> None:
    await given.stock("CUP", 10, at="A-01")
    plan = await floor.issued("A-01")
    for user in ("wang", "li"):
        await floor.count(await given.pda(user), "A-01", CUP=8)
    sheet = await floor.sheet(plan, "A-01")

    await reviewing.ask_again(plan, sheet.id, by=floor.SUPERVISOR)
    asked = await floor.state(plan), [place for place, _ in await floor.tasks()]
    await floor.count(await given.pda("zhao"), "A-01", CUP=7)
    disputed = await reviewing.accept_within_limits(plan, by=floor.SUPERVISOR, costs={})
    accepted = await reviewing.accept(plan, sheet.id, by=floor.SUPERVISOR)

    assert asked == ("recount", ["A-01"])
    assert disputed == reviewing.Accepted(0, 1)
    assert accepted == reviewing.Accepted(1, 0)
    assert await floor.state(plan) == "posted"
    assert await given.on_hand("CUP", at="A-01") == "7"


async def test_a_plan_called_off_asks_nobody_and_leaves_what_was_counted() -> None:
    await given.stock("CUP", 10, at="A-01")
    await given.location("A-02")
    plan = await floor.issued("A-01", "A-02")
    await floor.count(await given.pda("wang"), "A-01", CUP=8)

    outcome = await planning.cancel(plan, by=floor.SUPERVISOR)

    assert outcome == planning.Done(plan, "cancelled")
    assert await floor.tasks() == []
    assert await given.on_hand("CUP", at="A-01") == "8"
    assert await planning.cancel(plan, by=floor.SUPERVISOR) == planning.NotNow("state")


async def test_a_place_the_book_owes_for_stays_on_the_list_when_a_plan_is_called_off() -> None:
    await given.stock("CUP", 1, at="A-01")
    await floor.take(await given.pda("wang"), "CUP", 3, "A-01")
    plan = await floor.issued("A-01")

    await planning.cancel(plan, by=floor.SUPERVISOR)

    ((place, body),) = await floor.tasks()
    assert place == "A-01"
    assert body is not None
    assert body["reason"] == "suspense"


async def test_a_place_stands_in_one_open_plan_at_most() -> None:
    await given.stock("CUP", 10, at="A-01")
    await floor.issued("A-01")

    again = await planning.save(
        Head(warehouse=await given.warehouse(), places=("A-01",)), by=floor.SUPERVISOR, costs={}
    )
    spot = await planning.ask_for(await given.location("A-01"), by=floor.SUPERVISOR)

    assert isinstance(again, planning.Refused)
    assert [fault.word for fault in again.faults] == ["counts.fault.no_place"]
    assert spot == planning.NotNow("taken")


async def test_one_place_is_counted_on_demand() -> None:
    await given.stock("CUP", 10, at="A-01")

    made = await planning.ask_for(await given.location("A-01"), by=floor.SUPERVISOR)

    assert isinstance(made, planning.Planned)
    assert [place for place, _ in await floor.tasks()] == ["A-01"]


async def test_places_of_doubt_are_those_that_owe_or_were_found_short() -> None:
    await given.stock("CUP", 1, at="A-01")
    await given.stock("CUP", 5, at="A-02")
    await floor.take(await given.pda("wang"), "CUP", 3, "A-01")

    made = await planning.save(
        Head(warehouse=await given.warehouse(), method="doubt"), by=floor.SUPERVISOR, costs={}
    )

    assert isinstance(made, planning.Planned)
    assert [sheet.code for sheet in await queries.sheets(made.id)] == ["A-01"]


async def test_a_place_where_a_scan_did_not_fit_is_doubtful() -> None:
    await given.stock("CUP", 5, at="A-01")
    await given.stock("BOX", 5, at="A-02")
    pda = await given.pda("wang")
    await maintaining.bind_barcode("6901234567892", await given.item("BOX"), "件", 1000, by=0, at=1)
    verdict = await floor.report(
        pda,
        "stock.move@1",
        item=f"i-{await given.item('CUP')}",
        quantity="1",
        code="6901234567892",
        source=f"l-{await given.location('A-01')}",
        target=f"l-{await given.location('A-03')}",
    )

    made = await planning.save(
        Head(warehouse=await given.warehouse(), method="doubt"), by=floor.SUPERVISOR, costs={}
    )

    assert verdict.outcome == "warning"
    assert isinstance(made, planning.Planned)
    assert [sheet.code for sheet in await queries.sheets(made.id)] == ["A-01", "A-03"]


async def test_what_is_picked_most_is_a_and_its_places_are_counted_first() -> None:
    await given.stock("CUP", 100, at="A-01")
    await given.stock("BOX", 100, at="A-02")
    pda = await given.pda("wang")
    await floor.take(pda, "CUP", 60, "A-01")
    await floor.take(pda, "BOX", 1, "A-02")
    head = Head(warehouse=await given.warehouse(), method="abc", abc="A")

    by_pieces = await planning.save(head, by=floor.SUPERVISOR, costs={})
    assert isinstance(by_pieces, planning.Planned)
    await planning.cancel(by_pieces.id, by=floor.SUPERVISOR)
    costs = {await given.item("CUP"): 10_000, await given.item("BOX"): 90_000_000}
    by_value = await planning.save(head, by=floor.SUPERVISOR, costs=costs)

    assert [sheet.code for sheet in await queries.sheets(by_pieces.id)] == ["A-01"]
    assert isinstance(by_value, planning.Planned)
    assert [sheet.code for sheet in await queries.sheets(by_value.id)] == ["A-02"]


PEOPLE = ("wang", "li", "zhao")


def morning(seed: int) -> list[tuple[str, int]]:
    """Who did what to a place with ten cups, in the order in which it happened: (who counted, or "", how many)."""
    chance = random.Random(seed)
    acts = [("", chance.randint(1, 2)) for _ in range(2)]
    acts += [(person, chance.choice((6, 7, 7, 8, 8, 10))) for person in chance.choices(PEOPLE, k=3)]
    chance.shuffle(acts)
    return acts


def truth(acts: list[tuple[str, int]]) -> list[tuple[str, str]]:
    """What the counts found, by plain reckoning: nobody's count changes what another is compared with."""
    book, told = 10, []
    for person, amount in acts:
        if person:
            told.append((str(amount), str(amount - book)))
        else:
            book -= amount
    return told


async def arrive(acts: list[tuple[str, int]], order: list[int], place: str) -> None:
    """What happened in this morning reaches the server in this order; what one person did, in their order."""
    moments = await floor.timeline(len(acts))
    turns = {person: iter([index for index, act in enumerate(acts) if act[0] == person]) for person in PEOPLE}
    for slot in order:
        person = acts[slot][0]
        index = next(turns[person]) if person else slot
        pda = await given.pda(person or "picker")
        if person:
            await floor.count(pda, place, moments[index], CUP=acts[index][1])
        else:
            await floor.take(pda, "CUP", acts[index][1], place, moments[index])


@pytest.mark.parametrize("seed", range(12))
async def test_counts_and_picks_in_any_order_of_arrival_end_alike(seed: int) -> None:
    acts, ends = morning(seed), []
    orders = random.Random(seed).sample(list(itertools.permutations(range(len(acts)))), 5)
    for number, order in enumerate([tuple(range(len(acts))), *orders]):
        place = f"B-{number}"
        await given.stock("CUP", 10, at=place)
        plan = await floor.issued(place)

        await arrive(acts, list(order), place)

        assert await floor.found(plan, place) == truth(acts), order
        is_asked = place in [name for name, _ in await floor.tasks()]
        ends.append((await floor.state(plan), is_asked, await given.on_hand("CUP", at=place)))
        assert is_asked == (ends[-1][0] == "recount")
    assert len(set(ends)) == 1, ends
    await sound()
