"""The starter labels: what each says, what its code says, and where everything stands."""

from typing import Literal

import msgspec

from server.catalog import barcode
from server.printing.font import Font
from server.printing.layout import Code, CodeBox, DisplayList, Overflow, Template, TextBox, compose

Subject = Literal["item", "lot", "location", "receipt"]
Language = Literal["zh", "en"]

ANY_MEDIA = "any"
WORDS = {
    "lot": ("批次", "Lot"),
    "expiry": ("有效期至", "Use by"),
    "made_on": ("生产日期", "Made on"),
    "unit": ("单位", "Unit"),
    "quantity": ("数量", "Qty"),
    "document": ("入库单", "Receipt"),
    "received_on": ("入库日期", "Received"),
    "warehouse": ("仓库", "Warehouse"),
    "zone": ("库区", "Zone"),
    "reprint": ("补打", "REPRINT"),
}


class Item(msgspec.Struct, frozen=True, tag="item"):
    """One article; its GTIN, where it has one, is what its code says."""

    sku: str
    name: str
    unit: str
    gtin: str = ""
    serial: str = ""


class Lot(msgspec.Struct, frozen=True, tag="lot"):
    """One batch of an article."""

    sku: str
    name: str
    unit: str
    lot: str
    gtin: str = ""
    expiry: str = ""
    made_on: str = ""
    serial: str = ""


class Location(msgspec.Struct, frozen=True, tag="location"):
    """A bin, read from two metres away."""

    code: str
    warehouse: str
    zone: str = ""


class Receipt(msgspec.Struct, frozen=True, tag="receipt"):
    """What arrived: goes on the pallet at the dock."""

    sku: str
    name: str
    unit: str
    document: str = ""
    quantity: str = ""
    lot: str = ""
    expiry: str = ""
    received_on: str = ""
    gtin: str = ""


Label = Item | Lot | Location | Receipt

ITEM_60X40 = Template(
    "item 60x40",
    60,
    40,
    CodeBox(35.5, 15, 23, 23),
    (
        TextBox("name", 2, 2, 56, 12, 5, 2.4, lines=2, may_be_cut=True),
        TextBox("sku", 2, 16, 33, 10, 6.5, 2.2, lines=2),
        TextBox("unit", 2, 26.5, 33, 4, 3.2, 2),
        TextBox("gtin", 2, 30.6, 33, 3.6, 2.6, 1.6),
    ),
    TextBox("mark", 2, 34.6, 20, 4, 3.2, 2),
    ((2, 14.4, 56),),
)
ITEM_40X30 = Template(
    "item 40x30",
    40,
    30,
    CodeBox(20, 10.2, 18.5, 18.5),
    (
        TextBox("name", 1.5, 1.5, 37, 8, 3.4, 2, lines=2, may_be_cut=True),
        TextBox("sku", 1.5, 11, 18.5, 7.5, 4.2, 1.8, lines=2),
        TextBox("unit", 1.5, 19, 18.5, 3, 2.5, 1.8),
        TextBox("gtin", 1.5, 22.2, 18.5, 2.8, 2.2, 1.3),
    ),
    TextBox("mark", 1.5, 25.4, 15, 3.2, 2.6, 1.8),
)
LOT_60X40 = Template(
    "lot 60x40",
    60,
    40,
    CodeBox(34.5, 14, 24.5, 24.5),
    (
        TextBox("name", 2, 1.6, 56, 8, 4.2, 2.2, lines=2, may_be_cut=True),
        TextBox("sku", 2, 9.8, 32, 4, 3.2, 1.8),
        TextBox("unit", 36, 9.8, 22, 4, 3, 1.8, align="right"),
        TextBox("lot", 2, 15, 32, 7.6, 4.4, 2, lines=2),
        TextBox("expiry", 2, 23.2, 32, 5.2, 3.8, 2, lines=1),
        TextBox("made_on", 2, 28.6, 32, 3, 2.5, 1.6),
        TextBox("gtin", 2, 31.6, 32, 2.8, 2.2, 1.2),
    ),
    TextBox("mark", 2, 34.6, 20, 4, 3.2, 2),
    ((2, 14, 56),),
)
LOCATION_100X70 = Template(
    "location 100x70",
    100,
    70,
    CodeBox(56, 26, 42, 42),
    (
        TextBox("code", 3, 3, 94, 22, 18, 5),
        TextBox("warehouse", 3, 30, 52, 14, 6, 2.6, lines=2, may_be_cut=True),
        TextBox("zone", 3, 45, 52, 12, 6, 2.6, lines=2, may_be_cut=True),
    ),
    TextBox("mark", 3, 61, 30, 6, 5, 2),
    ((3, 25.6, 94),),
)
LOCATION_60X40 = Template(
    "location 60x40",
    60,
    40,
    CodeBox(35.5, 15, 23, 23),
    (
        TextBox("code", 2, 2, 56, 12, 10, 3.5),
        TextBox("warehouse", 2, 17, 33, 8, 3.4, 2, lines=2, may_be_cut=True),
        TextBox("zone", 2, 25.4, 33, 8, 3.4, 2, lines=2, may_be_cut=True),
    ),
    TextBox("mark", 2, 34.6, 20, 4, 3.2, 2),
    ((2, 14.4, 56),),
)
RECEIPT_60X40 = Template(
    "receipt 60x40",
    60,
    40,
    CodeBox(34.5, 14, 24.5, 24.5),
    (
        TextBox("name", 2, 1.6, 56, 8, 4.2, 2.2, lines=2, may_be_cut=True),
        TextBox("sku", 2, 9.8, 30, 4, 3.2, 1.6),
        TextBox("document", 32.5, 9.8, 25.5, 4, 3, 1.4, align="right"),
        TextBox("quantity", 2, 15, 32, 6.4, 5, 2),
        TextBox("lot", 2, 21.6, 32, 4.6, 3.4, 1.6),
        TextBox("expiry", 2, 26.4, 32, 4, 3.2, 1.8),
        TextBox("received_on", 2, 30.6, 32, 3.6, 2.8, 1.8),
    ),
    TextBox("mark", 2, 34.6, 20, 4, 3.2, 2),
    ((2, 14, 56),),
)
# By subject, then by the label size that is loaded; the first is taken where any size will do.
TEMPLATES: dict[Subject, dict[str, Template]] = {
    "item": {"60x40": ITEM_60X40, "40x30": ITEM_40X30},
    "lot": {"60x40": LOT_60X40},
    "location": {"100x70": LOCATION_100X70, "60x40": LOCATION_60X40},
    "receipt": {"60x40": RECEIPT_60X40},
}
MEDIA = (ANY_MEDIA, "60x40", "40x30", "100x70")


