"""When guessing ends: how long an account, or an address, has to wait."""

from collections import OrderedDict, deque
from typing import Final

from server.clock import MINUTE

TRIES: Final = 5
FIRST_LOCK: Final = 5 * MINUTE
LONGEST_LOCK: Final = 24 * 60 * MINUTE
ADDRESS_TRIES: Final = 30
ADDRESS_WINDOW: Final = 5 * MINUTE
ADDRESSES: Final = 10_000


def locked_for(failures: int) -> int:
    """How long an account is locked after so many failures in a row, in microseconds: 5 minutes, doubling."""
    if failures < TRIES:
        return 0
    return min(FIRST_LOCK << min(failures - TRIES, 20), LONGEST_LOCK)


class Strangers:
    """How often each address tried names that do not exist. Kept in memory, bounded, forgotten by itself."""

    def __init__(self) -> None:
        self.tries: OrderedDict[str, deque[int]] = OrderedDict()

    def wait(self, address: str, now: int) -> int:
        """How long this address has to wait, in microseconds; 0 when it may try."""
        tries = self._recent(address, now)
        return tries[0] + ADDRESS_WINDOW - now if len(tries) >= ADDRESS_TRIES else 0

    def failed(self, address: str, now: int) -> None:
        """Note that an address named somebody who does not exist."""
        tries = self._recent(address, now)
        tries.append(now)
        self.tries[address] = tries
        self.tries.move_to_end(address)
        if len(self.tries) > ADDRESSES:
            self.tries.popitem(last=False)

    def _recent(self, address: str, now: int) -> deque[int]:
        tries = self.tries.get(address, deque())
        while tries and tries[0] <= now - ADDRESS_WINDOW:
            tries.popleft()
        return tries
