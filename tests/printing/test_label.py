"""Every starter label at every density: it says what it should, reads back, and looks as it did."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops

from server.printing import label, layout, raster
from server.printing.font import label_font
from tests.printing import examples

GOLDEN = Path(__file__).parent / "golden"
DENSITIES = (203, 300)
# A newer FreeType may move single pixels of an edge; a moved word changes hundreds.
ALLOWED_DIFFERENCE = 0.002


def drawn(
    what: label.Label,
    subject: label.Subject,
    media: str,
    dpi: int,
    lang: label.Language = "zh",
    reprint: int = 0,
) -> layout.DisplayList:
    template = label.template(subject, media)
    assert isinstance(template, layout.Template)
    result = label.draw(what, template, label_font(), dpi, lang, reprint)
    assert isinstance(result, layout.DisplayList), result
    return result


@pytest.mark.parametrize("reprint", [0, 2])
@pytest.mark.parametrize("dpi", DENSITIES)
@pytest.mark.parametrize(("subject", "media"), examples.EVERY_LAYOUT)
def test_every_label_reads_back_as_it_was_meant(
    subject: label.Subject, media: str, dpi: int, reprint: int
) -> None:
    display = drawn(examples.BY_SUBJECT[subject], subject, media, dpi, reprint=reprint)

    image = raster.paint(display)

    assert raster.unreadable(display, image) == []
    assert raster.read_codes(image) == list(display.codes)
    assert display.warnings == ()
    assert image.size == tuple(
        round(side * layout.dots_per_mm(dpi)) for side in (display.width, display.height)
    )


@pytest.mark.parametrize("dpi", DENSITIES)
@pytest.mark.parametrize(("subject", "media"), examples.EVERY_LAYOUT)
def test_every_label_looks_as_it_did(subject: label.Subject, media: str, dpi: int) -> None:
    image = raster.paint(drawn(examples.BY_SUBJECT[subject], subject, media, dpi, reprint=1))
    golden = GOLDEN / f"{subject}_{media}_{dpi}.png"
    if not golden.exists():
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(raster.as_png(image, dpi))
        pytest.fail(f"{golden.name} did not exist: look at what was written, then keep it")

    with Image.open(golden) as before:
        different = ImageChops.logical_xor(image, before.convert("1")).histogram()[255]

    assert different <= ALLOWED_DIFFERENCE * image.width * image.height


def test_text_stays_inside_the_label_and_off_the_code() -> None:
    for subject, media in examples.EVERY_LAYOUT:
        template = label.TEMPLATES[subject][media]
        code = template.code
        for box in (*template.texts, template.mark):
            assert box.x >= 0
            assert box.y >= 0
            assert box.x + box.width <= template.width
            assert box.y + box.height <= template.height
            beside = box.x + box.width <= code.x + 0.01 or box.y + box.height <= code.y + 0.01
            assert beside, (template.name, box.field)


def test_a_lot_label_carries_article_expiry_and_lot_in_its_code() -> None:
    code = label.code_of(examples.MILK)

    assert code == layout.Code("gs1-qr", "01069012345678921727033110L20240911-A")


def test_an_article_without_gtin_travels_under_its_own_number() -> None:
    assert label.code_of(label.Lot("BOLT-8", "螺栓", "个", "7")) == layout.Code("qr", "ITM-BOLT-8/L-7")


@pytest.mark.parametrize("lot", ["甲班(早)", "A/B 7", "100%", "A(1)"])
def test_a_lot_that_gs1_cannot_carry_still_fits_into_the_code(lot: str) -> None:
    display = drawn(label.Lot("BOLT-8", "螺栓", "个", lot, "6901234567892"), "lot", "60x40", 203)

    assert raster.unreadable(display, raster.paint(display)) == []


def test_a_location_label_says_that_it_is_one() -> None:
    assert label.code_of(examples.BIN) == layout.Code("qr", "LOC-A-01-02-3")


def test_a_reprint_wears_its_mark_in_the_language_of_the_label() -> None:
    chinese = drawn(examples.CUP, "item", "60x40", 203, reprint=2)
    english = drawn(examples.CUP, "item", "60x40", 203, "en", reprint=2)
    first = drawn(examples.CUP, "item", "60x40", 203)

    assert "补打 2" in texts(chinese)
    assert "REPRINT 2" in texts(english)
    assert not any("补打" in text for text in texts(first))


def test_the_wrong_label_size_is_refused_with_the_sizes_that_would_do() -> None:
    assert label.template("receipt", "40x30") == label.WrongMedia("40x30", ("60x40",))
    assert label.template("location", label.ANY_MEDIA) == label.LOCATION_100X70


def test_a_smudged_code_is_noticed_before_it_is_printed() -> None:
    display = drawn(examples.BIN, "location", "60x40", 203)
    image = raster.paint(display)

    image.paste(0, (300, 140, 420, 220))

    assert raster.unreadable(display, image) == ["LOC-A-01-02-3"]


def test_the_picture_survives_being_stored() -> None:
    image = raster.paint(drawn(examples.BIN, "location", "60x40", 203))

    again = raster.from_png(raster.as_png(image, 203))

    assert again.tobytes() == image.tobytes()


def texts(display: layout.DisplayList) -> list[str]:
    return [mark.text for mark in display.marks if isinstance(mark, layout.Text)]
