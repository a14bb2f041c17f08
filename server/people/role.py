"""The six roles and what each may do; decided here, enforced by `web.may` and in what devices receive."""

from typing import Final

ROLES: Final = ("administrator", "supervisor", "storekeeper", "salesperson", "buyer", "finance")

_EVERYBODY: Final = {"see stock", "see catalogue", "see own account"}
_FLOOR: Final = {"move stock", "count stock", "bind barcodes", "print labels", "use devices"}
_CATALOGUE: Final = {"edit items", "edit partners", "import"}
_GOODS_OUT: Final = {"see orders", "see notices"}
_SELLING: Final = {"edit orders", "confirm orders", "see prices"}
_GOODS_IN: Final = {"see purchases", "see receipts"}

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    "administrator": frozenset(
        _EVERYBODY
        | _FLOOR
        | _CATALOGUE
        | _GOODS_OUT
        | _GOODS_IN
        | _SELLING
        | {
            "release orders",
            "see counts",
            "edit locations",
            "watch the board",
            "decide conflicts",
            "adjust stock",
            "see movements",
            "see people",
            "edit people",
            "manage devices",
            "manage stations",
            "see costs",
            "see audit",
        }
    ),
    "supervisor": frozenset(
        _EVERYBODY
        | _FLOOR
        | _CATALOGUE
        | _GOODS_OUT
        | _GOODS_IN
        | _SELLING
        | {
            "release orders",
            "see counts",
            "edit locations",
            "watch the board",
            "decide conflicts",
            "adjust stock",
            "see movements",
            "see people",
            "manage devices",
            "manage stations",
            "see audit",
        }
    ),
    "storekeeper": frozenset(
        _EVERYBODY
        | _FLOOR
        | {"see movements", "watch the board", "see notices", "see receipts", "see counts"}
    ),
    "salesperson": frozenset(_EVERYBODY | _GOODS_OUT | _SELLING | {"use devices", "edit partners"}),
    "buyer": frozenset(
        _EVERYBODY | _GOODS_IN | {"edit items", "edit partners", "import", "see movements", "see costs"}
    ),
    "finance": frozenset(
        _EVERYBODY
        | _GOODS_OUT
        | _GOODS_IN
        | {"release orders", "see prices", "see counts", "see movements", "see costs", "see audit"}
    ),
}


def permissions(role: str) -> frozenset[str]:
    """What people of this role may do; nothing for a role that does not exist."""
    return PERMISSIONS.get(role, frozenset())


def covers(role: str, other: str) -> bool:
    """Whether people of `role` may do all that people of `other` may, so that they can act in their place."""
    return permissions(other) <= permissions(role)
