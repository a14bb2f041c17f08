"""How stock reads in the feed: keys and bodies of rows, as devices receive them."""

from typing import Any

from server import quantity
from server.stock.lot import Lot
from server.stock.movement import Cell


def balance_key(cell: Cell) -> str:
    """`item/location/lot/serial`, empty parts kept; a slash inside a lot is written %2F."""
    return f"i-{cell.item}/l-{cell.location}/{escaped(cell.lot)}/{escaped(cell.serial)}"


def escaped(text: str) -> str:
    """A lot or serial that cannot be mistaken for two parts of a key."""
    return text.replace("%", "%25").replace("/", "%2F")


def balance_body(on_hand: int, lot: Lot | None) -> dict[str, Any]:
    """What is there, how much of it is held, and its lot's last valid day."""
    held = on_hand if lot is not None and lot.is_held else 0
    body = {"on_hand": quantity.format(on_hand), "held": quantity.format(held)}
    if lot is not None and lot.expiry:
        body["expiry"] = lot.expiry
    return body
