"""What devices report of cartons and doors beside the goods that move: plain values, read by whoever follows."""

import re
from typing import Final

import msgspec

from server import quantity
from server.outbound.notice import Look

_SIZE: Final = re.compile(r"([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,5})")
MAX_FILES: Final = 6
MOST_G: Final = 10_000_000
"""Ten tonnes: whatever weighs more is no carton."""


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """A carton was sealed, with what it weighs and measures, or opened again."""

    operation: str
    at: int
    location: int
    document: str
    is_sealed: bool
    weight_g: int = 0
    size_mm: tuple[int, int, int] = (0, 0, 0)


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A carton left with this carrier under this number."""

    operation: str
    at: int
    location: int
    document: str
    carrier: str
    tracking: str


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """The customer took a notice in, or refused it; `files` are kinds and digests of what shows it."""

    operation: str
    at: int
    document: str
    outcome: str
    reason: str = ""
    signer: str = ""
    files: tuple[tuple[str, str], ...] = ()


class Short(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody sent to a place found too little there, or more than should have been left."""

    operation: str
    at: int
    document: str
    item: int
    location: int
    lot: str
    serial: str
    reason: str


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody took back what they had reported by this operation."""

    operation: str
    undone: str


Report = Look | Closing | Sending | Door | Short | TakenBack


def weight_g(text: str) -> int:
    """Kilograms as written, in grams; 0 for what nobody can read as a weight."""
    try:
        grams = quantity.parse(text) if text else 0
    except quantity.NotAQuantity:
        return 0
    return grams if 0 <= grams <= MOST_G else 0


def typed(weight: str, size: str) -> tuple[int, tuple[int, int, int]] | None:
    """Grams and millimetres of kilograms and centimetres as people type them; None for what cannot be read."""
    read = re.fullmatch(r"([0-9]{1,3})[ ×xX*]+([0-9]{1,3})[ ×xX*]+([0-9]{1,3})", size.strip())
    grams = weight_g(weight.strip())
    if (weight.strip() and not grams) or (size.strip() and not read):
        return None
    return grams, (int(read[1]) * 10, int(read[2]) * 10, int(read[3]) * 10) if read else (0, 0, 0)


def size_mm(text: str) -> tuple[int, int, int]:
    """Length, width and height of `400x300x200`, in millimetres; zeros for anything else."""
    read = _SIZE.fullmatch(text)
    return (int(read[1]), int(read[2]), int(read[3])) if read else (0, 0, 0)
