"""Lay out a label: a template and its values become a display list in millimetres, or say what overflows."""

from collections.abc import Mapping
from math import ceil, floor
from typing import Literal

import msgspec

from server.printing.codes import Matrix, Symbology, Uncodable, matrix
from server.printing.font import Font

LINE_HEIGHT = 1.18  # of the em; Chinese characters fill theirs, so lines need air
STEP = 0.1  # mm by which text shrinks until it fits
ELLIPSIS = "…"
# Below this a thermal head's bleed closes the gaps: Code 128 with 1-dot modules stops scanning first.
SAFE_MODULE_MM = 0.25
NOT_AT_LINE_START = "，。、；：！？）】》」』”’%℃.,;:!?)]}"


class TextBox(msgspec.Struct, frozen=True):
    """Where one value goes. Text starts at the largest size, wraps, then shrinks."""

    field: str
    x: float
    y: float
    width: float
    height: float
    largest: float
    smallest: float
    lines: int = 1
    align: Literal["left", "center", "right"] = "left"
    # A name may end in "…"; a lot or a date cut short would be a lie.
    may_be_cut: bool = False


class CodeBox(msgspec.Struct, frozen=True):
    """Where the code goes, its quiet zone included."""

    x: float
    y: float
    width: float
    height: float


class Template(msgspec.Struct, frozen=True):
    """A label's size and places, in millimetres from the top left corner."""

    name: str
    width: float
    height: float
    code: CodeBox
    texts: tuple[TextBox, ...]
    mark: TextBox
    rules: tuple[tuple[float, float, float], ...] = ()  # x, y, length of separating lines


class Text(msgspec.Struct, frozen=True, tag=True):
    """One line of text; `y` is its baseline, `size` its em."""

    x: float
    y: float
    size: float
    text: str


class Rect(msgspec.Struct, frozen=True, tag=True):
    """A frame of `stroke`, or filled when `stroke` is 0."""

    x: float
    y: float
    width: float
    height: float
    stroke: float = 0


class Line(msgspec.Struct, frozen=True, tag=True):
    """A horizontal or vertical rule."""

    x: float
    y: float
    to_x: float
    to_y: float
    stroke: float


class Barcode(msgspec.Struct, frozen=True, tag=True):
    """A symbol whose modules are `dots` printer dots wide and start on a dot."""

    x: float
    y: float
    dots: int
    rows: tuple[str, ...]
    content: str


Mark = Text | Rect | Line | Barcode


class Warned(msgspec.Struct, frozen=True):
    """Something a person should know before printing; `detail` names the character, size or text."""

    kind: Literal["missing_glyph", "cut", "small_module"]
    field: str
    detail: str


