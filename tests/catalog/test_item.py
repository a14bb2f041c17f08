"""What makes an item whole, and the exact arithmetic of its units."""

from fractions import Fraction

import pytest

from server.catalog import item
from server.catalog.item import BarcodeDraft, ItemDraft, UnitDraft

CUP = ItemDraft(
    code="CUP", name="陶瓷杯", units=(UnitDraft("箱", 12),), barcodes=(BarcodeDraft("6901234567892"),)
)


def wrong(draft: ItemDraft) -> dict[str, str]:
    return {fault.field: fault.word.rpartition(".")[2] for fault in item.faults(item.tidy(draft))}


def changed(**fields: object) -> ItemDraft:
    return ItemDraft(**{"code": "CUP", "name": "陶瓷杯", **fields})  # type: ignore[arg-type]


def test_a_plain_item_is_whole() -> None:
    assert wrong(CUP) == {}


def test_everything_wrong_is_told_at_once() -> None:
    draft = changed(
        code=" ", name="x" * 201, unit="", scale=4, units=(UnitDraft("箱", 0), UnitDraft("箱", 2))
    )

    assert wrong(draft) == {
        "code": "missing",
        "name": "long",
        "unit": "missing",
        "units.0.factor": "factor",
        "units.1.name": "twice",
        "scale": "scale",
    }


def test_an_expiry_is_of_a_lot() -> None:
    assert item.tidy(changed(has_expiry=True)).has_lots


def test_half_a_piece_has_no_serial() -> None:
    assert wrong(changed(has_serials=True, scale=2)) == {"has_serials": "serial_whole"}


def test_a_barcode_counts_in_a_unit_of_its_item() -> None:
    assert wrong(changed(barcodes=(BarcodeDraft("4006381333931", "托"),))) == {
        "barcodes.0.unit": "unit_unknown"
    }


def test_a_scan_must_count_exactly() -> None:
    third = changed(units=(UnitDraft("份", 1, 3),), barcodes=(BarcodeDraft("4006381333931", "份"),))

    assert wrong(third) == {"barcodes.0.unit": "unit_inexact"}


def test_the_same_barcode_in_two_spellings_is_one() -> None:
    draft = changed(barcodes=(BarcodeDraft("06901234567892"), BarcodeDraft("6901234567892")))

    assert wrong(draft) == {"barcodes.1.code": "twice"}


@pytest.mark.parametrize("code", ["LOC-A-01", "usr:7", "CMD:OK", "ITM-CUP"])
def test_our_own_commands_are_no_barcodes(code: str) -> None:
    assert wrong(changed(barcodes=(BarcodeDraft(code),))) == {"barcodes.0.code": "reserved"}


def test_codes_repeated_in_a_spreadsheet_are_named_where_they_stand_again() -> None:
    twice = [item.tidy(CUP), item.tidy(changed(code="MUG")), item.tidy(CUP)]

    found = [(fault.index, fault.field) for fault in item.repeated(twice)]

    assert found == [(2, "code"), (2, "barcodes.0.code")]


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", Fraction(12)), ("0.5", Fraction(1, 2)), ("1/3", Fraction(1, 3)), (" 1 / 3 ", Fraction(1, 3)),
     ("１２", Fraction(12)), ("", None), ("-1", None), ("1/0", None), ("1e9", None), ("many", None)],
)  # fmt: skip
def test_factors_are_read_exactly_or_not_at_all(text: str, number: Fraction | None) -> None:
    assert item.read_factor(text) == number


def test_factors_are_written_as_decimals_where_that_is_exact() -> None:
    assert [item.written_factor(*pair) for pair in [(12, 1), (1, 2), (1, 3), (6, 4)]] == [
        "12",
        "0.5",
        "1/3",
        "1.5",
    ]


def test_what_is_stored_is_clean() -> None:
    assert item.clean(" ＣＵＰ 1", "NFKC") == "CUP 1"
    assert item.clean("绿茶（500㎖）") == "绿茶（500㎖）"
    assert item.clean(" CUP\t 1\u200b\x07 ") == "CUP 1"


def test_a_history_tells_only_what_changed() -> None:
    assert item.differences(CUP, changed(units=CUP.units, barcodes=CUP.barcodes, name="杯")) == {
        "name": ["陶瓷杯", "杯"]
    }
