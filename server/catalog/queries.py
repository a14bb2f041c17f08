"""Reads about items, partners, warehouses and locations."""

from server.db import Statement, fetch

_WAREHOUSES_OF = Statement("SELECT warehouse FROM assignment WHERE person = ?")


async def warehouses_of(user_id: int) -> frozenset[int]:
    """The warehouses this person is assigned to."""
    return frozenset(row[0] for row in await fetch(_WAREHOUSES_OF, user_id))