class WrongMedia(msgspec.Struct, frozen=True):
    """The printer has labels of a size that this subject has no layout for."""

    loaded: str
    wanted: tuple[str, ...]


def template(subject: Subject, media: str) -> Template | WrongMedia:
    """The layout of `subject` for the labels that are loaded."""
    sizes = TEMPLATES[subject]
    if media == ANY_MEDIA:
        return next(iter(sizes.values()))
    return sizes.get(media) or WrongMedia(media, tuple(sizes))


def draw(
    label: Label, layout: Template, font: Font, dpi: int, lang: Language = "zh", reprint: int = 0
) -> DisplayList | Overflow:
    """The finished display list; `reprint` ≥ 1 marks it as a copy that may exist already."""
    mark = f"{_word('reprint', lang)} {reprint}" if reprint else ""
    return compose(layout, values(label, lang), code_of(label), font, dpi, mark)


def subject_of(label: Label) -> Subject:
    """Which family of layouts a label belongs to."""
    match label:
        case Item():
            return "item"
        case Lot():
            return "lot"
        case Location():
            return "location"
        case Receipt():
            return "receipt"


def title(label: Label) -> str:
    """One line that names the label in lists."""
    match label:
        case Item():
            return f"{label.sku} {label.name}"
        case Lot():
            return f"{label.sku} {label.lot} {label.name}"
        case Location():
            return label.code
        case Receipt():
            return f"{label.document} {label.sku} {label.name}".strip()


def code_of(label: Label) -> Code:
    """What the code says, in the grammar that our resolver reads: GS1 where GS1 can say it."""
    if isinstance(label, Location):
        return Code("qr", barcode.location_label(label.code))
    lot, expiry = (None, None) if isinstance(label, Item) else (label.lot or None, label.expiry or None)
    # The drawing library takes brackets in a lot for application identifiers; our own grammar carries them.
    gtin = None if lot and "(" in lot else label.gtin or None
    serial = None if isinstance(label, Receipt) else label.serial or None
    text = barcode.item_label(label.sku, gtin, lot, expiry, serial)
    return Code("qr" if text.startswith("ITM-") else "gs1-qr", text)


def values(label: Label, lang: Language) -> dict[str, str]:
    """The label's texts with their captions; names, codes and quantities speak for themselves."""
    plain = {key: value for key, value in msgspec.structs.asdict(label).items() if value}
    if "serial" in plain:
        plain["gtin"] = f"S/N {plain['serial']}"
    captioned = ("lot", "expiry", "made_on", "unit", "document", "received_on", "warehouse", "zone")
    texts = {
        key: f"{_word(key, lang)} {value}" if key in captioned else value for key, value in plain.items()
    }
    if "quantity" in plain:
        texts["quantity"] = f"{plain['quantity']} {plain['unit']}"
    return texts


def _word(key: str, lang: Language) -> str:
    chinese, english = WORDS[key]
    return english if lang == "en" else chinese
