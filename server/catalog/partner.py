"""A customer or supplier as people write it down, and what is wrong with that."""

from typing import Final

import msgspec

from server.catalog.item import MAX_CODE, MAX_NAME, Fault, clean

LIMITS: Final = {"code": MAX_CODE, "name": MAX_NAME, "phone": 40, "address": 400}


class PartnerDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a partner as it should stand."""

    code: str
    name: str
    is_customer: bool = True
    is_supplier: bool = False
    phone: str = ""
    address: str = ""
    is_active: bool = True


def tidy(draft: PartnerDraft) -> PartnerDraft:
    """The draft without stray blanks."""
    return msgspec.structs.replace(
        draft,
        code=clean(draft.code, "NFKC"),
        name=clean(draft.name),
        phone=clean(draft.phone),
        address=clean(draft.address),
    )


def faults(draft: PartnerDraft) -> list[Fault]:
    """Everything that is wrong with a tidy draft by itself."""
    found: list[tuple[str, str]] = []
    found += [(field, "missing") for field in ("code", "name") if not getattr(draft, field)]
    found += [(field, "long") for field, limit in LIMITS.items() if len(getattr(draft, field)) > limit]
    if not (draft.is_customer or draft.is_supplier):
        found.append(("is_customer", "neither"))
    return [Fault(0, field, f"catalog.fault.{word}") for field, word in found]
