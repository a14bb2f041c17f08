"""Paint a display list with Pillow, dot for dot as the printer will, and read its codes back."""

from functools import lru_cache
from io import BytesIO
from typing import assert_never

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from server.printing.font import LABEL_FONT
from server.printing.layout import Barcode, DisplayList, Line, Mark, Rect, Text, dots_per_mm

BLACK, WHITE = 0, 255
HALF = 128


def paint(display: DisplayList) -> Image.Image:
    """Black and white, one pixel per printer dot. The preview is this picture too."""
    # Text is drawn in grey and cut at half: the hinter's own one-bit mode loses strokes of dense characters.
    return (
        paint_grey(display)
        .point(lambda value: WHITE if value >= HALF else BLACK)
        .convert("1", dither=Image.Dither.NONE)
    )


def paint_grey(display: DisplayList) -> Image.Image:
    """The same with soft edges, for printers that shade by themselves."""
    scale = dots_per_mm(display.dpi)
    image = Image.new("L", (round(display.width * scale), round(display.height * scale)), WHITE)
    pen = ImageDraw.Draw(image)
    for mark in display.marks:
        _draw(pen, mark, scale)
    return image


def _draw(pen: ImageDraw.ImageDraw, mark: Mark, scale: float) -> None:
    match mark:
        case Text():
            pen.text(
                (mark.x * scale, mark.y * scale), mark.text, BLACK, _font(mark.size * scale), anchor="ls"
            )
        case Rect():
            corners = (
                mark.x * scale,
                mark.y * scale,
                (mark.x + mark.width) * scale,
                (mark.y + mark.height) * scale,
            )
            if mark.stroke:
                pen.rectangle(corners, outline=BLACK, width=max(1, round(mark.stroke * scale)))
            else:
                pen.rectangle(corners, fill=BLACK)
        case Line():
            ends = (mark.x * scale, mark.y * scale, mark.to_x * scale, mark.to_y * scale)
            pen.line(ends, fill=BLACK, width=max(1, round(mark.stroke * scale)))
        case Barcode():
            _draw_modules(pen, mark, scale)
        case _:
            assert_never(mark)


def _draw_modules(pen: ImageDraw.ImageDraw, code: Barcode, scale: float) -> None:
    left, top, dots = round(code.x * scale), round(code.y * scale), code.dots
    for row, modules in enumerate(code.rows):
        for column, module in enumerate(modules):
            if module == "1":
                x, y = left + column * dots, top + row * dots
                pen.rectangle((x, y, x + dots - 1, y + dots - 1), fill=BLACK)


@lru_cache(64)
def _font(size: float) -> ImageFont.FreeTypeFont:
    # Float sizes: with whole ones a 38 mm line ends up to 0.9 mm from where layout put it.
    return ImageFont.truetype(LABEL_FONT, size, layout_engine=ImageFont.Layout.BASIC)


def read_codes(image: Image.Image) -> list[str]:
    """What a scanner reads on the picture, GS1 with its separators."""
    found = zxingcpp.read_barcodes(image.convert("L"), text_mode=zxingcpp.TextMode.Plain)
    return sorted(barcode.text for barcode in found if barcode.valid)


def unreadable(display: DisplayList, image: Image.Image) -> list[str]:
    """The codes that a scanner does not read as they were meant; a label with any must not be printed."""
    read = read_codes(image)
    return [content for content in display.codes if content not in read]


def as_png(image: Image.Image, dpi: int) -> bytes:
    """A one-bit PNG that knows its own size on paper."""
    buffer = BytesIO()
    image.convert("1").save(buffer, "PNG", dpi=(dpi, dpi), optimize=False, compress_level=6)
    return buffer.getvalue()


def from_png(data: bytes) -> Image.Image:
    """The picture that `as_png` wrote."""
    with Image.open(BytesIO(data)) as image:
        return image.convert("1")