class DisplayList(msgspec.Struct, frozen=True):
    """All that a painter needs, and all that was odd."""

    width: float
    height: float
    dpi: int
    marks: tuple[Mark, ...]
    warnings: tuple[Warned, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """What a reader must find in the picture."""
        return tuple(mark.content for mark in self.marks if isinstance(mark, Barcode))


class Overflow(msgspec.Struct, frozen=True):
    """A value does not fit in its box even at its smallest; printing it would print something else."""

    field: str
    detail: str


class Code(msgspec.Struct, frozen=True):
    """What the label's code says."""

    symbology: Symbology
    content: str


def dots_per_mm(dpi: int) -> float:
    """203 dpi heads have exactly 8 dots a millimetre; the others mean inches."""
    return 8.0 if dpi == 203 else dpi / 25.4


def compose(
    template: Template, values: Mapping[str, str], code: Code, font: Font, dpi: int, mark: str = ""
) -> DisplayList | Overflow:
    """Place every value of a label. `mark` is the reprint mark; its place is kept free on every template."""
    symbol = place_code(template.code, code, dpi)
    if isinstance(symbol, Overflow):
        return symbol
    marks: list[Mark] = [symbol]
    warnings = _small_module(symbol, dpi)
    marks += [Line(x, y, x + length, y, 0.25) for x, y, length in template.rules]
    for box in template.texts:
        placed = place_text(box, values.get(box.field, ""), font)
        if isinstance(placed, Overflow):
            return placed
        marks += placed[0]
        warnings += placed[1]
    if mark:
        marks += _stamp(template.mark, mark, font)
    return DisplayList(template.width, template.height, dpi, tuple(marks), tuple(warnings))


def place_code(box: CodeBox, code: Code, dpi: int) -> Barcode | Overflow:
    """The largest whole number of dots per module that leaves the quiet zone inside the box."""
    modules = matrix(code.symbology, code.content)
    if isinstance(modules, Uncodable):
        return Overflow("code", modules.reason)
    scale = dots_per_mm(dpi)
    dots = floor(box.width * scale / (modules.width + 2 * modules.quiet))
    if modules.height > 1:
        dots = min(dots, floor(box.height * scale / (modules.height + 2 * modules.quiet)))
    if dots < 1:
        return Overflow("code", f"{modules.width} modules in {box.width} mm")
    rows = _stretched(modules, box, dots, scale)
    return Barcode(
        _on_a_dot(box.x + (box.width - modules.width * dots / scale) / 2, scale),
        _on_a_dot(box.y + (box.height - len(rows) * dots / scale) / 2, scale),
        dots,
        rows,
        code.content,
    )


def _stretched(modules: Matrix, box: CodeBox, dots: int, scale: float) -> tuple[str, ...]:
    """A linear code is one row, repeated to the height of its box."""
    if modules.height > 1:
        return modules.rows
    return modules.rows * max(1, floor(box.height * scale / dots))


def _on_a_dot(mm: float, scale: float) -> float:
    return ceil(mm * scale - 1e-9) / scale


def _small_module(symbol: Barcode, dpi: int) -> list[Warned]:
    width = symbol.dots / dots_per_mm(dpi)
    return [] if width >= SAFE_MODULE_MM - 1e-9 else [Warned("small_module", "code", f"{width:.2f} mm")]


def place_text(box: TextBox, text: str, font: Font) -> tuple[list[Mark], list[Warned]] | Overflow:
    """Wrap, shrink, and only then cut (where the box allows) or give up."""
    warnings = [Warned("missing_glyph", box.field, character) for character in font.missing(text)]
    size = _best_size(box, text, font)
    if size is None and not box.may_be_cut:
        return Overflow(box.field, text)
    lines = wrap(text, box.width, size or box.smallest, font)
    if size is None:
        size = box.smallest
        lines = _cut(lines, size, box, font)
        warnings.append(Warned("cut", box.field, text))
    return [_line(line, index, size, box, font) for index, line in enumerate(lines)], warnings


def _best_size(box: TextBox, text: str, font: Font) -> float | None:
    """The largest size at which the text fits with its words whole; failing that, with a word broken."""
    steps = floor((box.largest - box.smallest) / STEP + 1e-9)
    sizes = [round(box.largest - STEP * step, 3) for step in range(steps + 1)]
    fitting = [size for size in sizes if _fits(wrap(text, box.width, size, font), size, box)]
    widest = max((font.width(piece.rstrip(), 1) for piece in _pieces(text)), default=0)
    return next((size for size in fitting if widest * size <= box.width), next(iter(fitting), None))


def _fits(lines: list[str], size: float, box: TextBox) -> bool:
    return len(lines) <= min(box.lines, floor(box.height / (size * LINE_HEIGHT) + 1e-9))


def _cut(lines: list[str], size: float, box: TextBox, font: Font) -> list[str]:
    room = max(1, min(box.lines, floor(box.height / (size * LINE_HEIGHT) + 1e-9)))
    last = lines[room - 1]
    while last and font.width(last + ELLIPSIS, size) > box.width:
        last = last[:-1]
    return [*lines[: room - 1], last + ELLIPSIS]


def _line(text: str, index: int, size: float, box: TextBox, font: Font) -> Text:
    spare = box.width - font.width(text, size)
    x = box.x + {"left": 0, "center": spare / 2, "right": spare}[box.align]
    # The ideograph's box, not the Latin ascender, decides where a line starts.
    return Text(x, box.y + size * (index * LINE_HEIGHT + 0.88), size, text)


def wrap(text: str, width: float, size: float, font: Font) -> list[str]:
    """Lines no wider than `width`: Chinese breaks anywhere but before closing marks, Latin between words."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and font.width((line + piece).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece.lstrip() if not line else piece
        while len(line) > 1 and font.width(line.rstrip(), size) > width:
            head = _longest_start(line, width, size, font)
            lines.append(line[:head])
            line = line[head:]
    return [*lines, line.rstrip()] if line.strip() else lines


def _longest_start(text: str, width: float, size: float, font: Font) -> int:
    """How many characters of one overlong word go on a line; at least one, or wrapping would never end."""
    taken = 1
    while taken < len(text) and font.width(text[: taken + 1], size) <= width:
        taken += 1
    return taken


def _pieces(text: str) -> list[str]:
    """What must stay together: a Latin word with its space, an ideograph with the marks that follow it."""
    pieces: list[str] = []
    for character in text:
        if pieces and _sticks(pieces[-1][-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _sticks(before: str, character: str) -> bool:
    if character in NOT_AT_LINE_START or character == " ":
        return True
    return _is_narrow(before) and _is_narrow(character)


def _is_narrow(character: str) -> bool:
    return character != " " and ord(character) < 0x2E80


def _stamp(box: TextBox, mark: str, font: Font) -> list[Mark]:
    """The reprint mark in its frame; it shrinks rather than fail, for it must never be left out."""
    size = min(
        box.largest, box.height / LINE_HEIGHT, box.largest * (box.width - 1) / font.width(mark, box.largest)
    )
    width = font.width(mark, size) + 1
    return [
        Rect(box.x, box.y, width, box.height, 0.3),
        Text(box.x + 0.5, box.y + box.height / 2 + size * 0.36, size, mark),
    ]
