"""Geometry: whole dots per module, quiet zones, wrapping and shrinking, and what counts as overflow."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from server.printing import layout
from server.printing.codes import Uncodable, matrix
from server.printing.font import label_font

FONT = label_font()
NAME = layout.TextBox("name", 2, 2, 56, 12, 5, 2.4, lines=2, may_be_cut=True)
LOT = layout.TextBox("lot", 2, 2, 20, 5, 4, 2)


def placed(box: layout.TextBox, text: str) -> tuple[list[layout.Text], list[layout.Warned]]:
    result = layout.place_text(box, text, FONT)
    assert not isinstance(result, layout.Overflow), result
    return [mark for mark in result[0] if isinstance(mark, layout.Text)], result[1]


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize("content", ["A-1", "MILK-1L", "X" * 60])
def test_a_code_keeps_its_quiet_zone_inside_its_box(content: str, dpi: int) -> None:
    box = layout.CodeBox(30, 10, 25, 25)

    code = layout.place_code(box, layout.Code("qr", content), dpi)

    assert isinstance(code, layout.Barcode)
    module = code.dots / layout.dots_per_mm(dpi)
    quiet = 4 * module - 1 / layout.dots_per_mm(dpi)  # starting on a dot may move it by less than one
    assert code.x - box.x >= quiet
    assert code.y - box.y >= quiet
    assert box.x + box.width - (code.x + len(code.rows[0]) * module) >= quiet
    assert box.y + box.height - (code.y + len(code.rows) * module) >= quiet


def test_a_module_is_a_whole_number_of_dots() -> None:
    # 0.33 mm asked at 203 dpi is 2.6 dots: two are drawn, never three, or the code runs off the label.
    code = layout.place_code(layout.CodeBox(0, 0, 29 * 0.33, 29 * 0.33), layout.Code("qr", "A-1"), 203)

    assert isinstance(code, layout.Barcode)
    assert code.dots == 2


def test_a_code_too_dense_for_its_box_is_refused_not_squeezed() -> None:
    result = layout.place_code(layout.CodeBox(0, 0, 5, 5), layout.Code("qr", "X" * 300), 203)

    assert isinstance(result, layout.Overflow)
    assert result.field == "code"


def test_a_code_of_tiny_modules_warns_before_it_is_printed() -> None:
    template = layout.Template(
        "t", 20, 20, layout.CodeBox(0, 0, 8, 8), (), layout.TextBox("mark", 0, 16, 9, 3, 2, 1)
    )

    drawn = layout.compose(template, {}, layout.Code("qr", "X" * 30), FONT, 203)

    assert isinstance(drawn, layout.DisplayList)
    assert [warned.kind for warned in drawn.warnings] == ["small_module"]


def test_chinese_is_never_put_into_a_code() -> None:
    assert isinstance(matrix("qr", "批次一"), Uncodable)
    assert isinstance(matrix("qr", ""), Uncodable)


def test_a_short_name_stands_large_on_one_line() -> None:
    lines, warnings = placed(NAME, "马克杯")

    assert [line.text for line in lines] == ["马克杯"]
    assert lines[0].size == NAME.largest
    assert warnings == []


def test_a_long_name_wraps_then_shrinks() -> None:
    lines, warnings = placed(NAME, "全脂纯牛奶利乐包装常温保存整箱十二盒装礼盒限定")

    assert len(lines) == 2
    assert NAME.smallest <= lines[0].size < NAME.largest
    assert warnings == []


def test_a_name_beyond_all_measure_is_cut_and_said_so() -> None:
    name = "超" * 200

    lines, warnings = placed(NAME, name)

    assert lines[-1].text.endswith("…")
    assert warnings == [layout.Warned("cut", "name", name)]


def test_a_lot_is_refused_rather_than_cut() -> None:
    assert layout.place_text(LOT, "L" * 40, FONT) == layout.Overflow("lot", "L" * 40)


def test_a_code_shrinks_before_it_is_broken_over_two_lines() -> None:
    box = layout.TextBox("sku", 0, 0, 18.5, 7.5, 4.2, 1.8, lines=2)

    lines, _ = placed(box, "CUP-300-BLU")

    assert [line.text for line in lines] == ["CUP-300-BLU"]


def test_closing_marks_never_start_a_line() -> None:
    lines = layout.wrap("礼盒装（红色），每箱十二。", 16, 4, FONT)

    assert all(line[0] not in layout.NOT_AT_LINE_START for line in lines)


def test_a_character_without_glyph_is_named_with_its_field() -> None:
    _, warnings = placed(NAME, "杯🙂子🙂")

    assert warnings == [layout.Warned("missing_glyph", "name", "🙂")]


@pytest.mark.parametrize("character", "喆堃镕犇昇玥珺翀赟旻烜祎垚㎡①℃×±→。，￥")
def test_names_and_units_of_the_trade_have_glyphs(character: str) -> None:
    assert FONT.missing(character) == ""


@given(
    some.text(alphabet=some.sampled_from("马克杯，。()ABC abc-123 🙂"), max_size=60),
    some.floats(5, 60),
    some.floats(1.5, 8),
)
def test_wrapping_loses_nothing_but_spaces_and_stays_inside(text: str, width: float, size: float) -> None:
    lines = layout.wrap(text, width, size, FONT)

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(FONT.width(line, size) <= width or len(line) == 1 for line in lines)
