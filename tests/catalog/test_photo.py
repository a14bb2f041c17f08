"""Photos of codes: read when dim, small or turned; anything else is a clear answer, never an exception."""

import io

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from server.catalog import photo


def picture(text: str, kind: zxingcpp.BarcodeFormat, scale: int = 4, **options: object) -> Image.Image:
    symbol = zxingcpp.create_barcode(text, kind, **options)
    code = Image.fromarray(symbol.to_image(scale=scale, add_quiet_zones=True)).convert("L")
    scene = Image.new("L", (1200, 900), 200)
    scene.paste(code, (300, 250))
    return scene


def as_file(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_photo_is_read_whichever_way_the_phone_was_held(turned: int) -> None:
    data = as_file(picture("LOC-A-01-1", zxingcpp.BarcodeFormat.QRCode).rotate(turned, expand=True))

    seen = photo.read(data)

    assert isinstance(seen, list)
    assert [one.text for one in seen] == ["LOC-A-01-1"]


def test_a_dim_and_blurred_photo_is_read() -> None:
    dim = picture("6901234567892", zxingcpp.BarcodeFormat.EAN13, 3).point(lambda value: 60 + value // 8)

    seen = photo.read(as_file(dim.filter(ImageFilter.GaussianBlur(0.8)), quality=70))

    assert isinstance(seen, list)
    assert [one.text for one in seen] == ["6901234567892"]


def test_gs1_keeps_its_separators_and_certificate() -> None:
    code = picture("(01)06901234567892(10)L1(21)S9", zxingcpp.BarcodeFormat.DataMatrix, 8, gs1=True)

    seen = photo.read(as_file(code, "PNG"))

    assert isinstance(seen, list)
    assert (seen[0].text, seen[0].aim) == ("010690123456789210L1\x1d21S9", "]d2")


def test_a_picture_without_codes_has_none() -> None:
    assert photo.read(as_file(Image.new("L", (640, 480), 128))) == []


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n broken", b"\xff\xd8\xff\xe0 cut"]
)
def test_what_is_no_picture_is_said_to_be_none(data: bytes) -> None:
    assert photo.read(data) == photo.NotAPicture("shape")


def test_a_picture_larger_than_any_phone_makes_is_refused_unread() -> None:
    assert photo.read(as_file(Image.new("1", (10_000, 6_000)), "PNG")) == photo.NotAPicture("size")
