"""Spreadsheets as they are: odd, broken, enormous or made to hurt. The server survives and says why."""

import asyncio
import datetime as dt
import zipfile
import zlib
from pathlib import Path

import pytest

from server.imports import child, sheet
from server.imports.reading import read_table
from server.imports.sheet import Bad, Day, Refusal, Table
from server.words import has
from tests.imports import files

ROWS = [["编码", "名称"], ["A1", "茶杯"], ["A2", "茶壶"]]


def read(path: Path, sheet: str = "") -> Table | Refusal:
    return asyncio.run(read_table(path, titles=frozenset({"编码", "名称"}), sheet=sheet))


def table(path: Path, sheet: str = "") -> Table:
    found = read(path, sheet)
    assert isinstance(found, Table), found
    return found


def refusal(path: Path) -> str:
    found = read(path)
    assert isinstance(found, Refusal), found
    assert has(f"imports.refused.{found.code}")
    return found.code


def notes(found: Table) -> list[str]:
    assert all(has(f"imports.note.{note.code}") for note in found.notes)
    return [note.code for note in found.notes]


# What people send


def test_a_workbook_is_read_with_the_numbers_of_its_rows(tmp_path: Path) -> None:
    found = table(files.workbook(tmp_path / "a.xlsx", files.text_rows(ROWS)))

    assert found.header == ("编码", "名称")
    assert [(row.number, row.cells) for row in found.rows] == [(2, ["A1", "茶杯"]), (3, ["A2", "茶壶"])]


def test_empty_rows_and_a_title_above_do_not_shift_the_numbers(tmp_path: Path) -> None:
    cells = files.text_rows([["库存资料 2026"]], first=3) + files.text_rows([*ROWS], first=6)

    found = table(files.workbook(tmp_path / "a.xlsx", cells))

    assert found.header_row == 6
    assert [row.number for row in found.rows] == [7, 8]
    assert notes(found) == ["rows_above"]


def test_numbers_dates_and_truth_keep_their_kind(tmp_path: Path) -> None:
    row = {
        "编码": 12.0,
        "价": 1.5,
        "日": dt.date(2026, 7, 14),
        "时": dt.datetime(2026, 7, 14, 8, 30),  # noqa: DTZ001  # a cell has no zone
        "是": True,
    }

    found = table(files.sheet(tmp_path / "a.xlsx", [row]))

    cells = found.rows[0].cells
    assert [sheet.as_text(cell) for cell in cells[:2]] == ["12", "1.5"]
    assert cells[2:] == [Day("2026-07-14"), Day("2026-07-14T08:30:00"), True]


def test_a_long_number_is_told_to_be_damaged_and_a_long_text_is_not(tmp_path: Path) -> None:
    cells = files.text_rows([["编码", "条码"]]) + (
        '<row r="2"><c r="A2"><v>6901234567890123456</v></c>' + files.text_cell("B2", "00123") + "</row>"
    )

    found = table(files.workbook(tmp_path / "a.xlsx", cells))

    assert found.rows[0].cells == [Bad("long_number", "6.90123456789012e+18"), "00123"]


def test_error_cells_and_formulas_without_result_are_not_empty(tmp_path: Path) -> None:
    cells = files.text_rows([["编码", "a", "b", "c"]]) + (
        '<row r="2">'
        + files.text_cell("A2", "A1")
        + '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="C2"><f>A2</f></c>'
        + '<c r="D2"><f>1+1</f><v>2</v></c></row>'
    )

    found = table(files.workbook(tmp_path / "a.xlsx", cells))

    assert found.rows[0].cells == ["A1", Bad("formula_error", "#DIV/0!"), Bad("formula_empty"), 2.0]
    assert notes(found) == ["formulas", "formula_errors"]


