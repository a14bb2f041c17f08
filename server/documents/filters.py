"""What a list of documents is narrowed by: kept in its address, and remembered for each person."""

from collections.abc import Collection, Mapping
from datetime import date
from urllib.parse import urlencode

import msgspec

MAX_TEXT = 100
MAX_PAGE = 2_500
MAX_ID = 2**63 - 1
NAMES = ("state", "q", "since", "until", "partner", "sort")


class Filters(msgspec.Struct, frozen=True):
    """What is asked for; empty means everything. Days are ISO texts, both ends included; `-number` sorts downwards."""

    state: str = ""
    q: str = ""
    since: str = ""
    until: str = ""
    partner: int = 0
    sort: str = ""
    page: int = 1

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out, so that an empty list may only mean that nothing fits."""
        return bool(self.state or self.q or self.since or self.until or self.partner)

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """The column and whether downwards."""
        return self.sort.removeprefix("-"), self.sort.startswith("-")


def read(asked: Mapping[str, str], states: Collection[str], sorts: Collection[str]) -> Filters:
    """The filters that an address or our memory names; what is none is left out."""
    sort = asked.get("sort", "")
    return Filters(
        state=_among(asked.get("state", ""), states),
        q=asked.get("q", "").replace("\0", "").strip()[:MAX_TEXT],
        since=_day(asked.get("since", "")),
        until=_day(asked.get("until", "")),
        partner=_whole(asked.get("partner", ""), MAX_ID),
        sort=sort if sort.removeprefix("-") in sorts else "",
        page=_whole(asked.get("page", ""), MAX_PAGE) or 1,
    )


def fields(filters: Filters) -> dict[str, str]:
    """Only what is asked for, as the fields of a form; the page is no filter."""
    named = {name: str(getattr(filters, name) or "") for name in NAMES}
    return {name: text for name, text in named.items() if text}


def address(path: str, filters: Filters) -> str:
    """The address of a list with these filters. One without any still says so, lest memory adds them again."""
    return f"{path}?{urlencode(fields(filters) or {'state': ''})}"


def _among(text: str, allowed: Collection[str]) -> str:
    return text if text in allowed else ""


def _whole(text: str, limit: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    return min(number, limit)


def _day(text: str) -> str:
    try:
        return text if 1970 < date.fromisoformat(text).year < 9999 and len(text) == 10 else ""
    except ValueError:
        return ""
