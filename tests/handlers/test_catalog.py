"""The pages about items."""

import io
import re
from pathlib import Path

import pytest
from litestar import Litestar
from PIL import Image

from server.catalog import queries
from server.config import Settings
from tests import given
from tests.handlers.browsers import signed_in

CUP = {"code": "CUP", "name": "陶瓷杯", "unit": "件", "scale": "0", "is_active": "on"}
CARTON = {"units.0.name": "箱", "units.0.factor": "12"}


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures of this test go to a folder of its own."""
    monkeypatch.setattr("server.catalog.picturing.settings", lambda: Settings(data=str(tmp_path)))
    return tmp_path / "pictures"


def png(width: int = 40, height: int = 30) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_an_item_is_added_with_its_units_and_barcodes(app: Litestar) -> None:
    browser = await signed_in(app, "buyer")
    barcodes = {"barcodes.2.code": "6901234567892", "barcodes.2.unit": "箱"}

    answer = await browser.post("/catalog/items", data=CUP | CARTON | barcodes)
    page = (await browser.get(answer.headers["location"])).text

    assert answer.status_code == 303
    assert "1 箱 = 12 件" in page
    assert "06901234567892" in page


async def test_everything_wrong_with_an_item_is_told_at_once_and_what_was_typed_stays(app: Litestar) -> None:
    browser = await signed_in(app)
    wrong = {"code": "", "scale": "2", "has_serials": "on", "units.1.name": "箱", "units.1.factor": "many"}
    empty_row = {"units.0.name": "", "units.0.factor": ""}

    answer = await browser.post("/catalog/items", data=CUP | empty_row | wrong)

    assert answer.status_code == 422
    assert re.findall(r'id="([\w.]+)-error"', answer.text) == ["code", "has_serials", "units.0.factor"]
    assert 'value="many"' in answer.text
    assert 'value="陶瓷杯"' in answer.text


async def test_a_barcode_of_another_item_is_refused_beside_its_field(app: Litestar) -> None:
    browser = await signed_in(app)
    barcode = {"barcodes.0.code": "6901234567892", "barcodes.0.unit": "件"}
    await browser.post("/catalog/items", data=CUP | barcode)

    answer = await browser.post("/catalog/items", data=CUP | barcode | {"code": "MUG"})

    assert answer.status_code == 422
    assert 'id="barcodes.0.code-error">This barcode means another item' in answer.text


async def test_a_barcode_counts_the_base_unit_whatever_that_unit_is_called(app: Litestar) -> None:
    browser = await signed_in(app)
    blank = (await browser.get("/catalog/items/new")).text
    offered = re.findall(r'<option value="([^"]*)">', blank.split('id="barcodes.0.unit"')[1])[0]

    answer = await browser.post(
        "/catalog/items",
        data=CUP | {"unit": "box", "barcodes.0.code": "6901234567892", "barcodes.0.unit": offered},
    )

    assert answer.status_code == 303
    number = int(re.search(r"/items/(\d+)", answer.headers["location"])[1])  # type: ignore[index]
    assert (await queries.item_drafts([number]))[number].barcodes[0].unit == "box"


async def test_two_editors_of_an_item_do_not_overwrite_each_other(app: Litestar) -> None:
    browser = await signed_in(app)
    item = await given.item("CUP")
    form = CUP | {"version": "1"}

    first = await browser.post(f"/catalog/items/{item}", data=form | {"name": "First"})
    second = await browser.post(f"/catalog/items/{item}", data=form | {"name": "Second"})

    assert (first.status_code, second.status_code) == (303, 409)
    assert 'value="Second"' in second.text
    assert 'name="version" value="2"' in second.text
    assert (await queries.item_drafts([item]))[item].name == "First"


async def test_an_item_that_is_off_is_found_among_those_that_are_off_only(app: Litestar) -> None:
    browser = await signed_in(app)
    item = await given.item("CUP")

    await browser.post(f"/catalog/items/{item}/activation", data={"is_active": ""})

    assert "CUP" not in (await browser.get("/catalog/items?q=cup")).text.split('id="list"')[1]
    assert "CUP" in (await browser.get("/catalog/items?q=cup&off=1")).text.split('id="list"')[1]


async def test_searching_as_one_types_answers_with_the_list_alone(app: Litestar) -> None:
    browser = await signed_in(app, "salesperson")
    await given.item("CUP", name="陶瓷杯")
    await given.item("BOWL", name="碗")

    answer = await browser.get("/catalog/items?q=tcb", headers={"HX-Request": "true"})

    assert "陶瓷杯" in answer.text
    assert "碗" not in answer.text
    assert "<html" not in answer.text
    assert "HX-Request" in answer.headers["vary"]


async def test_an_empty_catalogue_says_what_to_do_next(app: Litestar) -> None:
    buyer, finance = await signed_in(app, "buyer"), await signed_in(app, "finance")

    assert "Add the first one, or import a spreadsheet." in (await buyer.get("/catalog/items")).text
    assert "Add the first one" not in (await finance.get("/catalog/items")).text


@pytest.mark.parametrize("odd", ["\x00", "%", "' OR 1=1 --", "<b>", "𠮷" * 60, "1" * 5000])
async def test_whatever_is_typed_is_only_searched_for(app: Litestar, odd: str) -> None:
    browser = await signed_in(app)

    for path in ("/catalog/items", "/catalog/partners"):
        answer = await browser.get(path, params={"q": odd})

        assert answer.status_code == 200
        assert "<b>" not in answer.text


async def test_a_page_far_beyond_the_end_is_empty(app: Litestar) -> None:
    browser = await signed_in(app)

    assert (await browser.get("/catalog/items?page=-1")).status_code == 200
    assert (await browser.get(f"/catalog/items?page={10**30}")).status_code == 200
    assert (await browser.get(f"/catalog/items/{10**30}")).status_code == 404


async def test_a_scripted_name_is_shown_as_text(app: Litestar) -> None:
    browser = await signed_in(app)
    scripted = '"><script>alert(1)</script>'

    answer = await browser.post("/catalog/items", data=CUP | {"name": scripted})
    pages = [
        await browser.get(path)
        for path in (answer.headers["location"], "/catalog/items", "/catalog/items/1/edit")
    ]

    for page in pages:
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "unsafe-inline" not in page.headers["content-security-policy"]


async def test_a_picture_is_kept_small_and_clean(app: Litestar, pictures: Path) -> None:
    browser = await signed_in(app)
    item = await given.item("CUP")
    files = {"picture": ("../../cup.png", png(3000, 1500), "image/png")}

    answer = await browser.post(f"/catalog/items/{item}/picture", files=files)
    shown = await browser.get(f"/catalog/items/{item}/picture")

    assert answer.status_code == 303
    assert shown.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(shown.content)).size == (1024, 512)
    [kept] = names(pictures)
    assert re.fullmatch(r"[0-9a-f]{64}\.webp", kept)


@pytest.mark.parametrize("upload", [b"<svg onload=alert(1)>", b"GIF89a", b"\x89PNG\r\n\x1a\n broken"])
async def test_what_is_no_picture_is_refused(app: Litestar, upload: bytes) -> None:
    browser = await signed_in(app)
    item = await given.item("CUP")

    answer = await browser.post(f"/catalog/items/{item}/picture", files={"picture": ("x.png", upload)})

    assert answer.status_code == 422
    assert 'id="picture-error"' in answer.text


async def test_an_item_page_shows_where_it_lies(app: Litestar) -> None:
    browser = await signed_in(app)
    item = await given.item("CUP")
    await given.stock("CUP", 10, at="A-01")

    page = (await browser.get(f"/catalog/items/{item}")).text

    assert re.search(r'A-01</a>.*<td class="quantity">10 件', page, re.DOTALL)
