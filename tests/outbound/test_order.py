"""What an order says by itself: totals, holds, changes and when it may go to the floor."""

import msgspec
import pytest

from server import money
from server.documents.line import Line
from server.outbound import order
from server.outbound.order import Head, OrderLine, Released, Terms

YUAN = money.AMOUNT_SCALE
NOBODY = Released()


def line(item: int = 1, amount: int = 10, **fields: object) -> OrderLine:
    known: dict[str, object] = {
        "id": item, "position": item, "item": item, "unit": "件", "factor": 1000, "unit_price": 10_000_000,
        "discount": 0, "quantity": amount * 1000,
    }  # fmt: skip
    return msgspec.convert(known | fields, OrderLine)


def typed(item: int = 1, amount: int = 10, unit: str = "件") -> Line:
    return Line(item, unit, 1000, amount * 1000, 10_000_000, 0)


def test_a_total_is_the_lines_less_the_discount_of_the_order_in_whole_cents() -> None:
    amounts = [order.amount(line(unit_price=3_333_333, amount=3)), order.amount(line(amount=2, discount=500))]

    assert amounts == [10 * YUAN, 19 * YUAN]
    assert money.format_amount(order.total(amounts, 0)) == "29.00"
    assert money.format_amount(order.total(amounts, 333)) == "28.03"


def test_what_is_not_wanted_any_more_costs_nothing() -> None:
    assert order.amount(line(amount=10, cancelled=4000)) == 60 * YUAN


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"wanted_on": "tomorrow"}, "wanted_on"),
        ({"discount": 10_001}, "discount"),
        ({"policy": "maybe"}, "policy"),
        ({"priority": 10}, "priority"),
        ({"customer": 0}, "customer"),
        ({"remark": "x" * 401}, "remark"),
    ],
)
def test_a_head_that_makes_no_sense_names_the_field(fields: dict[str, object], field: str) -> None:
    head = msgspec.convert({"customer": 1, "warehouse": 1} | fields, Head)

    assert [fault.field for fault in order.faults(head)] == [field]


# Holds


def held(
    terms: Terms, *lines: OrderLine, discount: int = 0, owes: int = 0, released: Released = NOBODY
) -> tuple[str, ...]:
    return order.holds(terms, lines, discount=discount, owes=owes, released=released)


def test_an_order_within_everything_agreed_is_not_held() -> None:
    assert held(Terms(credit_limit=100 * YUAN), line(amount=10)) == ()


def test_a_customer_who_is_blocked_holds_the_order() -> None:
    assert held(Terms(is_blocked=True), line()) == ("customer",)
    assert held(Terms(is_blocked=True), line(), released=Released(customer=True)) == ()


def test_credit_counts_what_was_ordered_before() -> None:
    terms = Terms(credit_limit=150 * YUAN)

    assert held(terms, line(amount=10), owes=50 * YUAN) == ()
    assert held(terms, line(amount=10), owes=51 * YUAN) == ("credit",)


def test_without_an_agreed_limit_nobody_is_over_it() -> None:
    assert held(Terms(), line(amount=10), owes=10**12) == ()


def test_credit_that_was_let_go_holds_again_when_the_order_grows() -> None:
    terms, released = Terms(credit_limit=0), Released(credit=100 * YUAN)

    assert held(terms, line(amount=10), released=released) == ()
    assert held(terms, line(amount=9), released=released) == ()
    assert held(terms, line(amount=11), released=released) == ("credit",)


def test_a_discount_beyond_what_was_agreed_holds_the_order() -> None:
    assert held(Terms(), line(discount=1000)) == ()
    assert held(Terms(), line(discount=1001)) == ("price",)
    assert held(Terms(max_discount=2000), line(discount=1500)) == ()
    assert held(Terms(), line(discount=600), discount=600) == ("price",)


def test_a_price_far_below_the_usual_one_holds_the_order() -> None:
    assert held(Terms(), line(usual=12_000_000)) == ("price",)
    assert held(Terms(), line(usual=11_000_000)) == ()


