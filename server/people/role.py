"""The six roles and what each may do; decided here, enforced by `web.may` and in what devices receive."""

from typing import Final

ROLES: Final = ("administrator", "supervisor", "storekeeper", "salesperson", "buyer", "finance")

_EVERYBODY: Final = {"see stock", "see catalogue", "see own account"}
_FLOOR: Final = {"move stock", "count stock", "bind barcodes", "print labels", "use devices", "receive goods"}
_CATALOGUE: Final = {"edit items", "edit partners", "import"}
_GOODS_OUT: Final = {"see orders", "see notices"}
_INSIDE: Final = {"see transfers", "see adjustments", "see levels"}
"""What goes on between and inside the warehouses."""

_INSIDE_DECIDING: Final = _INSIDE | {
    "edit transfers",
    "edit adjustments",
    "approve adjustments",
    "edit levels",
}
_SELLING: Final = {"edit orders", "confirm orders", "release notices", "see prices"}
_CUSTOMERS: Final = {"see customers"}
_AGREEING: Final = {"agree terms", "edit prices"}
_GOODS_IN: Final = {"see purchases", "see receipts"}
_MAKING: Final = {"see production", "plan production"}

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    "administrator": frozenset(
        _EVERYBODY
        | _FLOOR
        | _CATALOGUE
        | _GOODS_OUT
        | _GOODS_IN
        | _SELLING
        | _CUSTOMERS
        | _AGREEING
        | _INSIDE_DECIDING
        | _MAKING
        | {
            "release orders",
            "approve production",
            "see counts",
            "plan counts",
            "decide counts",
            "edit purchases",
            "inspect goods",
            "edit receiving",
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
            "set limits",
            "edit company",
        }
    ),
    "supervisor": frozenset(
        _EVERYBODY
        | _FLOOR
        | _CATALOGUE
        | _GOODS_OUT
        | _GOODS_IN
        | _SELLING
        | _CUSTOMERS
        | _AGREEING
        | _INSIDE_DECIDING
        | _MAKING
        | {
            "release orders",
            "approve production",
            "see counts",
            "plan counts",
            "decide counts",
            "inspect goods",
            "edit receiving",
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
        | _INSIDE
        | {
            "edit adjustments",
            "see movements",
            "see production",
            "watch the board",
            "see notices",
            "see receipts",
            "see counts",
        }
    ),
    "salesperson": frozenset(
        _EVERYBODY | _GOODS_OUT | _SELLING | _CUSTOMERS | {"see transfers", "use devices", "edit partners"}
    ),
    "buyer": frozenset(
        _EVERYBODY
        | _CUSTOMERS
        | _GOODS_IN
        | _INSIDE
        | _MAKING
        | {
            "edit levels",
            "edit purchases",
            "edit items",
            "edit partners",
            "import",
            "see movements",
            "see costs",
        }
    ),
    "finance": frozenset(
        _EVERYBODY
        | _CUSTOMERS
        | _AGREEING
        | _GOODS_OUT
        | _GOODS_IN
        | _INSIDE
        | {
            "release orders",
            "see prices",
            "see counts",
            "see movements",
            "see production",
            "see costs",
            "see audit",
            "set limits",
        }
    ),
}


def permissions(role: str) -> frozenset[str]:
    """What people of this role may do; nothing for a role that does not exist."""
    return PERMISSIONS.get(role, frozenset())


def covers(role: str, other: str) -> bool:
    """Whether people of `role` may do all that people of `other` may, so that they can act in their place."""
    return permissions(other) <= permissions(role)


def counts_blind(role: str) -> bool:
    """Whether people of this role may be sent to count without knowing what the book expects: those who count and
    do not decide what becomes of it."""
    return may_count(role) and "decide counts" not in permissions(role)


def may_count(role: str) -> bool:
    """Whether people of this role, and so whoever uses their devices, may be sent to count."""
    return "count stock" in permissions(role)
