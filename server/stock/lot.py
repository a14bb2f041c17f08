"""Lots: when they expire, and which sighting of a lot is believed."""

from datetime import date

import msgspec

from server.stock.movement import Moment


class Lot(msgspec.Struct, frozen=True):
    """What is known of one lot of one item, and from which sighting (the earliest that said anything)."""

    expiry: str = ""
    made_on: str = ""
    seen: Moment = Moment(0, "")
    is_held: bool = False


def is_expired(expiry: str, day: date) -> bool:
    """Whether a lot may no longer be used on `day`. Expiry is its last valid day, here and everywhere."""
    return bool(expiry) and expiry < day.isoformat()


def sighted(known: Lot | None, expiry: str, made_on: str, when: Moment) -> Lot:
    """What is known after somebody read these dates off a label: the earliest sighting stands, in any order."""
    if known is None or not (known.expiry or known.made_on) or when < known.seen:
        if not (expiry or made_on):
            return known or Lot(seen=when)
        return Lot(expiry, made_on, when, known.is_held if known else False)
    return known


def differs(known: Lot | None, expiry: str) -> bool:
    """Whether this label contradicts what is known."""
    return bool(known and known.expiry and expiry and known.expiry != expiry)
