"""Reading codes from a photo: for phones whose camera the browser may not watch, and for bad light.

Every photo is shrunk first, since noise at full size costs seconds and finds nothing more; then it is tried
as it is and, when nothing is found, enlarged and with more contrast.
"""

import io
from typing import Final

import msgspec
import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS: Final = 50_000_000
"""More than any phone makes; a larger picture is refused before it is unpacked."""

WORKING_EDGE: Final = 1600


class Seen(msgspec.Struct, frozen=True):
    """A code in the picture: its text with GS1 separators, and the reader's word about its kind."""

    text: str
    aim: str
    format: str


class NotAPicture(msgspec.Struct, frozen=True):
    """Why this file cannot be looked at: shape (not a picture) or size."""

    reason: str


def read(data: bytes) -> list[Seen] | NotAPicture:
    """Every code in the picture, each once."""
    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MAX_PIXELS:
            return NotAPicture("size")
        # For a JPEG this skips most of the unpacking.
        picture.draft("L", (WORKING_EDGE, WORKING_EDGE))
        grey = ImageOps.exif_transpose(picture).convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return NotAPicture("shape")
    grey.thumbnail((WORKING_EDGE, WORKING_EDGE))
    return _codes(grey) or _codes(ImageOps.autocontrast(grey, cutoff=2)) or _codes(_enlarged(grey))


def _enlarged(grey: Image.Image) -> Image.Image:
    factor = max(1, min(2, 2 * WORKING_EDGE // max(grey.size)))
    return grey.resize((grey.width * factor, grey.height * factor), Image.Resampling.BICUBIC)


def _codes(picture: Image.Image) -> list[Seen]:
    found = (
        Seen(code.bytes.decode("utf-8", "replace"), code.symbology_identifier, str(code.format))
        for code in zxingcpp.read_barcodes(picture)
    )
    return list(dict.fromkeys(found))
