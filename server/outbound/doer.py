"""Who does something: a person, by which device, and in which warehouses they may."""

import msgspec


class By(msgspec.Struct, frozen=True):
    """Who does it, by which device, and in which warehouses they may (None: everywhere)."""

    person: int
    device: int = 0
    warehouses: frozenset[int] | None = None

    def reaches(self, warehouse: int) -> bool:
        """Whether they may do it there."""
        return self.warehouses is None or warehouse in self.warehouses
