"""An import writes exactly what was reviewed, once, in pieces, and can be taken back."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from server import db, feed
from server.catalog import maintaining
from server.catalog import queries as catalog
from server.config import settings
from server.imports import importing, queries
from server.imports.importing import Committed, Refused, Review, Undone
from server.imports.sheet import Refusal
from tests import given
from tests.imports import files

pytestmark = pytest.mark.usefixtures("database", "data_folder")


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Plans of reviews are kept in a folder of this test."""
    monkeypatch.setenv("STOCKHAND_DATA", str(tmp_path / "var"))
    settings.cache_clear()
    yield
    settings.cache_clear()


def rows(count: int) -> str:
    lines = "".join(f"SKU-{at:05},商品 {at},件,{690000000000 + at}\n" for at in range(count))
    return f"编码,名称,单位,条码\n{lines}"


async def reviewed(path: Path, kind: Any = "items", **options: Any) -> Review:
    found = await importing.review(kind, path, by=1, **options)
    assert isinstance(found, Review), found
    return found


async def committed(path: Path, **options: Any) -> int:
    review = await reviewed(path, **options)
    assert isinstance(await importing.commit(review.job, by=1), Committed)
    return review.job


async def codes() -> set[str]:
    return set(await catalog.ids_by_code([f"SKU-{at:05}" for at in range(2000)] + ["CUP", "POT"]))


async def test_a_review_changes_nothing_and_a_commit_writes_what_it_said(tmp_path: Path) -> None:
    review = await reviewed(files.csv_file(tmp_path / "a.csv", rows(600)))
    assert (review.report.new, review.report.ok, await codes()) == (600, True, set())

    done = await importing.commit(review.job, by=1)

    assert done == Committed(review.job, 600, 0)
    assert len(await codes()) == 600
    job = await queries.job(review.job)
    assert job is not None
    assert (job.state, job.rows_done, job.rows_total) == ("committed", 600, 600)


async def test_a_second_commit_writes_nothing(tmp_path: Path) -> None:
    job = await committed(files.csv_file(tmp_path / "a.csv", rows(3)))

    again = await importing.commit(job, by=1)

    assert again == Committed(job, 0, 0, already=True)


async def test_the_same_file_again_is_all_the_same(tmp_path: Path) -> None:
    path = files.csv_file(tmp_path / "a.csv", rows(3))
    await committed(path)

    review = await reviewed(path)

    assert (review.report.new, review.report.changed, review.report.same) == (0, 0, 3)


async def test_a_file_with_one_wrong_row_cannot_be_committed(tmp_path: Path) -> None:
    review = await reviewed(files.csv_file(tmp_path / "a.csv", rows(2) + ",没有编码,件,\n"))

    refused = await importing.commit(review.job, by=1)

    assert not review.report.ok
    assert isinstance(refused, Refused)
    assert await codes() == set()


async def test_what_somebody_changed_after_the_review_is_not_overwritten(tmp_path: Path) -> None:
    await given.item("CUP", name="茶杯")
    review = await reviewed(files.csv_file(tmp_path / "a.csv", "编码,名称\nCUP,大茶杯\n"))
    found = await catalog.ids_by_code(["CUP"])
    draft = (await catalog.item_drafts(found.values()))[found["CUP"]]
    await maintaining.edit_items({found["CUP"]: msgspec.structs.replace(draft, name="小茶杯")}, by=1)

    refused = await importing.commit(review.job, by=1)

    assert refused == Refused([Refusal("changed_data", {"code": "CUP"})])
    assert (await catalog.item_drafts(found.values()))[found["CUP"]].name == "小茶杯"


async def test_an_import_that_broke_off_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 100)
    review = await reviewed(files.csv_file(tmp_path / "a.csv", rows(350)))

    def break_off(_: str, done: int, __: int) -> None:
        if done == 200:
            raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        await importing.commit(review.job, by=1, progress=break_off)
    assert len(await codes()) == 200

    assert isinstance(await importing.commit(review.job, by=1), Committed)
    assert len(await codes()) == 350


