"""Customers and suppliers as they are written."""

import pytest

from server.catalog import partnering, queries
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.partner import PartnerDraft

pytestmark = pytest.mark.usefixtures("database")
EAST = PartnerDraft(code="C1", name="华东贸易", phone="021-5555")


async def test_a_partner_is_found_by_initials_and_telephone() -> None:
    outcome = await partnering.add_partner(EAST, by=1)

    assert isinstance(outcome, Added)
    for typed in ("hdmy", "东贸", "5555", "c1"):
        assert [line.id for line in (await queries.find_partners(typed)).rows] == outcome.ids, typed


async def test_a_code_is_one_partner() -> None:
    await partnering.add_partner(EAST, by=1)

    outcome = await partnering.add_partner(EAST, by=1)

    assert isinstance(outcome, Refused)
    assert [fault.field for fault in outcome.faults] == ["code"]


async def test_an_editor_who_saw_an_older_version_is_told() -> None:
    outcome = await partnering.add_partner(EAST, by=1)
    assert isinstance(outcome, Added)
    [partner] = outcome.ids
    south = PartnerDraft(code="C1", name="华南贸易")

    assert await partnering.edit_partner(partner, south, version=1, by=1) == Edited([partner])
    assert await partnering.edit_partner(partner, south, version=2, by=1) == Edited([])
    assert await partnering.edit_partner(partner, EAST, version=1, by=1) == Stale(2)
    assert await partnering.edit_partner(99, EAST, version=1, by=1) == Missing()
