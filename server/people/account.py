"""An account as people write it down, and what is wrong with it."""

import unicodedata
from typing import Final

import msgspec

from server.people.role import ROLES
from server.words import LANGUAGES

MAX_NAME: Final = 40


class AccountDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of an account as it should stand, secrets apart."""

    name: str
    display_name: str = ""
    role: str = "storekeeper"
    language: str = "zh"
    is_active: bool = True
    sees_all_warehouses: bool = False


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: the field and the word key that says what."""

    field: str
    word: str


def key(name: str) -> str:
    """The form in which names for signing in are compared and stored: width and case do not matter."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("\0", "")
    return " ".join(folded.split())


def tidy(draft: AccountDraft) -> AccountDraft:
    """The draft with its name in stored form; administrators see every warehouse."""
    return msgspec.structs.replace(
        draft,
        name=key(draft.name),
        display_name=" ".join(draft.display_name.split()),
        sees_all_warehouses=draft.sees_all_warehouses or draft.role == "administrator",
    )


def faults(draft: AccountDraft) -> list[Fault]:
    """Everything that is wrong with a tidy draft by itself."""
    found: list[tuple[str, str]] = []
    if not draft.name:
        found.append(("name", "missing"))
    elif len(draft.name) > MAX_NAME or not draft.name.isprintable():
        found.append(("name", "shape"))
    if len(draft.display_name) > MAX_NAME or not draft.display_name.isprintable():
        found.append(("display_name", "shape"))
    if draft.role not in ROLES:
        found.append(("role", "role"))
    if draft.language not in LANGUAGES:
        found.append(("language", "language"))
    return [Fault(field, f"people.fault.{word}") for field, word in found]
