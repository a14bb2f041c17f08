"""Statements: nothing is lost between two periods, and no cent between an order and its shipments."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given as having
from hypothesis import strategies as st

from server import money
from server.crm.credit import Credit
from server.crm.statement import Returned, Sent, neighbours, period, statement
from server.outbound import order

FIRST = date(2026, 9, 1)


def sent(
    notice: int,
    pieces: int,
    *,
    on: int = 0,
    of: int = 1,
    line: int = 1,
    price: int = 10_000_000,
    factor: int = 1000,
    discount: int = 0,
    order_discount: int = 0,
) -> Sent:
    return Sent(
        order=of,
        order_number=f"SO-{of}",
        order_discount=order_discount,
        line=line,
        notice=notice,
        number=f"SN-{notice}",
        at=on,
        day=(FIRST + timedelta(days=on)).isoformat(),
        quantity=pieces * 1000,
        unit_price=price,
        factor=factor,
        discount=discount,
    )


def back(
    receipt: int,
    pieces: int,
    *,
    on: int,
    of: int = 0,
    price: int = 10_000_000,
    factor: int = 1000,
    off: int = 0,
) -> Returned:
    return Returned(
        receipt=receipt,
        number=f"RT-{receipt}",
        at=on,
        day=(FIRST + timedelta(days=on)).isoformat(),
        order=of,
        order_discount=off,
        line=1 if of else -receipt,
        quantity=pieces * 1000,
        unit_price=price,
        factor=factor,
        discount=0,
    )


def test_what_was_sent_before_is_the_opening_and_what_comes_back_lowers_the_balance() -> None:
    found = statement(
        [sent(1, 3), sent(2, 5, on=20, of=2), sent(3, 1, on=70, of=3)],
        [back(1, 2, on=25)],
        "2026-09-10",
        "2026-09-30",
    )

    assert found.opening == 300_000
    assert [(one.number, one.amount, one.balance) for one in found.entries] == [
        ("SN-2", 500_000, 800_000),
        ("RT-1", -200_000, 600_000),
    ]
    assert (found.shipped, found.returned, found.closing) == (500_000, 200_000, 600_000)


def test_both_days_of_a_period_belong_to_it() -> None:
    found = statement([sent(1, 1, on=0), sent(2, 1, on=29, of=2)], [], "2026-09-01", "2026-09-30")

    assert (found.opening, len(found.entries)) == (0, 2)


def test_three_shipments_of_a_third_cost_together_what_the_order_costs() -> None:
    # 3 pieces at 0.335: 1.005, so 1.01 in all; each alone would be 0.34.
    parts = [sent(at, 1, on=at, price=335_000) for at in (1, 2, 3)]

    found = statement(parts, [], "2026-09-01", "2026-09-30")

    assert [one.amount // 100 for one in found.entries] == [34, 33, 34]
    assert found.closing == money.amount_of(3000, 335_000)


def test_whoever_sends_everything_back_in_parts_gets_back_what_it_cost() -> None:
    # A dozen at 10.00 less 3 %: 9.70; a third of it alone would be 3.23.
    parts = [sent(1, 12, on=1, factor=12_000, order_discount=300)]
    taken = [back(at, 4, on=at, of=1, factor=12_000, off=300) for at in (2, 3, 4)]

    found = statement(parts, taken, "2026-09-01", "2026-09-30")

    assert [one.amount // 100 for one in found.entries] == [970, -323, -324, -323]
    assert found.closing == 0


parts = st.builds(
    sent,
    st.integers(1, 6),
    st.integers(1, 40),
    on=st.integers(0, 90),
    of=st.just(1),
    line=st.integers(1, 3),
    price=st.just(0),
)


@having(
    st.lists(parts, max_size=10),
    st.dictionaries(
        st.integers(1, 3),
        st.tuples(st.integers(1, 10**8), st.integers(0, 9000), st.sampled_from([500, 1000, 7000, 12_000])),
        min_size=3,
    ),
    st.integers(0, 3000),
    st.lists(st.builds(back, st.integers(1, 3), st.integers(1, 9), on=st.integers(0, 90)), max_size=4),
    st.lists(st.integers(1, 90), max_size=6, unique=True),
)
def test_each_period_opens_as_the_one_before_closed_and_all_add_up(
    drawn: list[Sent],
    prices: dict[int, tuple[int, int, int]],
    off: int,
    returned: list[Returned],
    cuts: list[int],
) -> None:
    # One notice leaves once, one line has one price, one receipt comes once.
    on = {part.notice: part.at for part in drawn}
    known = [
        sent(
            part.notice,
            part.quantity // 1000,
            on=on[part.notice],
            line=part.line,
            price=prices[part.line][0],
            discount=prices[part.line][1],
            factor=prices[part.line][2],
            order_discount=off,
        )
        for part in drawn
    ]
    came = {one.receipt: one for one in returned}
    taken = list(came.values())
    edges = [0, *sorted(cuts), 91]
    periods = [
        (
            (FIRST + timedelta(days=a)).isoformat(),
            (FIRST + timedelta(days=b - 1)).isoformat(),
        )
        for a, b in itertools.pairwise(edges)
    ]

    found = [statement(known, taken, since, until) for since, until in periods]

    assert found[0].opening == 0
    for before, after in itertools.pairwise(found):
        assert after.opening == before.closing
    for one in found:
        assert one.closing == one.opening + one.shipped - one.returned
    gone: dict[int, int] = {}
    for part in known:
        gone[part.line] = gone.get(part.line, 0) + part.quantity
    whole = order.total(
        [
            money.amount_of(amount, price, discount, factor=factor)
            for line, amount in gone.items()
            for price, discount, factor in [prices[line]]
        ],
        off,
    )
    worth = sum(money.amount_of(one.quantity, one.unit_price) for one in taken)
    assert found[-1].closing == whole - worth


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (("2026-09-05", "2026-09-07"), ("2026-09-05", "2026-09-07")),
        (("", ""), ("2026-02-01", "2026-02-28")),
        (("2026-09-07", "2026-09-05"), ("2026-02-01", "2026-02-28")),
        (("2026-02-30", "2026-03-01"), ("2026-02-01", "2026-02-28")),
    ],
)
def test_a_period_that_is_none_becomes_the_month(asked: tuple[str, str], meant: tuple[str, str]) -> None:
    assert period(*asked, date(2026, 2, 14)) == meant


def test_months_follow_each_other_over_the_year_and_a_short_month() -> None:
    assert neighbours(date(2026, 1, 31)) == [("2025-12-01", "2025-12-31"), ("2026-02-01", "2026-02-28")]


@pytest.mark.parametrize(
    ("limit", "open_", "left", "is_beyond", "used"),
    [
        (None, 5, None, False, 0),
        (100, 0, 100, False, 0),
        (100, 80, 20, False, 80),
        (100, 130, -30, True, 100),
        (0, 0, 0, False, 0),
        (0, 1, -1, True, 100),
    ],
)
def test_credit_is_the_limit_less_what_is_open(
    limit: int | None, open_: int, left: int | None, is_beyond: bool, used: int
) -> None:
    credit = Credit(limit, open_)

    assert (credit.left, credit.is_beyond, credit.used) == (left, is_beyond, used)
