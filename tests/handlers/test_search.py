"""Search over everything: as one types, and as a page."""

import httpx
import pytest
from litestar import Litestar

from tests import given
from tests.handlers.browsers import signed_in


@pytest.fixture
async def storekeeper(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "storekeeper")


async def test_typing_gets_only_what_was_found(storekeeper: httpx.AsyncClient) -> None:
    item = await given.item("CUP", name="马克杯")

    part = (await storekeeper.get("/search?q=mkb", headers={"HX-Request": "true"})).text

    assert f'href="/catalog/items/{item}"' in part
    assert "Items" in part
    assert "<html" not in part


async def test_enter_opens_the_one_thing_that_fits(storekeeper: httpx.AsyncClient) -> None:
    item = await given.item("CUP")
    await given.item("POT")

    answer = await storekeeper.get("/search?q=cup")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/catalog/items/{item}"


async def test_several_things_are_shown_as_a_page(storekeeper: httpx.AsyncClient) -> None:
    await given.item("CUP-1")
    await given.item("CUP-2")

    page = (await storekeeper.get("/search?q=cup")).text

    assert "CUP-1" in page
    assert "CUP-2" in page
    assert 'role="option"' not in page


async def test_nothing_found_says_what_to_try(storekeeper: httpx.AsyncClient) -> None:
    page = (await storekeeper.get("/search?q=<b>zzz")).text

    assert "Nothing fits “&lt;b&gt;zzz”" in page


async def test_a_stranger_searches_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/search?q=cup")).headers["location"].startswith("/sign-in")
