"""The only reader of time; everything else is told what time it is."""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from server.config import settings

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def monotonic() -> float:
    """Seconds of a clock that never jumps, for durations only."""
    return time.monotonic()


def today() -> date:
    """The firm's calendar day."""
    return datetime.fromtimestamp(now() / SECOND, ZoneInfo(settings().timezone)).date()


def iso(moment: int) -> str:
    """A moment in microseconds as ISO 8601 with milliseconds and Z, as exports and pages write it."""
    stamp = datetime.fromtimestamp(moment // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{moment % SECOND // 1000:03d}Z"


def from_iso(text: str) -> int:
    """The moment an ISO 8601 text with a zone names, in microseconds."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"{text}: a moment needs a time zone")
    return int(parsed.timestamp()) * SECOND + parsed.microsecond
