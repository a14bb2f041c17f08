"""Posting: the ledger is written, and in the same transaction the documents follow what was posted.

Everybody who posts comes through here: what devices report, what a person decides later, what the desk does.
"""

from collections.abc import Mapping

from server.inbound import following as inbound
from server.stock import ledger
from server.stock.ledger import Origin
from server.sync import reading
from server.sync.verdict import World


async def post(world: World, origins: Mapping[str, Origin]) -> None:
    """Write what the world's book posted and what was learnt of lots; then let documents follow."""
    await ledger.post(world.book, origins, world.lots)
    await reading.store_lots(world)
    # Most scans name no document: then nothing is asked.
    named = [posting for posting in world.book.postings if posting.flow.document]
    if named:
        await inbound.follow(named, origins)
