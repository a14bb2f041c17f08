"""The house's column kinds, so that every table says the same thing the same way."""

from typing import Any

from piccolo.columns import BigInt, ForeignKey, OnDelete, OnUpdate, Text
from piccolo.table import Table


def fk(table: type[Table] | str, *, index: bool = True) -> ForeignKey[Any]:
    """A reference that must exist and holds what it refers to (Piccolo's own default is null and cascade)."""
    return ForeignKey(
        table, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=index, default=None
    )


def maybe_fk(table: type[Table] | str, *, index: bool = False) -> ForeignKey[Any]:
    """A reference that may be absent, and holds what it refers to."""
    return ForeignKey(
        table, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=index, default=None
    )


def moment(*, null: bool = False, index: bool = False) -> BigInt:
    """A point in time: microseconds since 1970 UTC. Names end in `_at`."""
    return BigInt(null=null, default=None if null else 0, index=index)


def quantity() -> BigInt:
    """An exact quantity in thousandths of the item's base unit."""
    return BigInt(default=0)


def code(*, unique: bool = False, index: bool = False, default: str = "") -> Text:
    """A short text that people scan or type."""
    return Text(unique=unique, index=index, default=default)
