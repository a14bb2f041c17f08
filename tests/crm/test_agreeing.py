"""Everything that is agreed with a partner is written down at once, or nothing of it."""

import pytest

from server import clock
from server.catalog import partnering
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.partner import PartnerDraft
from server.catalog.terms import PartnerTerms
from server.crm import agreeing, queries
from server.crm.agreeing import Agreement
from server.inbound.agreeing import Terms as SupplyingTerms
from server.outbound.order import Terms as SellingTerms
from tests import given
from tests.outbound import orders

pytestmark = pytest.mark.usefixtures("database")
GOLD = Agreement(
    common=PartnerTerms(level="金", payment_days=30),
    selling=SellingTerms(credit_limit=1_000_000, policy="complete"),
    supplying=SupplyingTerms(tolerance=500, is_inspected=True),
)


async def partner(*, is_customer: bool, is_supplier: bool) -> int:
    draft = PartnerDraft(code="P1", name="两用", is_customer=is_customer, is_supplier=is_supplier)
    added = await partnering.add_partner(draft, by=1)
    assert isinstance(added, Added)
    return added.ids[0]


async def test_a_partner_who_buys_and_sells_has_terms_for_both() -> None:
    both = await partner(is_customer=True, is_supplier=True)

    assert await agreeing.agree(both, GOLD, version=1, by=1) == Edited([both])

    assert await agreeing.agreement_of(both) == GOLD
    assert await agreeing.agree(both, GOLD, version=2, by=1) == Edited([])


async def test_of_a_supplier_the_terms_of_selling_stay_as_they_are() -> None:
    supplier = await partner(is_customer=False, is_supplier=True)

    await agreeing.agree(supplier, GOLD, version=1, by=1)

    agreed = await agreeing.agreement_of(supplier)
    assert agreed.selling == SellingTerms()
    assert agreed.supplying == GOLD.supplying


async def test_one_wrong_figure_keeps_everything_as_it_was() -> None:
    both = await partner(is_customer=True, is_supplier=True)
    wrong = Agreement(
        common=PartnerTerms(level="金"),
        selling=SellingTerms(priority=99),
        supplying=SupplyingTerms(tolerance=20_000),
    )

    outcome = await agreeing.agree(both, wrong, version=1, by=1)

    assert isinstance(outcome, Refused)
    assert {fault.field for fault in outcome.faults} == {"priority", "tolerance"}
    assert await agreeing.agreement_of(both) == Agreement()
    assert await agreeing.agree(both, GOLD, version=7, by=1) == Stale(1)
    assert await agreeing.agree(99, GOLD, version=1, by=1) == Missing()


async def test_an_order_beyond_the_credit_is_held_and_one_within_is_not() -> None:
    customer = await orders.customer("C1")
    limit = Agreement(selling=SellingTerms(credit_limit=100 * 10_000))
    await agreeing.agree(customer, limit, version=1, by=1)
    await given.stock("CUP", 100, at="A-01")

    async def order(pieces: int) -> orders.Confirmed:
        saved = await orders.ordering.save(
            await orders.head(), [await orders.line("CUP", pieces, price=10)], by=orders.ADA
        )
        assert isinstance(saved, orders.Saved)
        confirmed = await orders.ordering.confirm(saved.id, by=orders.ADA)
        assert isinstance(confirmed, orders.Confirmed)
        return confirmed

    within, beyond = await order(10), await order(1)

    assert (within.holds, beyond.holds) == ((), ("credit",))
    credit = await queries.credit(customer)
    assert (credit.open, credit.left, credit.is_beyond) == (110 * 10_000, -10 * 10_000, True)


async def test_what_a_customer_buys_is_summed_with_its_last_price() -> None:
    customer = await orders.customer("C1")
    for pieces, price in ((10, 5), (2, 7)):
        saved = await orders.ordering.save(
            await orders.head(),
            [await orders.line("CUP", pieces, price=price), await orders.line("SAW", 1, price=1)],
            by=orders.ADA,
        )
        assert isinstance(saved, orders.Saved)
        await orders.ordering.confirm(saved.id, by=orders.ADA)
    await orders.draft(CUP=1)

    cup, saw = await queries.goods(customer, None, clock.today())
    year = await queries.figures(customer, None, clock.today())

    assert (cup.code, cup.quantity, cup.amount, cup.orders, cup.last_price) == (
        "CUP",
        12_000,
        64 * 10_000,
        2,
        7_000_000,
    )
    assert saw.code == "SAW"
    assert (year.orders, year.worth) == (2, 66 * 10_000)


async def test_other_terms_hold_back_or_let_go_what_is_open_the_latest_first() -> None:
    customer = await orders.customer("C1")
    await given.stock("CUP", 100, at="A-01")
    made = []
    for pieces in (4, 4):
        saved = await orders.ordering.save(
            await orders.head(), [await orders.line("CUP", pieces, price=10)], by=orders.ADA
        )
        assert isinstance(saved, orders.Saved)
        await orders.ordering.confirm(saved.id, by=orders.ADA)
        made.append(saved.id)

    async def holds(version: int, terms: SellingTerms) -> list[str]:
        agreed = await agreeing.agree(customer, Agreement(selling=terms), version=version, by=1)
        assert isinstance(agreed, Edited), agreed
        found = [await orders.queries.order(one) for one in made]
        return [one.hold for one in found if one]

    assert await holds(1, SellingTerms(credit_limit=50 * 10_000)) == ["", "credit"]
    assert await holds(1, SellingTerms(credit_limit=30 * 10_000)) == ["credit", "credit"]
    assert await holds(1, SellingTerms(credit_limit=80 * 10_000)) == ["", ""]
    assert await holds(1, SellingTerms(is_blocked=True)) == ["customer", "customer"]
    assert await holds(1, SellingTerms()) == ["", ""]
