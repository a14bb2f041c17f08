"""`stockhand import` tells people in sentences and programs in JSON; wrong rows end in exit status 1."""

from argparse import Namespace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.catalog import queries as catalog
from server.config import settings
from server.imports import commanding
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


def asked(path: Path, **options: Any) -> Namespace:
    defaults = {"kind": "items", "dry_run": False, "duplicates": "error", "map": [], "json": True}
    return Namespace(**{"file": str(path), **defaults, **options})


async def test_a_good_file_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = files.csv_file(tmp_path / "a.csv", "code,name\nCUP,Cup\n")

    assert await commanding.run(asked(path)) == 0

    told = msgspec.json.decode(capsys.readouterr().out)
    assert (told["ok"], told["committed"], told["new"]) == (True, True, 1)
    assert set(await catalog.ids_by_code(["CUP"])) == {"CUP"}


async def test_a_dry_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = files.csv_file(tmp_path / "a.csv", "code,name\nCUP,Cup\n")

    assert await commanding.run(asked(path, dry_run=True)) == 0

    told = msgspec.json.decode(capsys.readouterr().out)
    assert (told["ok"], told["committed"], told["new"]) == (True, False, 1)
    assert await catalog.ids_by_code(["CUP"]) == {}


async def test_wrong_rows_are_listed_in_both_languages_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = files.csv_file(tmp_path / "a.csv", "code,name,lot\nCUP,Cup,perhaps\n,x,yes\nPOT,Pot,no\n")

    assert await commanding.run(asked(path)) == 1

    told = msgspec.json.decode(capsys.readouterr().out)
    assert [(error["row"], error["column"], error["code"]) for error in told["errors"]] == [
        (2, "lot", "flag"),
        (3, "code", "missing"),
    ]
    assert all(error["message"]["zh"] != error["message"]["en"] for error in told["errors"])
    assert await catalog.ids_by_code(["CUP", "POT"]) == {}


@pytest.mark.parametrize(("content", "code"), [(None, "no_file"), (b"", "empty"), (b"%PDF-1.7", "no_table")])
async def test_a_file_that_cannot_be_read_is_an_error_without_a_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, code: str
) -> None:
    path = tmp_path / "a.xlsx"
    if content is not None:
        path.write_bytes(content)

    assert await commanding.run(asked(path)) == 1

    errors = msgspec.json.decode(capsys.readouterr().out)["errors"]
    assert [(error["row"], error["code"]) for error in errors] == [(0, code)]


async def test_people_read_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await given.warehouse("MAIN")
    path = files.csv_file(tmp_path / "a.csv", "仓库,库位\nMAIN,A-01\nWEST,B-01\n")

    assert await commanding.run(asked(path, kind="locations", json=False)) == 1

    assert "没有编码为“WEST”的仓库。" in capsys.readouterr().err


async def test_a_column_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = files.csv_file(tmp_path / "a.csv", "甲,乙\nCUP,茶杯\n")

    assert await commanding.run(asked(path, map=["code=甲", "name=乙"])) == 0

    assert msgspec.json.decode(capsys.readouterr().out)["columns"] == {"code": "甲", "name": "乙"}
