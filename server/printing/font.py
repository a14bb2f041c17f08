"""What layout must know of a TrueType font: how wide each character is, and which it cannot draw."""

from functools import cache
from pathlib import Path
from struct import Struct as Packed
from struct import unpack_from

import msgspec

LABEL_FONT = Path(__file__).parent / "fonts" / "labels.ttf"

SEGMENTS, GROUPS = 4, 12  # the two cmap formats that fonts with Chinese characters use
GROUP = Packed(">III")


class Font(msgspec.Struct, frozen=True):
    """Widths in font units by character; a character that is absent has no glyph."""

    units_per_em: int
    ascent: int
    descent: int
    advances: dict[str, int]

    def width(self, text: str, size: float) -> float:
        """How wide `text` is at `size` (the em, in whatever unit `size` has); missing glyphs count one em."""
        units = sum(self.advances.get(character, self.units_per_em) for character in text)
        return units * size / self.units_per_em

    def missing(self, text: str) -> str:
        """The characters of `text` that would come out as boxes, each once."""
        return "".join(dict.fromkeys(c for c in text if c not in self.advances))


@cache
def label_font() -> Font:
    """The font every label is drawn with, shipped beside this file."""
    return parse(LABEL_FONT.read_bytes())


def parse(data: bytes) -> Font:
    """Read the few tables that matter; anything else about the font is the painter's business."""
    tables = _tables(data)
    units_per_em = unpack_from(">H", data, tables["head"] + 18)[0]
    ascent, descent = unpack_from(">hh", data, tables["hhea"] + 4)
    advances = _advances(data, tables)
    return Font(
        units_per_em,
        ascent,
        descent,
        {
            chr(point): advances[min(glyph, len(advances) - 1)]
            for point, glyph in _glyphs(data, tables["cmap"])
        },
    )


def _tables(data: bytes) -> dict[str, int]:
    count = unpack_from(">H", data, 4)[0]
    entries = (unpack_from(">4sIII", data, 12 + 16 * index) for index in range(count))
    return {tag.decode("ascii"): offset for tag, _, offset, _ in entries}


def _advances(data: bytes, tables: dict[str, int]) -> list[int]:
    count = unpack_from(">H", data, tables["hhea"] + 34)[0]
    return [unpack_from(">H", data, tables["hmtx"] + 4 * index)[0] for index in range(count)]


def _glyphs(data: bytes, cmap: int) -> list[tuple[int, int]]:
    """(code point, glyph) of every character, from the subtable that holds most of Unicode."""
    count = unpack_from(">H", data, cmap + 2)[0]
    offsets = {cmap + unpack_from(">HHI", data, cmap + 4 + 8 * index)[2] for index in range(count)}
    formats = {unpack_from(">H", data, offset)[0]: offset for offset in offsets}
    if GROUPS in formats:
        return _groups(data, formats[GROUPS])
    return _segments(data, formats[SEGMENTS])


def _groups(data: bytes, table: int) -> list[tuple[int, int]]:
    found = []
    for index in range(unpack_from(">I", data, table + 12)[0]):
        first, last, glyph = GROUP.unpack_from(data, table + 16 + 12 * index)
        found += [(point, glyph + point - first) for point in range(first, last + 1)]
    return found


def _segments(data: bytes, table: int) -> list[tuple[int, int]]:
    double = unpack_from(">H", data, table + 6)[0]
    count = double // 2
    ends, starts, deltas, ranges = (
        table + 14,
        table + 16 + double,
        table + 16 + 2 * double,
        table + 16 + 3 * double,
    )
    found = []
    for index in range(count):
        end, start, delta, offset = (
            unpack_from(">H", data, place + 2 * index)[0] for place in (ends, starts, deltas, ranges)
        )
        for point in range(start, min(end, 0xFFFE) + 1):
            glyph = point
            if offset:
                glyph = unpack_from(">H", data, ranges + 2 * index + offset + 2 * (point - start))[0]
                if glyph == 0:
                    continue
            if glyph := (glyph + delta) & 0xFFFF:
                found.append((point, glyph))
    return found
