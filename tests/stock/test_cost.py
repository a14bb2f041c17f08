"""What stock is worth: worked tables from public documentation, and what must hold for every history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import money
from server.stock import cost
from server.stock.cost import METHODS, Entry, Method, Worth


def came(pieces: int, price: str | None = None, origin: str = "") -> Entry:
    return Entry(
        origin=origin or f"in {pieces} at {price}",
        quantity=pieces * 1000,
        price=None if price is None else money.parse_price(price),
    )


def left(pieces: int) -> Entry:
    return Entry(origin=f"out {pieces}", quantity=-pieces * 1000)


def shown(value: int) -> str:
    return money.format_amount(value // 100)


def table(method: Method, *entries: Entry) -> list[tuple[str, str]]:
    """After each posting: what it moved, and what the stock is worth."""
    worth, rows = Worth(), []
    for entry in entries:
        valued = cost.post(worth, entry, method)
        worth = valued.worth
        rows.append((shown(valued.cost), shown(worth.value)))
    return rows


def test_the_average_of_the_tables_in_odoos_documentation() -> None:
    # odoo/documentation, finance/accounting/get_started/avg_price_valuation, "Compute average cost" and
    # "Return items to supplier": 8 at $10, 4 at $16, deliver 10, return one at the average.
    assert table("average", came(8, "10"), came(4, "16"), left(10), left(1)) == [
        ("80.00", "80.00"), ("64.00", "144.00"), ("120.00", "24.00"), ("12.00", "12.00"),
    ]  # fmt: skip


def test_cost_of_goods_sold_as_in_the_manual_of_fincal() -> None:
    # CRAN, FinCal 0.6.3, cogs(uinv=2, pinv=2, units=c(3,5), price=c(3,5), sinv=7): FIFO 23 and 15 left;
    # weighted average 26.6 and 11.4 left.
    bought = came(2, "2"), came(3, "3"), came(5, "5")

    assert table("fifo", *bought, left(7))[-1] == ("23.00", "15.00")
    assert table("average", *bought, left(7))[-1] == ("26.60", "11.40")


def test_layers_as_in_the_manual_of_business_inventory_valuation() -> None:
    # CPAN, Business::Inventory::Valuation 0.007: 100 at 1500, 150 at 1600, an average of 1560.
    worth, _ = cost.post_all(Worth(), [came(100, "1500"), came(150, "1600")], "average")
    assert money.format_price(worth.average) == "1560.00"

    rows = table("fifo", came(100, "1500"), came(150, "1600"), left(50), came(200, "1500"), left(350))
    assert [moved for moved, _ in rows] == ["150000.00", "240000.00", "75000.00", "300000.00", "540000.00"]
    assert rows[-1][1] == "75000.00"


def test_a_perpetual_average_with_a_sale_between_two_purchases() -> None:
    # 300 at $8, sell 175, buy 375 at $10: $9.50 each; sell 280 for $2,660, $2,090 stay (a worked exercise for WCS12).
    rows = table("average", came(300, "8"), left(175), came(375, "10"), left(280))
    assert rows[-1] == ("2660.00", "2090.00")


def test_thirds_are_not_lost_the_last_piece_takes_the_rest() -> None:
    rows = table("average", came(3, "3.333333"), came(1, "0.01"), left(1), left(1), left(1), left(1))

    assert rows[-1][1] == "0.00"
    worth, costs = cost.post_all(
        Worth(), [came(3, "3.333333"), came(1, "0.01"), left(1), left(2), left(1)], "average"
    )
    assert worth.value == 0
    assert sum(costs[:2]) == sum(costs[2:])


def test_an_empty_shelf_keeps_the_last_average_for_what_a_count_finds() -> None:
    worth, _ = cost.post_all(Worth(), [came(2, "7"), left(2)], "average")
    assert worth.quantity == worth.value == 0

    found = cost.post(worth, came(1), "average")

    assert shown(found.cost) == "7.00"


@pytest.mark.parametrize("method", METHODS)
def test_taking_a_shipment_back_restores_what_stock_was_worth(method: Method) -> None:
    before, _ = cost.post_all(Worth(), [came(2, "2"), came(3, "5")], method)
    shipped = cost.post(before, left(3), method)

    back = Entry(origin="back", quantity=3000, cost=shipped.cost, of="out 3")
    after = cost.post(shipped.worth, back, method).worth

    assert (after.quantity, after.value, after.average) == (before.quantity, before.value, before.average)


@pytest.mark.parametrize("method", METHODS)
def test_taking_a_receipt_back_takes_out_what_it_brought(method: Method) -> None:
    before, _ = cost.post_all(Worth(), [came(2, "2")], method)
    received = cost.post(before, came(3, "5", origin="op:0"), method)

    back = Entry(origin="back", quantity=-3000, cost=received.cost, of="op:0")
    after = cost.post(received.worth, back, method).worth

    assert (after.quantity, after.value, after.variance) == (before.quantity, before.value, 0)


def test_a_receipt_taken_back_after_its_goods_were_sold_leaves_a_variance() -> None:
    worth, costs = cost.post_all(
        Worth(), [came(10, "1", origin="a:0"), came(10, "3", origin="b:0"), left(10)], "average"
    )
    assert shown(costs[-1]) == "20.00"

    back = Entry(origin="back", quantity=-10_000, cost=costs[1], of="b:0")
    after = cost.post(worth, back, "average").worth

    assert (after.quantity, after.value) == (0, 0)
    assert shown(after.variance) == "10.00"


steps = st.lists(
    st.tuples(st.integers(-9, 9).filter(bool), st.integers(0, 9_999_999), st.booleans()), max_size=40
)


@given(steps, st.sampled_from(METHODS))
def test_what_came_in_has_left_or_is_still_there(story: list[tuple[int, int, bool]], method: Method) -> None:
    worth, balance = Worth(), 0
    for number, (pieces, price, knows_price) in enumerate(story):
        size = max(pieces * 777, -worth.quantity)
        if size == 0:
            continue
        entry = Entry(origin=str(number), quantity=size, price=price if knows_price and size > 0 else None)
        valued = cost.post(worth, entry, method)
        worth = valued.worth
        balance += valued.cost if size > 0 else -valued.cost

        assert worth.value == balance
        assert worth.value >= 0
        assert worth.variance == 0
        assert (worth.value == 0) or worth.quantity > 0
        if method == "fifo":
            assert sum(layer.value for layer in worth.layers) == worth.value
            assert sum(layer.quantity for layer in worth.layers) == worth.quantity


@given(steps, st.sampled_from(METHODS), st.data())
def test_reversals_balance_too_their_difference_is_kept_as_variance(
    story: list[tuple[int, int, bool]], method: Method, data: st.DataObject
) -> None:
    worth, balance = Worth(), 0
    done: list[tuple[str, int, int]] = []
    for number, (pieces, price, reverses) in enumerate(story):
        if reverses and done:
            origin, size, value = done.pop(data.draw(st.integers(0, len(done) - 1)))
            entry = Entry(origin=str(number), quantity=-size, cost=value, of=origin)
        else:
            entry = Entry(origin=str(number), quantity=pieces * 500, price=price if pieces > 0 else None)
        if -entry.quantity > worth.quantity:
            continue
        valued = cost.post(worth, entry, method)
        worth = valued.worth
        balance += valued.cost if entry.quantity > 0 else -valued.cost
        if not entry.of:
            done.append((entry.origin, entry.quantity, valued.cost))

        assert worth.value == balance + worth.variance
        assert worth.value >= 0
        assert worth.quantity > 0 or worth.value == 0
