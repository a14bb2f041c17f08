"""Pages of the feed: which answer a cursor gets. Plain values in, plain values out."""

from collections.abc import Mapping

from server import canonical
from server.feed import Head, Line
from server.sync import wire

MAX_ROWS = 5000
DEFAULT_ROWS = 2000


def must_reset(
    cursor: int, head: Head, generation: int | None, subscription: int | None, told: int, current: int
) -> bool:
    """Whether a device must start again: restored server, forgotten tombstones, a cursor of another life, or
    other things to see than it says, or was last told, it may see."""
    if generation is not None and generation != head.generation:
        return True
    if cursor > 0 and current != (told if subscription is None else subscription):
        return True
    return cursor > head.seq or 0 < cursor < head.forgotten


def reset(head: Head, subscription: int) -> wire.Page:
    """Start again from nothing."""
    return wire.Page(
        protocol=wire.PROTOCOL, generation=head.generation, subscription=subscription, reset=True
    )


def page(
    lines: list[Line],
    limit: int,
    head: Head,
    cursor: int,
    subscription: int,
    digests: Mapping[str, tuple[int, str]],
) -> wire.Page:
    """A page of at most `limit` rows; the last one says how much every scope should add up to."""
    more = len(lines) > limit
    rows = [line for line in lines[:limit] if cursor or not line.deleted]
    following = lines[limit - 1].seq if more else max(head.seq, cursor)
    return wire.Page(
        protocol=wire.PROTOCOL,
        generation=head.generation,
        subscription=subscription,
        rows=rows,
        next=following,
        more=more,
        digests={scope: {"rows": rows, "sum": total} for scope, (rows, total) in digests.items()},
    )


def parts(lines: list[Line]) -> list[tuple[int, str]]:
    """How many rows each of the 256 parts of a scope has, and what their hashes add up to."""
    counts, sums = [0] * 256, [0] * 256
    for line in lines:
        part = canonical.part(line.kind, line.key)
        counts[part] += 1
        sums[part] += canonical.row_hash(line.kind, line.key, bytes(line.body))
    return [(count, f"{total % canonical.SUM:016x}") for count, total in zip(counts, sums, strict=True)]


def of_part(lines: list[Line], part: int) -> list[Line]:
    """The rows of one part."""
    return [line for line in lines if canonical.part(line.kind, line.key) == part]
