"""The pages about imports: send, review, choose otherwise, commit, take back."""

import html
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from server.catalog import maintaining
from server.catalog import queries as catalog
from server.config import settings
from server.imports import continuing, importing, queries
from tests import given
from tests.handlers.browsers import signed_in
from tests.imports import files

GOOD = "编码,名称\nCUP,茶杯\nPOT,壶\n"
WRONG = "编码,名称,批次\nCUP,茶杯,perhaps\n,壶,\nBOWL,碗,是\n"


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sent files and plans of this test lie in a folder of its own."""
    monkeypatch.setenv("STOCKHAND_DATA", str(tmp_path / "var"))
    settings.cache_clear()
    yield tmp_path / "var/imports"
    settings.cache_clear()


async def send(
    browser: httpx.AsyncClient, content: str | bytes = GOOD, *, name: str = "商品.csv", **fields: str
) -> httpx.Response:
    """Send a file, as the form does."""
    sent = content.encode() if isinstance(content, str) else content
    return await browser.post("/imports", data={"kind": "items", **fields}, files={"file": (name, sent)})


async def sent(browser: httpx.AsyncClient, content: str | bytes = GOOD, **fields: str) -> str:
    """The page of the import that a sent file became; it has been checked when the answer is here."""
    answer = await send(browser, content, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def imported(browser: httpx.AsyncClient, content: str = GOOD, **fields: str) -> str:
    page = await sent(browser, content, **fields)
    assert (await browser.post(f"{page}/confirmation")).status_code == 303
    return page


async def text(browser: httpx.AsyncClient, path: str) -> str:
    """What a page says, without its markup."""
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def files_in(folder: Path) -> list[Path]:
    return list(folder.glob("*"))


async def codes() -> set[str]:
    return set(await catalog.ids_by_code(["CUP", "POT", "BOWL", "JUG"]))


async def test_a_file_is_reviewed_before_anything_is_written_and_then_imported(app: Litestar) -> None:
    browser = await signed_in(app)

    page = await sent(browser)
    assert "2 would be new, 0 changed" in await text(browser, page)
    assert await codes() == set()
    answer = await browser.post(f"{page}/confirmation")

    assert answer.headers["location"] == page
    assert await codes() == {"CUP", "POT"}
    assert "Imported: 2 rows, 2 new" in await text(browser, page)
    assert 'href="/catalog/items"' in (await browser.get(page)).text


async def test_earlier_imports_stand_in_a_list_with_their_state(app: Litestar) -> None:
    browser = await signed_in(app)
    assert "Nothing has been imported yet" in await text(browser, "/imports")
    await imported(browser)
    await sent(browser, WRONG, name="wrong.csv")

    told = await text(browser, "/imports")

    assert "wrong.csv Items With errors" in told
    assert "商品.csv Items Imported 2 of 2" in told


async def test_every_error_is_told_at_once_by_row_and_column(app: Litestar) -> None:
    browser = await signed_in(app)

    page = await sent(browser, WRONG)
    told = await text(browser, page)

    assert "2 errors in 3 rows; nothing was written." in told
    assert "2 批次 “perhaps” is neither yes nor no." in told
    assert "3 编码 Must not be empty." in told
    assert (await browser.post(f"{page}/confirmation")).status_code == 409
    assert await codes() == set()


async def test_many_errors_stand_on_several_pages(app: Litestar) -> None:
    browser = await signed_in(app)
    lines = "".join(f"A{at},名,perhaps\n" for at in range(250))

    page = await sent(browser, f"编码,名称,批次\n{lines}")

    assert "250 errors" in await text(browser, page)
    assert (await browser.get(page)).text.count("is neither yes nor no") == 100
    assert (await browser.get(f"{page}?page=3")).text.count("is neither yes nor no") == 50


async def test_the_file_with_its_errors_can_be_corrected_and_sent_again(app: Litestar) -> None:
    browser = await signed_in(app)
    page = await sent(browser, WRONG)

    workbook = await browser.get(f"{page}/errors.xlsx")
    again = await sent(browser, workbook.content, name="again.xlsx")

    assert workbook.headers["content-disposition"].endswith("%E5%95%86%E5%93%81%20errors.xlsx")
    assert "2 errors in 3 rows" in await text(browser, again)


@pytest.mark.parametrize("name", ["items-zh.xlsx", "items-en.xlsx", "locations-zh.xlsx", "locations-en.xlsx"])
async def test_a_template_can_be_sent_back_as_it_came(app: Litestar, name: str) -> None:
    browser = await signed_in(app)
    await given.warehouse("MAIN")

    template = await browser.get(f"/imports/templates/{name}")
    page = await sent(browser, template.content, name="t.xlsx", kind=name.split("-", maxsplit=1)[0])

    assert "The example row of the template was left out." in await text(browser, page)


@pytest.mark.parametrize("name", ["items-fr.xlsx", "orders-zh.xlsx", "items-zh.csv", "x", "-"])
async def test_there_are_no_other_templates(app: Litestar, name: str) -> None:
    assert (await (await signed_in(app)).get(f"/imports/templates/{name}")).status_code == 404


async def test_columns_can_be_chosen_otherwise_and_are_checked_again(app: Litestar) -> None:
    browser = await signed_in(app)
    page = await sent(browser, "甲,乙,条码\nCUP,茶杯,123\n")
    assert "The required column “Item code” is missing." in await text(browser, page)

    chosen = {"column.code": "甲", "column.name": "乙", "column.barcode": ""}
    answer = await browser.post(f"{page}/check", data=chosen)
    told = await text(browser, page)

    assert answer.headers["location"] == page
    assert "1 would be new" in told
    assert "Columns not used: 条码." in told
    assert '<option value="甲" selected>' in (await browser.get(page)).text
    await browser.post(f"{page}/confirmation")
    found = await catalog.ids_by_code(["CUP"])
    assert (await catalog.item_drafts(found.values()))[found["CUP"]].barcodes == ()


async def test_order_lines_become_items_when_one_says_so(app: Litestar) -> None:
    browser = await signed_in(app)
    lines = "StockCode,Description\n" + "CUP,Cup\n" * 3 + "CUP,cup?\n"
    page = await sent(browser, lines)
    assert "The code “CUP” is repeated" in await text(browser, page)

    await browser.post(f"{page}/check", data={"duplicates": "most-frequent"})

    assert "1 codes have several names" in await text(browser, page)
    assert "1 would be new" in await text(browser, page)


async def test_another_sheet_of_a_workbook_can_be_read(app: Litestar, tmp_path: Path) -> None:
    browser = await signed_in(app)
    path = files.sheets(
        tmp_path / "a.xlsx",
        {"First": [{"编码": "CUP", "名称": "a"}], "Other": [{"编码": "POT", "名称": "b"}]},
    )
    page = await sent(browser, path.read_bytes(), name="a.xlsx")

    await browser.post(f"{page}/check", data={"sheet": "Other"})
    await browser.post(f"{page}/confirmation")

    assert await codes() == {"POT"}


async def test_what_would_change_is_shown_before_and_after(app: Litestar) -> None:
    browser = await signed_in(app)
    await given.item("CUP", name="小茶杯")

    page = await sent(browser)

    assert "CUP row 2 Name 小茶杯 → 茶杯" in await text(browser, page)


async def test_a_file_that_says_what_stands_has_nothing_to_import(app: Litestar) -> None:
    browser = await signed_in(app)
    await imported(browser)

    page = await sent(browser)

    assert "there is nothing to import" in await text(browser, page)
    assert "/confirmation" not in (await browser.get(page)).text


async def test_an_import_is_taken_back_after_one_has_read_what_that_means(app: Litestar) -> None:
    browser = await signed_in(app)
    await given.item("CUP", name="小茶杯")
    page = await imported(browser)

    told = await text(browser, f"{page}/undoing")
    answer = await browser.post(f"{page}/undoing")

    assert "The 1 items it added are removed, and the 1 items it changed are as they were before." in told
    assert answer.headers["location"] == page
    assert await codes() == {"CUP"}
    assert "Undone: 2 records are as they were before." in await text(browser, page)
    assert (await browser.post(f"{page}/undoing")).status_code == 409


async def test_every_record_that_keeps_an_import_from_being_undone_is_named(app: Litestar) -> None:
    browser = await signed_in(app)
    page = await imported(browser)
    await given.stock("CUP", 3, at="A-01")
    found = await catalog.ids_by_code(["POT"])
    await maintaining.switch_items(found.values(), is_active=False, by=1)

    answer = await browser.post(f"{page}/undoing")
    told = await text(browser, f"{page}/undoing")

    assert answer.status_code == 409
    assert "2 records were used or edited since" in told
    assert "Item “CUP” has stock movements." in told
    assert "“POT” was edited after the import." in told
    assert "Undo the import</button>" not in answer.text
    assert await codes() == {"CUP", "POT"}


async def test_progress_is_polled_until_the_import_is_done(
    app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await signed_in(app)
    page, seen = await sent(browser), []
    write, every = importing.commit, {"HX-Request": "true"}

    async def watched(job_id: int, **options: Any) -> Any:
        seen.append((await browser.get(page, headers=every)).text)
        return await write(job_id, **options)

    monkeypatch.setattr(importing, "commit", watched)
    await browser.post(f"{page}/confirmation")
    done = (await browser.get(page, headers=every)).text

    assert 'hx-trigger="every 500ms"' in seen[0]
    assert '<progress id="import-progress" max="2" value="0"' in seen[0]
    assert "every 500ms" not in done
    assert "<html" not in done
    assert "Imported: 2 rows" in done


async def test_a_restart_goes_on_with_what_was_begun(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await signed_in(app)
    monkeypatch.setattr(importing, "CHUNK", 1)
    page, write = await sent(browser), importing._write_chunk

    async def once(*args: Any, done: int, **options: Any) -> Any:
        if done:
            raise KeyboardInterrupt
        return await write(*args, done=done, **options)

    monkeypatch.setattr(importing, "_write_chunk", once)
    with pytest.raises(KeyboardInterrupt):
        await browser.post(f"{page}/confirmation")
    assert await codes() == {"CUP"}
    assert "1 of 2" in await text(browser, page)

    monkeypatch.setattr(importing, "_write_chunk", write)
    await continuing.go_on()

    assert await codes() == {"CUP", "POT"}
    assert "Imported: 2 rows" in await text(browser, page)


async def test_a_commit_that_fails_in_the_middle_says_so_and_can_be_gone_on_with(
    app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await signed_in(app)
    monkeypatch.setattr(importing, "CHUNK", 1)
    page, write = await sent(browser), importing._write_chunk

    async def once(*args: Any, done: int, **options: Any) -> Any:
        if done:
            raise OSError("no space left on device")
        return await write(*args, done=done, **options)

    monkeypatch.setattr(importing, "_write_chunk", once)
    await browser.post(f"{page}/confirmation")
    told = await text(browser, page)
    assert "Something went wrong and the work stopped." in told
    assert "Not finished: 1 of 2 records stand." in told

    monkeypatch.setattr(importing, "_write_chunk", write)
    await browser.post(f"{page}/confirmation")

    assert await codes() == {"CUP", "POT"}
    assert "Something went wrong" not in await text(browser, page)


async def test_what_was_changed_after_the_review_stops_the_import_and_is_named(app: Litestar) -> None:
    browser = await signed_in(app)
    page = await sent(browser)
    await given.item("CUP", name="somebody was quicker")

    await browser.post(f"{page}/confirmation")

    assert "“CUP” changed after the check." in await text(browser, page)
    assert await codes() == {"CUP"}


async def test_a_second_click_does_nothing_more(app: Litestar) -> None:
    browser = await signed_in(app)
    page = await imported(browser)

    answer = await browser.post(f"{page}/confirmation")

    assert answer.status_code == 409
    assert "has moved on meanwhile" in answer.text


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.xlsx", b"", "There is nothing in this file."),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Save"),
        ("a.pdf", b"%PDF-1.7 ...", "This is not a spreadsheet."),
        ("a.xls", b"<html><table></table></html>", "This is a web page, not a spreadsheet."),
        ("a.xlsx", b"PK\x03\x04 broken", "damaged"),
        ("a.csv", b"\xff\xfe\x00\xd8\x00\x00", ""),
    ],
)
async def test_a_hostile_or_wrong_file_ends_in_a_clear_sentence(
    app: Litestar, name: str, content: bytes, why: str
) -> None:
    browser = await signed_in(app)

    page = await sent(browser, content, name=name)
    told = await browser.get(page)

    assert 'class="notice bad" role="alert"' in told.text
    assert why in told.text
    assert "Columns" not in told.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b"no form at all",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\ncode,na',
    ],
)
async def test_an_upload_that_broke_off_leaves_nothing_behind(
    app: Litestar, data_folder: Path, body: bytes
) -> None:
    browser = await signed_in(app)

    answer = await browser.post(
        "/imports", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )

    assert answer.status_code == 422
    assert "The file did not arrive whole." in answer.text
    assert (await queries.jobs()).rows == []
    assert files_in(data_folder) == []


async def test_a_form_without_a_file_asks_for_one(app: Litestar) -> None:
    browser = await signed_in(app)

    nothing = await browser.post("/imports", files={"file": ("", b""), "kind": (None, b"items")})
    no_form = await browser.post("/imports", data={"kind": "items"})

    assert (nothing.status_code, no_form.status_code) == (422, 422)
    assert "Choose a file." in nothing.text


async def test_a_file_that_is_too_large_is_refused_and_not_kept(
    app: Litestar, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.imports.uploading.MAX_FILE", 1_000_000)
    browser = await signed_in(app)

    answer = await send(browser, b"x" * 1_000_001)

    assert answer.status_code == 422
    assert "The file is larger than 1 MB." in answer.text
    assert files_in(data_folder) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\temp\\<b>x</b>.csv", "a" * 900 + ".csv", "\x00.csv"]
)
async def test_the_name_of_a_file_is_only_a_name(app: Litestar, data_folder: Path, name: str) -> None:
    browser = await signed_in(app)

    page = await sent(browser, GOOD, name=name)

    assert (await browser.get(page)).status_code == 200
    assert "<b>" not in (await browser.get("/imports")).text
    assert {path.parent for path in data_folder.parent.rglob("*") if path.is_file()} == {data_folder}


async def test_a_buyer_imports_items_but_no_locations(app: Litestar) -> None:
    buyer = await signed_in(app, "buyer")
    places = "仓库,库位\nMAIN,Q-01\n"

    assert 'value="locations"' not in (await buyer.get("/imports/new")).text
    assert (await send(buyer, places, kind="locations")).status_code == 403
    page = await sent(await signed_in(app), places, kind="locations")

    assert (await buyer.post(f"{page}/confirmation")).status_code == 403
    assert (await buyer.post(f"{page}/check")).status_code == 403
    assert (await buyer.post(f"{page}/undoing")).status_code == 403


async def test_locations_come_in_only_where_one_works(app: Litestar) -> None:
    await given.warehouse("WEST")
    supervisor = await signed_in(app, "supervisor", warehouses=("MAIN",))

    page = await sent(supervisor, "仓库,库位\nMAIN,Q-01\nWEST,W-01\n", kind="locations")
    assert "There is no warehouse with the code “WEST”." in await text(supervisor, page)
    await imported(supervisor, "仓库,库位\nMAIN,Q-01\n", kind="locations")

    assert set(await catalog.location_ids_by_code(["Q-01", "W-01"])) == {"Q-01"}


@pytest.mark.parametrize("role", ["storekeeper", "salesperson", "finance"])
async def test_who_may_not_import_is_refused(app: Litestar, role: str) -> None:
    page = await sent(await signed_in(app))
    stranger = await signed_in(app, role)

    answers = [
        await stranger.get("/imports"),
        await stranger.get(page),
        await stranger.get(f"{page}/errors.xlsx"),
        await stranger.get("/imports/templates/items-zh.xlsx"),
        await send(stranger),
        await stranger.post(f"{page}/check"),
        await stranger.post(f"{page}/confirmation"),
        await stranger.post(f"{page}/undoing"),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert await codes() == set()


async def test_a_file_that_another_site_sends_is_not_even_read(app: Litestar, data_folder: Path) -> None:
    browser = await signed_in(app)

    answer = await browser.post(
        "/imports", files={"file": ("a.csv", GOOD)}, headers={"Origin": "https://elsewhere.example"}
    )

    assert answer.status_code == 403
    assert files_in(data_folder) == []


async def test_the_file_is_gone_after_a_week_and_the_page_says_so(app: Litestar, data_folder: Path) -> None:
    browser = await signed_in(app)
    page = await sent(browser, WRONG)
    for file in files_in(data_folder):
        file.unlink()

    await browser.post(f"{page}/check")

    assert "The result of this check is no longer at hand." in await text(browser, page)
    assert (await browser.get(f"{page}/errors.xlsx")).status_code == 404
