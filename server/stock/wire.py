"""How stock reads in the feed: keys and bodies of rows, as devices receive them."""

import msgspec

from server import quantity
from server.stock.lot import Lot
from server.stock.movement import Cell


def balance_key(cell: Cell) -> str:
    """`item/location/lot/serial`, empty parts kept; a slash inside a lot is written %2F."""
    item, location, lot, serial, _ = cell
    if lot or serial:
        return f"i-{item}/l-{location}/{escaped(lot)}/{escaped(serial)}"
    return f"i-{item}/l-{location}//"


def balance_scope(warehouse: int, *, is_blind: bool) -> str:
    """Who receives a balance: everybody on that floor; of a blind place only those who are never sent to count."""
    return f"figures:w-{warehouse}" if is_blind else f"warehouse:w-{warehouse}"


def lying_row(warehouse: int, cell: Cell, expiry: str) -> tuple[str, str, str, dict[str, str]]:
    """That goods lie in a blind place, for those who pick there meanwhile: which lot, never how much of it.

    Serials are left out, since whoever counts them knows how many there are.
    """
    key = balance_key(cell._replace(serial=""))
    return f"warehouse:w-{warehouse}", "lying", key, {"expiry": expiry} if expiry else {}


def escaped(text: str) -> str:
    """A lot or serial that cannot be mistaken for two parts of a key."""
    return text.replace("%", "%25").replace("/", "%2F")


class BalanceBody(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A balance as devices receive it; fields in the order of canonical JSON."""

    expiry: str = ""
    held: str
    on_hand: str


def balance_body(on_hand: int, lot: Lot | None) -> BalanceBody:
    """What is there, how much of it is held, and its lot's last valid day."""
    amount = quantity.format(on_hand)
    if lot is None:
        return BalanceBody(held="0", on_hand=amount)
    return BalanceBody(expiry=lot.expiry, held=amount if lot.is_held else "0", on_hand=amount)
