"""Price lists are kept, and offer the right price to the right customer on the right day."""

from datetime import date

import pytest

from server import events
from server.catalog import dealing, offering, partnering, pricing
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.partner import PartnerDraft
from server.catalog.price import ListDraft, Offer, PriceDraft
from server.catalog.terms import PartnerTerms
from tests import given

pytestmark = pytest.mark.usefixtures("database")
DAY = date(2026, 11, 22)
YUAN = 1_000_000


async def customer(code: str = "C1", **terms: object) -> int:
    added = await partnering.add_partner(PartnerDraft(code=code, name=code), by=1)
    assert isinstance(added, Added)
    if terms:
        await dealing.agree(added.ids[0], PartnerTerms(**terms), version=1, by=1)  # type: ignore[arg-type]
    return added.ids[0]


async def price_list(prices: dict[tuple[str, int], int], **head: object) -> int:
    """A list with prices in yuan by item and pieces from which they hold."""
    added = await pricing.add_list(ListDraft(**{"name": "L", **head}), by=1)  # type: ignore[arg-type]
    assert isinstance(added, Added), added
    rows = [
        PriceDraft(item=await given.item(code), from_quantity=pieces * 1000, price=yuan * YUAN)
        for (code, pieces), yuan in prices.items()
    ]
    assert isinstance(await pricing.set_prices(added.ids[0], rows, by=1), Edited)
    return added.ids[0]


async def offered(customer_id: int, pieces: int = 1, day: date = DAY, code: str = "CUP") -> Offer | None:
    return await offering.price_for(customer_id, await given.item(code), pieces * 1000, day)


async def test_a_level_a_customer_and_everybody_have_their_prices() -> None:
    gold, plain, special = await customer("C1", level="金"), await customer("C2"), await customer("C3")
    general = await price_list({("CUP", 1): 10, ("CUP", 12): 9})
    level = await price_list({("CUP", 1): 8}, level="金")
    own = await price_list({("CUP", 1): 7}, customer=special)

    offers = [await offered(gold), await offered(plain), await offered(plain, 12), await offered(special)]

    assert [(one.source, one.list, one.price // YUAN) for one in offers if one] == [
        ("level", level, 8),
        ("general", general, 10),
        ("general", general, 9),
        ("own", own, 7),
    ]


async def test_a_list_holds_from_its_first_day_to_its_last() -> None:
    plain = await customer()
    await price_list({("CUP", 1): 5}, valid_from_on="2026-11-11", valid_to_on="2026-11-22")

    days = [date(2026, 11, day) for day in (10, 11, 22, 23)]

    assert [bool(await offered(plain, day=day)) for day in days] == [False, True, True, False]


async def test_a_list_that_is_switched_off_offers_nothing() -> None:
    plain = await customer()
    made = await price_list({("CUP", 1): 5})

    assert await pricing.edit_list(made, ListDraft(name="L", is_active=False), version=1, by=1) == Edited(
        [made]
    )

    assert await offered(plain) is None
    assert await pricing.edit_list(made, ListDraft(name="L"), version=1, by=1) == Stale(2)
    assert await pricing.edit_list(99, ListDraft(name="L"), version=1, by=1) == Missing()


async def test_an_agreed_discount_comes_off_the_general_price() -> None:
    await price_list({("CUP", 1): 10})

    offer = await offered(await customer(discount=1000))

    assert offer is not None
    assert (offer.price, offer.discount) == (9 * YUAN, 1000)


async def test_prices_are_replaced_dropped_and_told() -> None:
    made = await price_list({("CUP", 1): 10, ("SAW", 1): 99})
    cup = await given.item("CUP")
    row = PriceDraft(item=cup, from_quantity=1000, price=11 * YUAN)

    assert await pricing.set_prices(made, [row], by=2) == Edited([cup])
    assert await pricing.set_prices(made, [row], by=2) == Edited([])
    [first, second] = await offering.all_prices(made)
    assert await pricing.drop_price(made, second.id, by=2) == Edited([await given.item("SAW")])
    assert await pricing.drop_price(made, second.id, by=2) == Missing()

    assert (first.code, first.price) == ("CUP", 11 * YUAN)
    told = await events.history(f"price_list:{made}")
    assert told[1].body == {"prices": [["CUP ≥1 @ 10.00"], ["CUP ≥1 @ 11.00"]]}


async def test_a_list_for_a_customer_nobody_knows_is_refused() -> None:
    outcome = await pricing.add_list(ListDraft(name="L", customer=99), by=1)

    assert isinstance(outcome, Refused)
    assert isinstance(await pricing.set_prices(99, [], by=1), Missing)


async def test_a_long_list_is_looked_through_by_fragments() -> None:
    made = await price_list({("CUP", 1): 10, ("CUP", 12): 9, ("SAW", 1): 99})

    found = await offering.prices(made, "cu")

    assert [(one.code, one.from_quantity) for one in found.rows] == [("CUP", 1000), ("CUP", 12_000)]