async def test_progress_is_told_from_reading_to_writing(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = files.csv_file(tmp_path / "a.csv", rows(600))

    review = await reviewed(path, progress=lambda *step: told.append(step))
    await importing.commit(review.job, by=1, progress=lambda *step: told.append(step))

    stages = [stage for stage, _, _ in told]
    assert list(dict.fromkeys(stages)) == ["reading", "checking", "writing"]
    assert stages.count("writing") == 600 // importing.CHUNK
    assert told[-1] == ("writing", 600, 600)


async def test_one_click_takes_an_import_back(tmp_path: Path) -> None:
    await given.item("CUP", name="茶杯")
    before = await _catalogue()
    job = await committed(
        files.csv_file(tmp_path / "a.csv", "编码,名称,条码,箱规,箱码\nCUP,大茶杯,X1,12,X2\nPOT,壶,X3,,\n")
    )
    assert await codes() == {"CUP", "POT"}

    undone = await importing.undo(job, by=1)

    assert undone == Undone(removed=1, restored=1)
    assert await _catalogue() == before
    assert isinstance(await importing.undo(job, by=1), Refused)


async def _catalogue() -> Any:
    """What every device knows of the catalogue, live rows only."""
    lines = await db.fetch(
        db.Statement(
            "SELECT kind, key, body FROM feed_row WHERE scope = 'catalogue' AND NOT is_deleted"
            " ORDER BY kind, key"
        )
    )
    return [tuple(line) for line in lines]


async def test_an_item_that_has_moved_keeps_the_import_from_being_undone(tmp_path: Path) -> None:
    job = await committed(files.csv_file(tmp_path / "a.csv", "编码,名称\nCUP,茶杯\nPOT,壶\n"))
    await given.stock("CUP", 3, at="A-01")

    refused = await importing.undo(job, by=1)

    assert refused == Refused([Refusal("has_movements", {"code": "CUP"})])
    assert await codes() == {"CUP", "POT"}


async def test_an_item_edited_since_keeps_the_import_from_being_undone(tmp_path: Path) -> None:
    job = await committed(files.csv_file(tmp_path / "a.csv", "编码,名称\nCUP,茶杯\n"))
    found = await catalog.ids_by_code(["CUP"])
    await maintaining.switch_items(found.values(), is_active=False, by=1)

    assert await importing.undo(job, by=1) == Refused([Refusal("edited_since", {"code": "CUP"})])


async def test_locations_come_in_and_go_out_again(tmp_path: Path) -> None:
    await given.warehouse("MAIN")
    path = files.csv_file(
        tmp_path / "a.csv", "仓库,库位,库区,通道,列,层\nMAIN,Q-01,Q,Q,1,1\nMAIN,Q-02,Q,Q,2,1\n"
    )
    review = await reviewed(path, "locations")
    await importing.commit(review.job, by=1)
    assert set(await catalog.location_ids_by_code(["Q-01", "Q-02"])) == {"Q-01", "Q-02"}

    assert await importing.undo(review.job, by=1) == Undone(removed=2, restored=0)
    assert await catalog.location_ids_by_code(["Q-01", "Q-02"]) == {}


async def test_the_template_of_items_is_no_list_of_locations(tmp_path: Path) -> None:
    from server.imports.columns import ITEMS
    from server.imports.workbook import template_xlsx

    path = tmp_path / "t.xlsx"
    path.write_bytes(template_xlsx(ITEMS, "zh"))

    found = await importing.review("locations", path, by=1)

    assert found == Refusal("wrong_template", {"found": "items", "wanted": "locations"})


async def test_a_mapping_that_a_person_chose_wins(tmp_path: Path) -> None:
    path = files.csv_file(tmp_path / "a.csv", "编码,名称,英文名\nCUP,茶杯,Cup\n")

    review = await reviewed(path, columns={"name": "英文名"})

    assert review.checked.new[0].draft.name == "Cup"


REAL_DATA = Path(__file__).parents[3] / "shared" / "data" / "online-retail-40k.xlsx"


@pytest.mark.slow
@pytest.mark.skipif(not REAL_DATA.exists(), reason="the real file lies beside the checkout")
async def test_a_real_file_of_forty_thousand_order_lines_gives_its_items() -> None:
    review = await reviewed(REAL_DATA, duplicates="most-frequent")

    assert (review.report.rows, review.report.new, review.report.errors) == (40_000, 3_227, [])
    assert {"several_names", "name_from_code", "differ_only_in_case"} <= {
        note.code for note in review.report.notes
    }
    assert isinstance(await importing.commit(review.job, by=1), Committed)
    assert (await feed.head()).seq >= 3_227


async def test_a_list_that_would_make_the_book_wrong_is_told_at_the_row_and_column(tmp_path: Path) -> None:
    await given.stock("CUP", 3, at="A-01")
    await given.item("POT")
    file = files.csv_file(tmp_path / "a.csv", "编码,名称,单位,批次管理\nCUP,CUP,箱,是\nPOT,POT,箱,是\n")

    review = await reviewed(file)

    assert not review.report.ok
    assert [(error.row, error.column) for error in review.report.errors] == [(2, "单位"), (2, "批次管理")]
    assert "base unit" in review.report.errors[0].message["en"]
