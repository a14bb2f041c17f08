"""The list of orders tells how many there are of each state, however it was counted."""

import pytest

from server.documents.filters import Filters
from server.outbound import queries
from tests import given
from tests.outbound.orders import draft, ordered

pytestmark = pytest.mark.usefixtures("database")


async def two_of_each() -> None:
    """Two drafts and one order that is confirmed, of two customers."""
    await given.stock("CUP", 9, at="A-01")
    await draft(CUP=1)
    await draft(of="C2", CUP=1)
    await ordered(of="C2", CUP=1)


@pytest.mark.parametrize("q", ["", "c2", "nothing", "so-"])
async def test_a_page_that_holds_all_is_counted_as_the_whole_list_is(q: str) -> None:
    await two_of_each()
    filters = Filters(q=q)

    page = await queries.orders(filters)

    assert await queries.counts(filters, None, page) == await queries.counts(filters)


async def test_other_states_are_counted_though_the_page_shows_one() -> None:
    await two_of_each()
    filters = Filters(q="c2", state="draft")

    page = await queries.orders(filters)

    assert len(page.rows) == 1
    assert await queries.counts(filters, None, page) == {"draft": 1, "confirmed": 1}


async def test_a_page_that_does_not_hold_all_is_not_taken_for_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    await two_of_each()

    page = await queries.orders(Filters())

    assert page.has_more
    assert await queries.counts(Filters(), None, page) == {"draft": 2, "confirmed": 1}
