"""Prices of the unit in which goods are ordered: a dozen at 10.00 costs 10.00, though no piece costs just a twelfth."""

from importlib import import_module

import pytest

from server import db, money
from server.catalog import pricing
from server.catalog.item import UnitDraft
from server.catalog.maintaining import Added, Edited
from server.catalog.price import ListDraft, PriceDraft
from server.documents.line import Line
from server.outbound import ordering, queries
from server.outbound.ordering import Confirmed, Saved
from tests import given
from tests.outbound.orders import ADA, customer, head, only_line

YUAN = money.PRICE_SCALE
UNITS = {"件": 1_000, "半打": 6_000, "箱": 12_000}


async def cups(many: int, unit: str = "箱", price: int | None = None) -> Line:
    """So many of a unit of cups, at a price of one of it in millionths."""
    item = await given.item("CUP", unit="件", units=(UnitDraft("箱", 12), UnitDraft("半打", 6)))
    return Line(item, unit, UNITS[unit], many * UNITS[unit], price, None)


async def listed(line: Line, price: int) -> None:
    """Everybody pays so much for one of the line's unit."""
    made = await pricing.add_list(ListDraft(name="L"), by=0)
    assert isinstance(made, Added)
    draft = PriceDraft(
        item=line.item, from_quantity=line.factor, price=price, unit=line.unit, factor=line.factor
    )
    assert isinstance(await pricing.set_prices(made.ids[0], [draft], by=0), Edited)


async def test_a_carton_costs_what_was_agreed_for_a_carton(database: db.Database) -> None:
    saved = await ordering.save(await head(), [await cups(7, price=10 * YUAN)], by=ADA)

    assert isinstance(saved, Saved)
    line = await only_line(saved.id)
    assert (line.unit_price, line.price, line.amount) == (10 * YUAN, 833_333, 70 * money.AMOUNT_SCALE)


@pytest.mark.parametrize(("unit", "price", "worth"), [("箱", 10 * YUAN, 140), ("半打", 5 * YUAN, 70)])
async def test_a_list_of_cartons_prices_every_unit(
    database: db.Database, unit: str, price: int, worth: int
) -> None:
    await listed(await cups(1), 10 * YUAN)
    await customer(max_discount=0)

    placed = await ordering.place(await head(), [await cups(14, unit)], by=ADA)

    assert isinstance(placed, Confirmed)
    line = await only_line(placed.id)
    assert (line.unit_price, line.amount) == (price, worth * money.AMOUNT_SCALE)
    assert placed.holds == (), "the list's own price is never too low, however it is rounded"


async def test_pieces_of_a_dozen_are_rounded_in_the_price_and_not_held_for_it(database: db.Database) -> None:
    await listed(await cups(1), 10 * YUAN)
    await customer(max_discount=0)

    placed = await ordering.place(await head(), [await cups(18, "件")], by=ADA)

    assert isinstance(placed, Confirmed)
    assert ((await only_line(placed.id)).unit_price, placed.holds) == (833_333, ())


async def test_what_was_paid_last_for_a_carton_is_offered_for_a_carton(database: db.Database) -> None:
    await ordering.place(await head(), [await cups(1, price=10 * YUAN)], by=ADA)

    again = await ordering.place(await head(), [await cups(3)], by=ADA)

    assert isinstance(again, Confirmed)
    assert (await only_line(again.id)).amount == 30 * money.AMOUNT_SCALE


async def test_what_was_agreed_for_a_piece_before_prices_had_units_is_said_for_the_carton(
    database: db.Database,
) -> None:
    released = import_module("server.migrations.stockhand_2026_11_25t13_07_00_000000")
    cartons = await ordering.save(await head(), [await cups(2, price=1)], by=ADA)
    uneven = await ordering.save(await head(), [await cups(2, price=1)], by=ADA)
    assert isinstance(cartons, Saved) and isinstance(uneven, Saved)

    async with db.writing():
        as_it_was = db.Statement(
            "UPDATE sales_line SET unit_price = 0, price = ?, factor = ? WHERE order_id = ?"
        )
        await db.execute(as_it_was, 850_000, 12_000, cartons.id)
        await db.execute(as_it_was, 333_333, 500, uneven.id)
        for change in released.CHANGES:
            await db.execute(db.Statement(change))

    carton, piece = await only_line(cartons.id), await only_line(uneven.id)
    assert (carton.unit, carton.factor, carton.unit_price) == ("箱", 12_000, 10_200_000)
    assert (piece.unit, piece.factor, piece.unit_price) == ("件", 1_000, 333_333), (
        "no price of a half is exact"
    )


async def test_a_line_may_change_its_unit_and_keeps_what_was_agreed_for_the_new_one(
    database: db.Database,
) -> None:
    placed = await ordering.place(await head(), [await cups(2, price=10 * YUAN)], by=ADA)
    assert isinstance(placed, Confirmed)
    standing = await queries.order(placed.id)
    assert standing is not None

    changed = [await cups(18, "件", 900_000)]
    await ordering.edit(placed.id, await head(), changed, version=standing.version, by=ADA)

    line = await only_line(placed.id)
    assert (line.unit, line.factor, line.amount) == ("件", 1_000, 162_000)