@pytest.mark.slow
def test_many_formulas_are_seen_whole_wherever_the_stream_is_cut(tmp_path: Path) -> None:
    cells = files.text_rows([["编码", "数"]]) + "".join(
        f'<row r="{at}">{files.text_cell(f"A{at}", f"SKU-{at}")}'
        f'<c r="B{at}"><f t="shared" si="0"/><v>{at}</v></c></row>'
        for at in range(2, 20_000)
    )

    found = table(files.workbook(tmp_path / "a.xlsx", cells))

    assert [row.cells[1] for row in found.rows] == [float(at) for at in range(2, 20_000)]
    assert found.notes[0].args["count"] == 19_998


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_far_cell_is_found_behind_a_megabyte_of_near_ones(tmp_path: Path, prefix: str) -> None:
    near = "".join(f"<{prefix}c r='A{at}'><{prefix}v>1</{prefix}v></{prefix}c>" for at in range(1, 60_000))

    path = files.workbook(tmp_path / "a.xlsx", f"{near}<{prefix}c r='XFD1048576'/>")

    assert refusal(path) == "far_cell"


def test_merged_cells_are_marked_below_their_first(tmp_path: Path) -> None:
    cells = (
        files.text_rows([["编码", "名称"], ["A1", "杯"]])
        + '<row r="3"><c r="A3"/>'
        + files.text_cell("B3", "x")
        + "</row>"
    )
    merged = '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'

    found = table(files.workbook(tmp_path / "a.xlsx", cells, after=merged))

    assert [row.cells[0] for row in found.rows] == ["A1", Bad("merged")]


def test_the_first_visible_sheet_with_data_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    files.sheets(path, {"说明": [], "商品": [{"编码": "A1"}], "旧": [{"编码": "B1"}]})

    found = table(path)

    assert (found.sheet, found.sheets) == ("商品", ("说明", "商品", "旧"))
    assert notes(found) == ["other_sheets"]
    assert table(path, sheet="旧").rows[0].cells == ["B1"]


def test_two_hundred_columns_are_read(tmp_path: Path) -> None:
    found = table(files.sheet(tmp_path / "a.xlsx", [{f"c{at}": at for at in range(200)}]))

    assert len(found.header) == 200


TEXT = '编码,名称\nA1,茶杯\nA2,"大,壶"\n'


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_csv_is_read_in_the_encodings_that_programs_write(tmp_path: Path, encoding: str) -> None:
    found = table(files.csv_file(tmp_path / "a.csv", TEXT, encoding))

    assert found.header == ("编码", "名称")
    assert [row.cells for row in found.rows] == [["A1", "茶杯"], ["A2", "大,壶"]]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_csv_is_read_with_any_usual_separator(tmp_path: Path, delimiter: str) -> None:
    rows = "\n".join(
        delimiter.join(row) for row in (("编码", "价, 元", "b"), ("A1", "1,5", "x"), ("A2", "2,5", "y"))
    )
    text = rows if delimiter != "," else TEXT

    found = table(files.csv_file(tmp_path / "a.csv", text))

    assert found.rows[0].cells[:2] == (["A1", "1,5"] if delimiter != "," else ["A1", "茶杯"])


def test_csv_may_name_its_separator_and_break_lines_inside_quotes(tmp_path: Path) -> None:
    found = table(files.csv_file(tmp_path / "a.csv", 'sep=;\r\n编码;名称\r\nA1;"茶\r\n杯"\r\n\r\nA2;壶\r\n'))

    assert [(row.number, row.cells) for row in found.rows] == [(3, ["A1", "茶\r\n杯"]), (5, ["A2", "壶"])]


def test_the_content_counts_not_the_name(tmp_path: Path) -> None:
    found = table(files.csv_file(tmp_path / "a.xlsx", TEXT))

    assert len(found.rows) == 2
    assert notes(found) == ["wrong_ending"]


# What hurts


