"""The desk of documents, on the pages of purchases: filters that stay, drafts that come back, files beside."""

import httpx
import pytest
from litestar import Litestar

from server.documents import noting
from server.documents.subject import Subject
from tests import given
from tests.handlers.browsers import signed_in
from tests.handlers.test_exports import a_purchase

LIST, NEW = "/inbound/purchases", "/inbound/purchases/new"


@pytest.fixture
async def buyer(app: Litestar) -> httpx.AsyncClient:
    await given.warehouse()
    return await signed_in(app, "buyer")


async def test_filters_stay_for_the_next_visit(buyer: httpx.AsyncClient) -> None:
    await buyer.get(f"{LIST}?state=draft&q=cups&since=2026-11-01")

    page = (await buyer.get(LIST)).text

    assert 'value="cups"' in page
    assert 'value="2026-11-01"' in page
    assert 'name="state" value="draft"' in page


async def test_filters_are_cleared_by_an_address_that_says_so(buyer: httpx.AsyncClient) -> None:
    await buyer.get(f"{LIST}?state=draft&q=cups")

    await buyer.get(f"{LIST}?state=")

    assert 'value="cups"' not in (await buyer.get(LIST)).text


async def test_each_person_keeps_filters_of_their_own(app: Litestar, buyer: httpx.AsyncClient) -> None:
    await buyer.get(f"{LIST}?q=cups")

    other = await signed_in(app, "buyer", name="another")

    assert 'value="cups"' not in (await other.get(LIST)).text


async def test_an_empty_list_says_what_to_do_next_but_a_narrow_one_how_to_widen_it(
    buyer: httpx.AsyncClient,
) -> None:
    empty, narrow = (await buyer.get(LIST)).text, (await buyer.get(f"{LIST}?q=cups")).text

    assert f'href="{NEW}"' in empty
    assert "Nothing fits these filters" not in empty
    assert "Nothing fits these filters" in narrow
    assert f'href="{LIST}?state="' in narrow


async def test_a_list_leads_to_its_spreadsheet(buyer: httpx.AsyncClient) -> None:
    page = (await buyer.get(f"{LIST}?q=cups&state=draft")).text

    assert 'href="/exports/po?state=draft&amp;q=cups"' in page


async def test_what_was_typed_comes_back_with_its_lines_and_says_so(buyer: httpx.AsyncClient) -> None:
    await given.item("CUP", name="马克杯")
    typed = {"draft": NEW, "reference": "R-7", "lines.4.item": "CUP", "lines.4.quantity": "3"}
    await buyer.post("/documents/drafts", data=typed)

    page = (await buyer.get(NEW)).text

    assert "Restored what was typed until" in page
    assert 'value="R-7"' in page
    assert 'name="lines.0.item" value="CUP"' in page
    assert "马克杯" in page


async def test_a_note_with_marks_of_html_is_shown_as_text(buyer: httpx.AsyncClient) -> None:
    order = await a_purchase()
    await noting.write_note(Subject("po", order), "<b>bold</b>", by=await given.person("the-buyer"))

    page = (await buyer.get(f"{LIST}/{order}")).text

    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold</b>" not in page
