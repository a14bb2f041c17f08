"""What a live socket says: frames of rows and pokes, encoded once however many sockets hear them."""

from collections.abc import Iterable

import msgspec

_encode = msgspec.json.Encoder().encode


def row(line: msgspec.Struct) -> str:
    """One row of the feed as JSON."""
    return _encode(line).decode()


def rows_frame(start: int, end: int, rows: Iterable[str]) -> str:
    """The rows between two cursors."""
    return f'{{"from":{start},"to":{end},"rows":[{",".join(rows)}]}}'


def poke_frame(head: int) -> str:
    """There is more than this socket can be told: please pull."""
    return f'{{"poke":{head}}}'


def ping(now_ms: int) -> str:
    """A sign of life."""
    return f'{{"ping":{now_ms}}}'
