"""Terms, contacts and addresses of partners, kept with their history."""

import pytest

from server import events
from server.catalog import dealing, partnering, queries
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.partner import PartnerDraft
from server.catalog.terms import Address, Card, Contact, PartnerTerms

pytestmark = pytest.mark.usefixtures("database")
EAST = PartnerDraft(code="C1", name="华东贸易")
CARD = Card(
    contacts=(Contact("王芳", "采购", "13800001111", "wang@east.example"),),
    addresses=(Address("浦东大道 1 号", "ship", "老李", "021-7777", True),),
    tags=("重点", "华东"),
)


async def east() -> int:
    added = await partnering.add_partner(EAST, by=1)
    assert isinstance(added, Added)
    return added.ids[0]


async def test_terms_are_kept_with_what_they_were() -> None:
    partner = await east()
    gold = PartnerTerms(level="金", payment_days=30, discount=250, is_double_checked=True)

    assert await dealing.agree(partner, gold, version=1, by=7) == Edited([partner])

    assert await dealing.terms_of(partner) == gold
    [agreed, _] = await events.history(f"partner:{partner}")
    assert (agreed.topic, agreed.user) == ("terms.agreed", 7)
    assert agreed.body["discount"] == ["0%", "2.5%"]
    assert await dealing.levels() == ["金"]


async def test_a_partner_is_found_by_the_people_there_and_by_tags_also_after_an_edit() -> None:
    partner = await east()
    await dealing.keep_card(partner, CARD, version=1, by=1)

    assert await dealing.card_of(partner) == CARD
    await partnering.edit_partner(partner, PartnerDraft(code="C1", name="华东商贸"), version=2, by=1)

    for typed in ("王芳", "0000111", "重点", "7777", "hdsm"):
        assert [line.id for line in (await queries.find_partners(typed)).rows] == [partner], typed


async def test_terms_and_card_do_not_touch_each_other() -> None:
    partner = await east()
    gold = PartnerTerms(level="金", is_double_checked=True)

    await dealing.agree(partner, gold, version=1, by=1)
    await dealing.keep_card(partner, CARD, version=2, by=1)
    await dealing.agree(partner, PartnerTerms(level="银"), version=3, by=1)

    assert (await dealing.card_of(partner)).tags == CARD.tags
    assert await dealing.terms_of(partner) == PartnerTerms(level="银")


async def test_whoever_saw_an_older_version_is_told_and_nothing_is_written() -> None:
    partner = await east()
    await dealing.keep_card(partner, CARD, version=1, by=1)

    assert await dealing.keep_card(partner, Card(), version=1, by=1) == Stale(2)
    assert await dealing.agree(partner, PartnerTerms(level="金"), version=1, by=1) == Stale(2)
    assert await dealing.agree(99, PartnerTerms(), version=1, by=1) == Missing()
    assert await dealing.keep_card(partner, CARD, version=2, by=1) == Edited([])
    refused = await dealing.keep_card(partner, Card(contacts=(Contact(""),)), version=2, by=1)
    assert isinstance(refused, Refused)
    assert await dealing.card_of(partner) == CARD
