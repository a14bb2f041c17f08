"""Whether a device is there, and since when it is silent."""

import msgspec

from server.clock import SECOND

SILENT_AFTER = 60 * SECOND
"""A device that says nothing for so long is offline: it pings every fifteen seconds while its app is open."""


class Presence(msgspec.Struct, frozen=True):
    """What a supervisor wants to know of a device: is it there, and what does it still hold."""

    is_online: bool
    is_late: bool
    """It holds work and is silent: somebody should look for it."""
    silent_for: int


def presence(seen_at: int, queue_depth: int, now: int) -> Presence:
    """How a device stands at `now`."""
    silent = max(0, now - seen_at)
    is_online = silent <= SILENT_AFTER
    return Presence(is_online, not is_online and queue_depth > 0, silent)