def test_one_cell_at_the_far_end_is_refused_before_it_asks_for_all_memory(tmp_path: Path) -> None:
    cells = files.text_rows([["编码"]]) + f'<row r="1048576">{files.text_cell("XFD1048576", "x")}</row>'
    path = files.workbook(tmp_path / "a.xlsx", cells)

    found = read(path)

    assert path.stat().st_size < 5000
    assert isinstance(found, Refusal)
    assert (found.code, found.args["cell"]) == ("far_cell", "XFD1048576")


@pytest.mark.parametrize("reference", ["&#88;FD1048576", "A1048576", "XFD1", "$XFD$1048576", "xfd1048576"])
def test_a_far_cell_is_found_however_it_is_written(tmp_path: Path, reference: str) -> None:
    cells = files.text_rows([["编码"]]) + f"<row><c t='n' r='{reference}'><v>1</v></c></row>"

    assert refusal(files.workbook(tmp_path / "a.xlsx", cells)) in {"far_cell", "damaged", "too_large"}


@pytest.mark.slow
def test_a_zip_bomb_is_refused_by_its_true_size(tmp_path: Path) -> None:
    bomb = {"xl/media/x.bin": b"\0" * 301_000_000}

    path = files.workbook(tmp_path / "a.xlsx", files.text_rows(ROWS), more=bomb)

    assert path.stat().st_size < 2_000_000
    assert refusal(path) == "bomb"


