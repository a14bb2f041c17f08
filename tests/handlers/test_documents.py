"""Notes, attachments and drafts: kept for those who may see the document, and for nobody else."""

import html
import json

import httpx
import pytest
from litestar import Litestar

from server.catalog.item import BarcodeDraft, UnitDraft
from server.config import settings
from server.db import Statement, execute, writing
from server.documents import queries
from tests import given
from tests.handlers.browsers import signed_in

_PARTNER = Statement(
    "INSERT INTO partner (code, name, version, created_at) VALUES ('C1', '华东', 1, 0) RETURNING id"
)
_ORDER = Statement(
    "INSERT INTO sales_order (number, customer, warehouse, created_at, version) VALUES ('SO-1', ?, ?, 0, 1)"
    " RETURNING id"
)
PDF = b"%PDF-1.7 a paper"


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    """Attachments lie in the data folder."""
    monkeypatch.setenv("STOCKHAND_DATA", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
async def seller(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "salesperson")


async def an_order(warehouse: str = "MAIN") -> str:
    """The wire id of an order that needs nothing but its row."""
    house = await given.warehouse(warehouse)
    async with writing():
        partner = (await execute(_PARTNER))[0][0]
        return f"so-{(await execute(_ORDER, partner, house))[0][0]}"


async def test_a_note_stays_with_its_document(seller: httpx.AsyncClient) -> None:
    order = await an_order()

    answer = await seller.post(f"/documents/{order}/notes", data={"body": "客户要求周五前送到"})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/outbound/orders/{order[3:]}#notes"
    [note] = await queries.notes(order)
    assert (note.body, note.author) == ("客户要求周五前送到", "the-salesperson")


async def test_an_empty_note_is_refused_in_words(seller: httpx.AsyncClient) -> None:
    order = await an_order()

    answer = await seller.post(f"/documents/{order}/notes", data={"body": "  "})

    assert answer.status_code == 422
    assert "Write something into the note" in answer.text
    assert await queries.notes(order) == []


async def attach(browser: httpx.AsyncClient, order: str, name: str, content: bytes) -> httpx.Response:
    return await browser.post(f"/documents/{order}/attachments", files={"file": (name, content)})


async def test_a_file_comes_back_as_it_was_but_never_runs_as_our_page(seller: httpx.AsyncClient) -> None:
    order = await an_order()

    assert (await attach(seller, order, "发票 1.pdf", PDF)).status_code == 303

    [file] = await queries.attachments(order)
    answer = await seller.get(f"/documents/{order}/attachments/{file.id}")
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%E5%8F%91%E7%A5%A8%201.pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"MZ a program", "Files of this kind are not kept"),
        ("a.pdf", PDF + b"." * 10 * 1024 * 1024, "larger than 10 MB"),
        ("a.pdf", b"", "Choose a file"),
    ],
)
async def test_a_file_that_is_not_kept_is_refused_in_words(
    seller: httpx.AsyncClient, name: str, content: bytes, words: str
) -> None:
    order = await an_order()

    answer = await attach(seller, order, name, content)

    assert answer.status_code == 422
    assert words in answer.text
    assert await queries.attachments(order) == []


async def test_who_may_not_see_the_document_sees_no_file_of_it(
    app: Litestar, seller: httpx.AsyncClient
) -> None:
    order = await an_order()
    await attach(seller, order, "a.pdf", PDF)
    [file] = await queries.attachments(order)
    storekeeper = await signed_in(app, "storekeeper")

    assert (await storekeeper.get(f"/documents/{order}/attachments/{file.id}")).status_code == 404
    assert (await storekeeper.post(f"/documents/{order}/notes", data={"body": "x"})).status_code == 404


async def test_another_warehouses_document_does_not_exist(app: Litestar) -> None:
    order = await an_order("EAST")
    browser = await signed_in(app, "salesperson", warehouses=("MAIN",))

    assert (await browser.post(f"/documents/{order}/notes", data={"body": "x"})).status_code == 404


