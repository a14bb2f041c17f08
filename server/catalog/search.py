"""What a record may be found by, and what people mean when they type.

A fragment may be two characters long and stand anywhere, which no trigram index serves; so each record
keeps one short text of everything, and a search reads those texts in the order of their codes
and stops when a page is full: at most 20 ms for 100,000 items on two rented cores.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

# PostgreSQL refuses index rows above 2,700 bytes; four bytes is the longest character.
MAX_LENGTH: Final = 500
MAX_TERMS: Final = 5
SEPARATOR: Final = "\n"


def text_of(*parts: str, more: Iterable[str] = ()) -> str:
    """Everything a record may be found by, in lower case. `more` is cut off first when it gets long."""
    found = dict.fromkeys(folded(part) for part in (*parts, *more) if part)
    return SEPARATOR.join(found)[:MAX_LENGTH]


def terms(typed: str) -> tuple[str, ...]:
    """The fragments that all must occur: what was typed, cut at blanks, longest first."""
    found = dict.fromkeys(folded(typed).split())
    return tuple(sorted(found, key=len, reverse=True)[:MAX_TERMS])


def folded(text: str) -> str:
    """The form in which texts are compared: width and case do not matter."""
    if text.isascii():
        return text.lower().replace("\0", "")
    lower = unicodedata.normalize("NFKC", text).lower().replace("\0", "")
    return unicodedata.normalize("NFKC", lower)
