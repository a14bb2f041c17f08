"""Numbers of documents: a prefix, the day, and a count without gaps: SO-261122-0007."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from server import clock
from server.config import settings
from server.db import Statement, execute

PREFIXES: Final = {
    "so": "SO", "sn": "SN", "wv": "WV", "po": "PO", "rc": "RC", "rt": "RT", "sr": "SR", "tr": "TR", "ad": "AD",
    "ct": "CT", "wo": "WO", "rp": "RP",
}  # fmt: skip
"""By kind of document, as in its wire id: so-7 is a sales order, and so on; see docs/documents.md."""

_NEXT = Statement(
    "INSERT INTO document_series (key, last) VALUES (?, ?) ON CONFLICT (key)"
    " DO UPDATE SET last = document_series.last + excluded.last RETURNING last"
)


async def next_number(kind: str) -> str:
    """The next number of this kind of document; inside the transaction that makes the document."""
    return (await next_numbers(kind, 1))[0]


async def next_numbers(kind: str, how_many: int) -> list[str]:
    """The next numbers of this kind of document, in order."""
    day = datetime.fromtimestamp(clock.now() / clock.SECOND, ZoneInfo(settings().timezone))
    key = f"{PREFIXES[kind]}-{day:%y%m%d}"
    last: int = (await execute(_NEXT, key, how_many))[0][0]
    return [f"{key}-{number:04}" for number in range(last - how_many + 1, last + 1)]
