"""A label as ZPL II: one graphic field holding the finished raster, so no text can ever become a command."""

import zlib
from base64 import b64encode
from binascii import crc_hqx
from typing import Literal

from PIL import Image, ImageChops

Encoding = Literal["z64", "hex"]


def encode(image: Image.Image, encoding: Encoding = "z64", note: str = "") -> bytes:
    """One label, printed once. `note` (job, attempt, copy) travels as a comment for whoever reads a trace.

    `^PW` and `^LL` fix the label's size, `^LH`, `^LS` and `^PO` undo what the printer remembers of others;
    `^PQ1` prints one, since copies are sent one by one.
    """
    assert image.mode == "1", "labels leave as one-bit pictures"
    row_bytes = (image.width + 7) // 8
    total = row_bytes * image.height
    assert all(character.isascii() and (character.isalnum() or character in " -") for character in note), note
    return (
        f"^XA^FX{note}^FS^PW{image.width}^LL{image.height}^LH0,0^LS0^LT0^PON^FO0,0"
        f"^GFA,{total},{total},{row_bytes},{_field(_black_is_one(image), encoding)}^FS^PQ1,0,1,N^XZ\n"
    ).encode("ascii")


def _black_is_one(image: Image.Image) -> bytes:
    """Rows padded to bytes with white; inverting the bytes instead would paint the padding black."""
    return ImageChops.invert(image).tobytes()


def _field(data: bytes, encoding: Encoding) -> str:
    if encoding == "hex":
        return data.hex().upper()
    packed = b64encode(zlib.compress(data, 9))
    # The checksum is of the text as it travels, not of what it unpacks to.
    return f":Z64:{packed.decode('ascii')}:{crc_hqx(packed, 0):04X}"