@pytest.mark.slow
def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = files.workbook(
        tmp_path / "a.xlsx", files.text_rows(ROWS), more={"xl/styles.xml": b" " * 301_000_000}
    )
    content = path.read_bytes().replace((301_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    path.write_bytes(content)

    assert refusal(path) in {"bomb", "damaged"}


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><sst>&b;</sst>'

    assert (
        refusal(
            files.workbook(
                tmp_path / "a.xlsx", files.text_rows(ROWS), more={"xl/sharedStrings.xml": entities}
            )
        )
        == "bomb"
    )


def test_ten_thousand_entries_are_refused(tmp_path: Path) -> None:
    many = {f"xl/media/{at}.xml": "x" for at in range(3000)}

    assert refusal(files.workbook(tmp_path / "a.xlsx", files.text_rows(ROWS), more=many)) == "bomb"


def test_a_truncated_workbook_is_damaged(tmp_path: Path) -> None:
    path = files.workbook(tmp_path / "a.xlsx", files.text_rows(ROWS))
    path.write_bytes(path.read_bytes()[:-400])

    assert refusal(path) == "damaged"


def test_a_workbook_with_spoiled_content_is_damaged(tmp_path: Path) -> None:
    path = files.workbook(tmp_path / "a.xlsx", files.text_rows(ROWS * 50))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = b"\xff" * 40
    path.write_bytes(content)

    assert refusal(path) == "damaged"


def test_broken_markup_in_a_sheet_is_damaged(tmp_path: Path) -> None:
    assert refusal(files.workbook(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>1</row>')) == "damaged"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"  \r\n ", "empty"),
        (OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 200, "password"),
        (OLE + "Workbook".encode("utf-16-le") + b"\0" * 200, "old_excel"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "web_page"),
        (b'<?xml version="1.0"?><Workbook/>', "web_page"),
        (b"%PDF-1.7\n", "no_table"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "no_table"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0abc", "no_table"),
        (bytes(range(256)), "no_table"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (b"\xff\xff\xfe\xfa\x81\xff,\xff", "encoding"),
    ],
)
def test_what_is_no_spreadsheet_is_named(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)

    assert refusal(path) == code


def test_other_zip_files_are_named(tmp_path: Path) -> None:
    for name, code in (
        ("content.xml", "other_workbook"),
        ("xl/workbook.bin", "other_workbook"),
        ("x.txt", "no_table"),
    ):
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr(name, "x")
        assert refusal(tmp_path / "a.xlsx") == code


def test_an_empty_sheet_is_empty(tmp_path: Path) -> None:
    assert refusal(files.workbook(tmp_path / "a.xlsx", "")) == "empty"


def test_too_many_rows_or_columns_are_refused(tmp_path: Path) -> None:
    assert refusal(files.csv_file(tmp_path / "a.csv", "a\n" * 200_002)) == "too_large"
    assert refusal(files.csv_file(tmp_path / "b.csv", "a," * 300)) == "too_large"


def test_a_child_that_dies_is_a_refusal_not_an_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer = tmp_path / "killer.py"
    killer.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGABRT)\n")
    monkeypatch.setattr("server.imports.reading.sys.executable", str(_script(tmp_path, killer)))

    assert refusal(files.csv_file(tmp_path / "a.csv", TEXT)) == "too_hard"


def _script(folder: Path, program: Path) -> Path:
    import sys

    script = folder / "python"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} {program}\n")
    script.chmod(0o755)
    return script


def test_the_reading_process_limits_itself(tmp_path: Path) -> None:
    """Were the look beforehand to miss a bomb, the reader would still only kill itself."""
    import subprocess
    import sys

    program = f"from server.imports import child\nchild.limit_this_process()\nx = bytearray({child.MEMORY})\n"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert b"MemoryError" in done.stderr


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_seconds(tmp_path: Path) -> None:
    rows = "".join(f"SKU-{at},茶杯 {at},件,{at}\n" for at in range(100_000))
    seen: list[int] = []

    found = asyncio.run(
        read_table(
            files.csv_file(tmp_path / "a.csv", "编码,名称,单位,数\n" + rows),
            progress=lambda done, _: seen.append(done),
        )
    )

    assert isinstance(found, Table)
    assert len(found.rows) == 100_000
    assert seen == sorted(seen)
    assert len(seen) > 10


# Values


@pytest.mark.parametrize(
    ("cell", "number"),
    [("１２", "12"), ("1,200", "1200"), ("12.50 ", "12.50"), (3.0, "3"), (0.1, "0.1"), (1e-7, "1E-7"),
     ("1,20", None), ("abc", None), ("", None), (None, None), (True, None), ("1，200", "1200")],
)  # fmt: skip
def test_numbers_are_understood_as_typed(cell: sheet.Cell, number: str | None) -> None:
    found = sheet.as_decimal(cell)

    assert (str(found) if found is not None else None) == number


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026/7/14", "2026-07-14"),
        ("2026年7月14日", "2026-07-14"),
        ("20260714", "2026-07-14"),
        ("２０２６-07-14", "2026-07-14"),
        (Day("2026-07-14T10:00:00"), "2026-07-14"),
        ("2026-02-30", None),
        ("soon", None),
        (46217.0, None),
    ],
)
def test_days_are_understood_as_typed(cell: sheet.Cell, day: str | None) -> None:
    assert sheet.as_day(cell) == day


@pytest.mark.parametrize(
    ("cell", "flag"),
    [
        ("是", True),
        ("否", False),
        ("YES", True),
        ("No ", False),
        (True, True),
        (0.0, False),
        (1.0, True),
        ("Ｙ", True),
        ("也许", None),
    ],
)
def test_yes_and_no_are_understood_in_both_languages(cell: sheet.Cell, flag: bool | None) -> None:
    assert sheet.as_flag(cell) is flag


def test_columns_are_named_as_spreadsheets_name_them() -> None:
    assert [sheet.column_letters(at) for at in (0, 25, 26, 701, 702, 16383)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
        "XFD",
    ]
    assert [sheet.column_index(name) for name in ("A", "Z", "AA", "XFD")] == [0, 25, 26, 16383]


def test_a_stored_entry_that_claims_more_than_the_file_has_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    content = path.read_bytes()
    crc = zlib.crc32(b"<x/>").to_bytes(4, "little")
    path.write_bytes(content.replace(crc + (4).to_bytes(4, "little"), crc + (400_000).to_bytes(4, "little")))

    assert refusal(path) == "damaged"
