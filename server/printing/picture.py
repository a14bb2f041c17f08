"""From a label's fields to the pictures that may be printed, or the reason why none may."""

import msgspec

from server.printing import label, raster, zpl
from server.printing.font import label_font
from server.printing.label import Label, Language, WrongMedia
from server.printing.layout import Overflow, Warned


class Pictures(msgspec.Struct, frozen=True):
    """A label ready for its printer: as it is, and with the reprint mark where some copy needs it."""

    plain: bytes
    marked: bytes | None
    warnings: tuple[Warned, ...]


class Spoilt(msgspec.Struct, frozen=True):
    """Why this label must not be printed: a word's key and what it is about."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


def draw(what: Label, media: str, dpi: int, lang: Language, reprint: int = 0) -> Pictures | Spoilt:
    """Both pictures, each read back by a scanner's eye; `reprint` is the attempt's number for the mark."""
    plain = _drawn(what, media, dpi, lang, 0)
    if isinstance(plain, Spoilt) or not reprint:
        return plain
    marked = _drawn(what, media, dpi, lang, reprint)
    if isinstance(marked, Spoilt):
        return marked
    return Pictures(plain.plain, marked.plain, plain.warnings)


def _drawn(what: Label, media: str, dpi: int, lang: Language, reprint: int) -> Pictures | Spoilt:
    layout = label.template(label.subject_of(what), media)
    if isinstance(layout, WrongMedia):
        return Spoilt("wrong_media", f"{layout.loaded} → {', '.join(layout.wanted)}")
    display = label.draw(what, layout, label_font(), dpi, lang, reprint)
    if isinstance(display, Overflow):
        return Spoilt("overflow", f"{display.field} {display.detail}")
    image = raster.paint(display)
    if unread := raster.unreadable(display, image):
        return Spoilt("unreadable", unread[0])
    return Pictures(raster.as_png(image, dpi), None, display.warnings)


def as_zpl(png: bytes, encoding: str, note: str) -> bytes:
    """The finished picture in a label printer's language."""
    return zpl.encode(raster.from_png(png), "hex" if encoding == "hex" else "z64", note)
