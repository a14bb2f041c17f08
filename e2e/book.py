"""What a story did to the ledger: which goods went from where to where, and whether each row says by whom."""

from collections import defaultdict
from decimal import Decimal

from e2e import words
from e2e.house import House

Effect = dict[tuple[str, str, str], Decimal]


class Book:
    """The ledger since the story began."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.known = {row["id"] for row in house.ledger()}
        self.lying = words.shelves(house)

    def since(self) -> list[dict[str, str]]:
        """What has been posted since."""
        return [row for row in self.house.ledger() if row["id"] not in self.known]

    def effect(self) -> Effect:
        """How much of which item went from where to where."""
        much: Effect = defaultdict(Decimal)
        for row in self.since():
            much[row["source_kind"], row["target_kind"], row["item_code"]] += Decimal(row["quantity"])
        return much

    def is_as_before(self) -> bool:
        """Whether everything lies where it lay when the story began."""
        return words.shelves(self.house) == self.lying

    def expect_traced(self, document: str) -> None:
        """Every row names this document (`rc-7`), and person, device and operation; two devices had their part."""
        rows = self.since()
        assert {row["document"] for row in rows} == {document}
        assert all(row["user"] and row["device"] and row["operation"] for row in rows)
        assert len({row["device"] for row in rows}) == 2
