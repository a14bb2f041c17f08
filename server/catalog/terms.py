"""What was agreed with a partner, whom one calls there and where goods and papers go; and what is wrong with that."""

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from server.catalog.item import Fault, clean
from server.money import PERCENT_SCALE

AddressKind = Literal["ship", "bill"]
ADDRESS_KINDS: Final = ("ship", "bill")
MAX_ROWS: Final = 50
MAX_TAGS: Final = 20
MAX_PAYMENT_DAYS: Final = 720
MAX_LEVEL: Final = 20
CONTACT_LIMITS: Final = {"name": 100, "title": 60, "phone": 40, "email": 120}
ADDRESS_LIMITS: Final = {"text": 400, "contact": 100, "phone": 40}

_BETWEEN_TAGS: Final = re.compile(r"[\s,，;；、]+")


class PartnerTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a partner; `discount` comes off the lists that are not their own."""

    level: str = ""
    payment_days: int = 0
    discount: int = 0
    is_double_checked: bool = False


class Contact(msgspec.Struct, frozen=True):
    """A person at a partner."""

    name: str
    title: str = ""
    phone: str = ""
    email: str = ""


class Address(msgspec.Struct, frozen=True):
    """Where goods or papers go."""

    text: str
    kind: AddressKind = "ship"
    contact: str = ""
    phone: str = ""
    is_main: bool = False


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """How a partner is reached and sorted."""

    contacts: tuple[Contact, ...] = ()
    addresses: tuple[Address, ...] = ()
    tags: tuple[str, ...] = ()


def read_tags(text: str) -> tuple[str, ...]:
    """Tags as one types them, between blanks or commas, each once."""
    return tuple(dict.fromkeys(tag for tag in _BETWEEN_TAGS.split(clean(text)) if tag))


def tidy_terms(terms: PartnerTerms) -> PartnerTerms:
    """The terms without stray blanks."""
    return msgspec.structs.replace(terms, level=clean(terms.level, "NFKC"))


def tidy_card(card: Card) -> Card:
    """The card without stray blanks; where nobody said which address is the main one, the first of its kind is."""
    contacts = tuple(
        Contact(clean(one.name), clean(one.title), clean(one.phone), clean(one.email))
        for one in card.contacts
    )
    addresses = [
        Address(clean(one.text), one.kind, clean(one.contact), clean(one.phone), one.is_main)
        for one in card.addresses
    ]
    for kind in ADDRESS_KINDS:
        mine = [at for at, one in enumerate(addresses) if one.kind == kind]
        chosen = next((at for at in mine if addresses[at].is_main), mine[0] if mine else None)
        for at in mine:
            addresses[at] = msgspec.structs.replace(addresses[at], is_main=at == chosen)
    return Card(contacts=contacts, addresses=tuple(addresses), tags=card.tags)


def faults_of_terms(terms: PartnerTerms) -> list[Fault]:
    """What is wrong with tidy terms."""
    found = []
    if len(terms.level) > MAX_LEVEL:
        found.append(("level", "long"))
    if not 0 <= terms.payment_days <= MAX_PAYMENT_DAYS:
        found.append(("payment_days", "payment_days"))
    if not 0 <= terms.discount <= PERCENT_SCALE:
        found.append(("discount", "discount"))
    return [Fault(0, field, f"catalog.fault.{word}") for field, word in found]


def faults_of_card(card: Card) -> list[Fault]:
    """What is wrong with a tidy card, field by field as its form names them."""
    found: list[tuple[str, str]] = []
    for at, contact in enumerate(card.contacts):
        found += _too_long(f"contacts.{at}.", contact, CONTACT_LIMITS)
        if not contact.name:
            found.append((f"contacts.{at}.name", "missing"))
        if contact.email and "@" not in contact.email:
            found.append((f"contacts.{at}.email", "email"))
    for at, address in enumerate(card.addresses):
        found += _too_long(f"addresses.{at}.", address, ADDRESS_LIMITS)
        if not address.text:
            found.append((f"addresses.{at}.text", "missing"))
        if address.kind not in ADDRESS_KINDS:
            found.append((f"addresses.{at}.kind", "address_kind"))
    if len(card.contacts) > MAX_ROWS or len(card.addresses) > MAX_ROWS:
        found.append(("", "many_rows"))
    if len(card.tags) > MAX_TAGS or any(len(tag) > MAX_LEVEL for tag in card.tags):
        found.append(("tags", "tags"))
    return [Fault(0, field, f"catalog.fault.{word}") for field, word in found]


def _too_long(where: str, row: Contact | Address, limits: dict[str, int]) -> Iterable[tuple[str, str]]:
    return [
        (f"{where}{field}", "long") for field, limit in limits.items() if len(getattr(row, field)) > limit
    ]


def said(card: Card) -> dict[str, list[str]]:
    """A card as its history tells it."""
    return {
        "contacts": [" ".join(filter(None, msgspec.structs.astuple(one))) for one in card.contacts],
        "addresses": [" ".join(filter(None, (one.text, one.contact, one.phone))) for one in card.addresses],
        "tags": list(card.tags),
    }
