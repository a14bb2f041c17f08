"""Barcodes as matrices of modules: what they say, how big they are, whether they may be drawn at all."""

from typing import Literal

import msgspec
import zxingcpp

from server.catalog import gs1

Symbology = Literal["qr", "gs1-qr", "datamatrix", "gs1-datamatrix", "code128"]

FORMATS = {
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "gs1-qr": zxingcpp.BarcodeFormat.QRCode,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "gs1-datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "code128": zxingcpp.BarcodeFormat.Code128,
}
# Modules of white that readers need on every side; linear codes only at their ends.
QUIET = {"qr": 4, "gs1-qr": 4, "datamatrix": 1, "gs1-datamatrix": 1, "code128": 10}


class Matrix(msgspec.Struct, frozen=True):
    """One symbol without quiet zone; each row is text of 1 (dark) and 0."""

    rows: tuple[str, ...]
    quiet: int

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @property
    def height(self) -> int:
        return len(self.rows)


class Uncodable(msgspec.Struct, frozen=True):
    """This text cannot become this code, and why."""

    content: str
    reason: str


def matrix(symbology: Symbology, content: str) -> Matrix | Uncodable:
    """The modules of `content`; GS1 contents are element strings as scanners deliver them.

    Only ASCII is taken: readers disagree about the character set of anything else in a QR code.
    """
    text = _bracketed(content) if symbology.startswith("gs1") else content
    if not text or not text.isascii() or not text.isprintable():
        return Uncodable(content, "ascii")
    try:
        barcode = zxingcpp.create_barcode(text, FORMATS[symbology], **_options(symbology))
    except ValueError as error:
        return Uncodable(content, str(error))
    image = barcode.to_image(scale=1, add_quiet_zones=False)
    height, width = image.shape
    pixels = bytes(memoryview(image).cast("B"))  # type: ignore[arg-type]  # the stub does not know the buffer
    if symbology == "code128":
        height = 1
    lines = [pixels[row * width : (row + 1) * width] for row in range(height)]
    return Matrix(tuple("".join("0" if pixel else "1" for pixel in line) for line in lines), QUIET[symbology])


def _bracketed(content: str) -> str:
    """Element strings as the drawing library wants them, `(01)…(10)…`; empty when they are none."""
    return "".join(f"({ai}){value}" for ai, value, _ in gs1.elements_of(content) or ())


def _options(symbology: Symbology) -> dict[str, object]:
    options: dict[str, object] = {"gs1": True} if symbology.startswith("gs1") else {}
    # A quarter of the symbol may be scratched away: labels live on shelves and forklift posts.
    return options | {"ec_level": "Q"} if "qr" in symbology else options
