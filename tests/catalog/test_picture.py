"""What becomes of an uploaded picture."""

import io
import struct
import zlib

import pytest
from PIL import Image

from server.catalog import picture


def photo(width: int, height: int, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG", **options)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG that says it has ten billion pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(b"")]
    lengths = [struct.pack(">I", len(chunk) - 4) for chunk in chunks]
    sums = [struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(b"".join(part) for part in zip(lengths, chunks, sums, strict=True))


def test_a_large_photo_becomes_a_small_picture() -> None:
    copy = picture.copied(photo(4000, 1000))

    assert isinstance(copy, bytes)
    with Image.open(io.BytesIO(copy)) as image:
        assert (image.format, image.size) == ("WEBP", (1024, 256))


def test_a_picture_taken_sideways_stands_upright_and_forgets_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"

    copy = picture.copied(photo(40, 20, exif=exif))

    assert isinstance(copy, bytes)
    with Image.open(io.BytesIO(copy)) as image:
        assert image.size == (20, 40)
        assert not dict(image.getexif())


@pytest.mark.parametrize(
    ("upload", "word"),
    [(b"", "missing"), (b"hello", "picture"), (b"<svg/>", "picture"), (bomb(), "picture_large"),
     (photo(40, 20)[:200], "picture")],
)  # fmt: skip
def test_what_is_no_picture_is_refused_with_its_reason(upload: bytes, word: str) -> None:
    assert picture.copied(upload) == f"catalog.fault.{word}"