def test_a_price_nobody_knows_holds_nothing() -> None:
    assert held(Terms(), line(unit_price=0)) == ()


def test_a_price_that_was_let_go_holds_again_only_when_it_falls_further() -> None:
    cheap = line(discount=2000)
    released = order.let_go("price", Terms(), [cheap], discount=0, released=NOBODY)

    assert released.price == {"1": 8_000_000}
    assert held(Terms(), line(discount=2000, amount=99), released=released) == ()
    assert held(Terms(), line(discount=1500), released=released) == ()
    assert held(Terms(), line(discount=2100), released=released) == ("price",)
    assert held(Terms(), cheap, line(2, discount=2000), released=released) == ("price",)


# Changes


def test_lines_are_known_again_by_item_and_unit() -> None:
    before = [line(1), line(2, unit="箱"), line(3)]
    after = [typed(2, 5, "箱"), typed(1, 7), typed(4)]

    change = order.compare(before, after)

    assert [(old.id, new.quantity) for old, new in change.changed] == [(2, 5000), (1, 7000)]
    assert [new.item for new in change.added] == [4]
    assert [old.id for old in change.removed] == [3]


def test_the_same_item_twice_stays_two_lines() -> None:
    before = [line(1, id=1), line(1, id=2, amount=3)]

    change = order.compare(before, [typed(1, 10), typed(1, 4)])

    assert [(old.id, new.quantity) for old, new in change.changed] == [(1, 10_000), (2, 4000)]


def test_a_line_that_was_given_up_is_not_found_again() -> None:
    change = order.compare([line(1, cancelled=10_000)], [typed(1)])

    assert (len(change.added), change.changed, change.removed) == (1, [], [])


def test_less_than_has_left_is_refused_with_the_line() -> None:
    before, after = [line(1, shipped=6000), line(2, shipped=1000)], [typed(1, 5)]

    faults = order.faults_of_change(order.compare(before, after), after)

    assert [(fault.field, fault.word) for fault in faults] == [
        ("lines.0.quantity", "outbound.fault.has_left"),
        ("", "outbound.fault.line_has_left"),
    ]


# To the floor


def test_a_held_order_may_not_be_released() -> None:
    assert order.blocked_by("confirmed", "credit price", "partial", [line(reserved=1000)]) == [
        "hold_credit",
        "hold_price",
    ]


def test_an_order_that_must_be_whole_waits_for_its_last_piece() -> None:
    lines = [line(reserved=10_000), line(2, reserved=9000)]

    assert order.blocked_by("confirmed", "", "complete", lines) == ["incomplete"]
    assert order.blocked_by("confirmed", "", "partial", lines) == []


def test_without_anything_reserved_there_is_nothing_to_release() -> None:
    assert order.blocked_by("confirmed", "", "partial", [line()]) == ["nothing_reserved"]
    assert order.blocked_by("confirmed", "", "partial", [line(reserved=4000, noticed=4000)]) == [
        "nothing_reserved"
    ]
    assert order.blocked_by("draft", "", "partial", [line(reserved=4000)]) == ["state"]


def test_what_the_floor_knows_of_is_not_released_again() -> None:
    assert line(reserved=10_000).releasable == 10_000
    assert line(reserved=6000, noticed=10_000, picked=4000).releasable == 0
    assert line(reserved=3000, noticed=4000, picked=4000).releasable == 3000
    assert line(reserved=3000, noticed=4000, picked=5000, cancelled=5000).releasable == 1000


def test_the_state_follows_from_the_lines() -> None:
    assert order.state_after([line()]) == "confirmed"
    assert order.state_after([line(), line(2, shipped=10_000)]) == "partly_shipped"
    assert order.state_after([line(cancelled=6000, shipped=4000)]) == "done"
    assert order.state_after([line(cancelled=10_000)]) == "cancelled"
