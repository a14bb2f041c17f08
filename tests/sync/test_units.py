"""Units on receipts: the base unit and the item's own units are expected, another factor is pointed out."""

import pytest

from server.catalog.item import UnitDraft
from tests import given


@pytest.mark.parametrize(
    ("unit", "factor", "outcome"),
    [
        ("个", "1", ("applied", None)),
        ("箱", "24", ("applied", None)),
        ("箱", "12", ("warning", "factor_differs")),
    ],
)
async def test_a_receipt_in_a_unit_of_the_item(
    database: str, unit: str, factor: str, outcome: tuple[str, str | None]
) -> None:
    item = await given.item("CUP", unit="个", units=(UnitDraft("箱", 24),))
    dock = await given.location("DOCK-1", kind="dock")
    device = await given.pda()

    verdict = await device.report(
        "stock.receive@1", item=f"i-{item}", quantity=factor, target=f"l-{dock}", unit=unit, factor=factor
    )

    assert (verdict.outcome, verdict.reason) == outcome


@pytest.mark.parametrize("day", ["2026-99-99", "2026-00-10", "2026-02-00", "20260210", "2026-02-10\n"])
async def test_a_day_that_no_calendar_has_is_refused(database: str, day: str) -> None:
    item = await given.item("MILK", has_lots=True, has_expiry=True)
    dock = await given.location("DOCK-1", kind="dock")
    device = await given.pda()

    verdict = await device.report(
        "stock.receive@1", item=f"i-{item}", quantity="1", target=f"l-{dock}", lot="L1", expiry=day
    )

    assert (verdict.outcome, verdict.reason) == ("rejected", "malformed")
