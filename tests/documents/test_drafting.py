"""Drafts and remembered filters: one for each person and page, until they are done with."""

import pytest

from server import clock
from server.db import Statement, execute, fetch, writing
from server.documents import drafting, queries
from tests import given

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

_AGE = Statement("UPDATE document_draft SET changed_at = changed_at - ? WHERE form = ?")
_FORMS = Statement("SELECT form, changed_at FROM document_draft ORDER BY form")


async def test_the_last_of_what_was_typed_is_kept() -> None:
    wang = await given.person("wang")

    await drafting.keep(wang, "/orders/new", {"customer": "C1"})
    await drafting.keep(wang, "/orders/new", {"customer": "C2", "lines.0.item": "杯"})

    kept = await queries.draft(wang, "/orders/new")
    assert kept is not None
    assert kept.fields == {"customer": "C2", "lines.0.item": "杯"}


async def test_each_person_and_each_page_has_its_own() -> None:
    wang, li = await given.person("wang"), await given.person("li")

    await drafting.keep(wang, "/orders/new", {"customer": "C1"})

    assert await queries.draft(li, "/orders/new") is None
    assert await queries.draft(wang, "/orders/7/edit") is None


async def test_what_nobody_came_back_to_for_months_is_forgotten() -> None:
    wang = await given.person("wang")
    await drafting.keep(wang, "/orders/7/edit", {"a": "b"})
    async with writing():
        await execute(_AGE, 91 * 24 * 3600 * clock.SECOND, "/orders/7/edit")

    await drafting.keep(wang, "/orders/new", {"a": "b"})

    assert [row[0] for row in await fetch(_FORMS)] == ["/orders/new"]


async def test_looking_again_with_the_same_filters_writes_nothing() -> None:
    wang = await given.person("wang")
    await drafting.remember_filters(wang, "/orders", {"state": "draft"})
    before = [tuple(row) for row in await fetch(_FORMS)]

    await drafting.remember_filters(wang, "/orders", {"state": "draft"})

    assert [tuple(row) for row in await fetch(_FORMS)] == before


async def test_a_draft_that_is_discarded_is_gone() -> None:
    wang = await given.person("wang")
    await drafting.keep(wang, "/orders/new", {"a": "b"})

    await drafting.discard(wang, "/orders/new")

    assert await queries.draft(wang, "/orders/new") is None
