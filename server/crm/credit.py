"""How much a customer may still order on credit."""

import msgspec


class Credit(msgspec.Struct, frozen=True):
    """The limit that was agreed (None: none), and what is ordered and not all sent."""

    limit: int | None
    open: int

    @property
    def left(self) -> int | None:
        """What may still be ordered; below zero the limit is passed."""
        return None if self.limit is None else self.limit - self.open

    @property
    def is_beyond(self) -> bool:
        """Whether more is open than was agreed."""
        return self.left is not None and self.left < 0

    @property
    def used(self) -> int:
        """How much of the limit is used, in whole per cent, never shown as more than all of it."""
        if self.limit is None or self.open <= 0:
            return 0
        return 100 if self.open >= self.limit else self.open * 100 // self.limit