@pytest.mark.parametrize("wire", ["so-999", "zz-1", "so-0", "so-", "SO-1", "user_account-1"])
async def test_a_note_needs_a_document(seller: httpx.AsyncClient, wire: str) -> None:
    assert (await seller.post(f"/documents/{wire}/notes", data={"body": "x"})).status_code == 404


async def test_who_attached_a_file_may_take_it_off(app: Litestar, seller: httpx.AsyncClient) -> None:
    order = await an_order()
    await attach(seller, order, "a.pdf", PDF)
    [file] = await queries.attachments(order)
    colleague = await signed_in(app, "salesperson", name="another")

    refused = await colleague.post(f"/documents/{order}/attachments/{file.id}/removal")
    assert refused.status_code == 403
    assert len(await queries.attachments(order)) == 1

    await seller.post(f"/documents/{order}/attachments/{file.id}/removal")
    assert await queries.attachments(order) == []


async def test_what_was_typed_is_kept_until_it_is_discarded(seller: httpx.AsyncClient) -> None:
    person = await given.person("the-salesperson")
    typed = {"draft": "/outbound/orders/new", "customer": "7", "lines.0.item": "CUP"}

    assert (await seller.post("/documents/drafts", data=typed)).status_code == 204
    kept = await queries.draft(person, "/outbound/orders/new")
    assert kept is not None
    assert kept.fields == {"customer": "7", "lines.0.item": "CUP"}

    answer = await seller.post("/documents/drafts/discard", data=typed)
    assert answer.headers["location"] == "/outbound/orders/new"
    assert await queries.draft(person, "/outbound/orders/new") is None


async def test_a_draft_is_its_writers_alone(app: Litestar, seller: httpx.AsyncClient) -> None:
    await seller.post("/documents/drafts", data={"draft": "/outbound/orders/new", "customer": "7"})
    other = await given.person("another", role="salesperson")

    assert await queries.draft(other, "/outbound/orders/new") is None


@pytest.mark.parametrize("path", ["", "//elsewhere.example", "https://elsewhere.example", "list /x", "/a?b"])
async def test_a_draft_belongs_to_a_page_of_ours(seller: httpx.AsyncClient, path: str) -> None:
    assert (await seller.post("/documents/drafts", data={"draft": path, "a": "b"})).status_code == 422
    assert (await seller.post("/documents/drafts/discard", data={"draft": path})).status_code == 404


async def test_more_than_anybody_types_is_no_draft(seller: httpx.AsyncClient) -> None:
    typed = {"draft": "/outbound/orders/new", "remark": "x" * 300_000}

    assert (await seller.post("/documents/drafts", data=typed)).status_code == 422


async def test_a_line_is_suggested_by_code_initials_and_barcode(seller: httpx.AsyncClient) -> None:
    units, codes = (UnitDraft("箱", 12),), (BarcodeDraft("6901234567892", "箱"),)
    await given.item("CUP", name="马克杯", unit="件", units=units, barcodes=codes)

    by_initials = (await seller.get("/catalog/items/suggestions?q=mkb")).text
    by_barcode = (await seller.get("/catalog/items/suggestions?q=6901234567892")).text

    assert 'data-code="CUP"' in by_initials
    assert "data-exact" not in by_initials
    assert "data-exact" in by_barcode
    assert 'data-unit="箱"' in by_barcode
    units_told = html.unescape(by_barcode).partition('data-units="')[2].partition('" data-exact')[0]
    assert json.loads(units_told) == {"件": "1", "箱": "12"}


async def test_pasted_codes_are_told_apart_from_unknown_ones(seller: httpx.AsyncClient) -> None:
    await given.item("CUP")
    await given.item("POT")

    answer = (await seller.post("/catalog/items/meanings", data={"code": ["CUP", "NONE", "POT"]})).text

    assert 'data-typed="CUP"' in answer
    assert 'data-typed="POT"' in answer
    assert "NONE" not in answer


async def test_names_in_suggestions_are_shown_as_text(seller: httpx.AsyncClient) -> None:
    await given.item("CUP", name='<img src=x onerror=alert(1)>"')

    answer = (await seller.get("/catalog/items/suggestions?q=cup")).text

    assert "<img" not in answer
