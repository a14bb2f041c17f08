"""ZPL against software that is not ours: every dot survives, and no text reaches the command stream."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image, ImageChops
from zebrafy.zebrafy_zpl import ZebrafyZPL

from server.printing import label, layout, raster, zpl
from server.printing.font import label_font
from tests.printing import examples

COMMANDS = re.compile(rb"[\^~][A-Z@][A-Z0-9@]")
EXPECTED = [
    b"^XA",
    b"^FX",
    b"^FS",
    b"^PW",
    b"^LL",
    b"^LH",
    b"^LS",
    b"^LT",
    b"^PO",
    b"^FO",
    b"^GF",
    b"^FS",
    b"^PQ",
    b"^XZ",
]


def picture(what: label.Label, subject: label.Subject, media: str, dpi: int) -> Image.Image:
    display = label.draw(what, label.TEMPLATES[subject][media], label_font(), dpi)
    assert isinstance(display, layout.DisplayList), display
    return raster.paint(display)


def decoded(data: bytes) -> Image.Image:
    pictures: Any = ZebrafyZPL(data.decode("ascii")).to_images()
    return pictures[0].convert("1")  # type: ignore[no-any-return]


@pytest.mark.parametrize("encoding", ["z64", "hex"])
@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize(("subject", "media"), examples.EVERY_LAYOUT)
def test_another_program_decodes_every_dot(
    subject: label.Subject, media: str, dpi: int, encoding: zpl.Encoding
) -> None:
    image = picture(examples.BY_SUBJECT[subject], subject, media, dpi)

    there = decoded(zpl.encode(image, encoding))

    # The oracle gives back whole bytes; the label's own width is in ^PW.
    assert there.size == ((image.width + 7) // 8 * 8, image.height)
    assert there.crop((image.width, 0, *there.size)).histogram()[0] == 0
    assert ImageChops.logical_xor(there.crop((0, 0, *image.size)), image).histogram()[255] == 0


def test_the_label_states_its_own_size_and_number() -> None:
    data = zpl.encode(picture(examples.BIN, "location", "60x40", 203), note="j-7 a1 c2")

    assert b"^PW480^LL320" in data
    assert b"^PQ1,0,1,N" in data
    assert b"^FXj-7 a1 c2^FS" in data
    assert data.startswith(b"^XA")
    assert data.endswith(b"^XZ\n")


def test_the_usual_label_is_small() -> None:
    assert len(zpl.encode(picture(examples.BIN, "location", "100x70", 203))) < 6_000


@given(
    some.text(min_size=1, max_size=40)
    | some.sampled_from(["^XZ^XA^PQ999", "~JA", "^FS^XZ~DGR:A", "^GFA,1,1,1,FF"])
)
def test_no_text_becomes_a_command(name: str) -> None:
    what = label.Item("CUP", name, name[:4], "6901234567892")
    drawn = label.draw(what, label.ITEM_60X40, label_font(), 203)
    if isinstance(drawn, layout.Overflow):
        return

    for encoding in ("z64", "hex"):
        data = zpl.encode(raster.paint(drawn), encoding)

        assert COMMANDS.findall(data) == EXPECTED
        assert b"~" not in data


def test_a_note_cannot_smuggle_a_command() -> None:
    with pytest.raises(AssertionError):
        zpl.encode(Image.new("1", (8, 8), 255), note="j-1^XZ")
