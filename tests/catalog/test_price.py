"""Which price holds, by plain calls."""

import pytest
from hypothesis import given as having
from hypothesis import strategies as st

from server.catalog.price import (
    RANKS,
    Candidate,
    ListDraft,
    PriceDraft,
    Source,
    choose,
    faults,
    faults_of_prices,
    tidy,
)

YUAN = 1_000_000


def listed(
    source: Source, price: int, *, since: str = "", steps_from: int = 1, list_id: int = 1
) -> Candidate:
    return Candidate(
        list=list_id,
        name=source,
        source=source,
        valid_from=since,
        from_quantity=steps_from * 1000,
        price=price * YUAN,
    )


def test_the_customers_own_list_decides_before_the_level_and_the_level_before_everybody() -> None:
    found = [listed("general", 10), listed("own", 9), listed("level", 8)]

    assert [choose(found[:1], 1000), choose(found, 1000), choose([found[0], found[2]], 1000)] == [
        choose([listed("general", 10)], 1000),
        choose([listed("own", 9)], 1000),
        choose([listed("level", 8)], 1000),
    ]


def test_whoever_buys_more_reaches_a_cheaper_step() -> None:
    steps = [listed("general", 10), listed("general", 9, steps_from=12), listed("general", 8, steps_from=100)]

    prices = {}
    for pieces in (1, 11, 12, 99, 100, 5000):
        offer = choose(steps, pieces * 1000)
        assert offer is not None
        prices[pieces] = offer.price // YUAN

    assert prices == {1: 10, 11: 10, 12: 9, 99: 9, 100: 8, 5000: 8}


def test_a_price_of_a_carton_is_said_for_what_is_ordered() -> None:
    carton = Candidate(
        list=1, name="", source="general", valid_from="", from_quantity=12_000, price=10 * YUAN, factor=12_000
    )

    offer = choose([carton], 24_000, discount=500)

    assert offer is not None
    assert (offer.of(12_000), offer.of(24_000)) == (9_500_000, 19 * YUAN)
    assert offer.base == 791_667


def test_a_step_that_is_not_reached_offers_nothing() -> None:
    assert choose([listed("own", 5, steps_from=100)], 99_999) is None


def test_a_narrow_list_whose_steps_are_too_high_leaves_the_wider_one() -> None:
    offer = choose([listed("own", 5, steps_from=100), listed("general", 10)], 1000)

    assert offer is not None
    assert offer.source == "general"


def test_a_promotion_covers_the_list_that_began_before_it() -> None:
    offer = choose(
        [
            listed("level", 10, since="2026-01-01", list_id=1),
            listed("level", 7, since="2026-11-11", list_id=2),
        ],
        1000,
    )

    assert offer is not None
    assert (offer.list, offer.price) == (2, 7 * YUAN)


def test_the_discount_comes_off_what_everybody_pays_and_not_off_ones_own_price() -> None:
    everybody = choose([listed("general", 10)], 1000, discount=500)
    own = choose([listed("own", 10)], 1000, discount=500)

    assert everybody is not None and own is not None
    assert (everybody.price, everybody.discount) == (9_500_000, 500)
    assert (own.price, own.discount) == (10 * YUAN, 0)


@having(
    st.lists(
        st.builds(
            Candidate,
            list=st.integers(1, 4),
            name=st.just("L"),
            source=st.sampled_from(RANKS),
            valid_from=st.sampled_from(("", "2026-01-01", "2026-11-11")),
            from_quantity=st.integers(1, 50_000),
            price=st.integers(1, 100 * YUAN),
        ),
        max_size=12,
        unique_by=lambda one: (one.list, one.from_quantity),
    ),
    st.integers(1, 60_000),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_prices_are_read_does_not_matter(
    found: list[Candidate], quantity: int, chance: object
) -> None:
    # One list has one head: its source and its day.
    heads = {one.list: one for one in found}
    found = [
        Candidate(
            list=one.list,
            name="L",
            source=heads[one.list].source,
            valid_from=heads[one.list].valid_from,
            from_quantity=one.from_quantity,
            price=one.price,
        )
        for one in found
    ]
    mixed = list(found)
    chance.shuffle(mixed)  # type: ignore[attr-defined]

    offer = choose(mixed, quantity)

    assert offer == choose(found, quantity)
    if offer:
        reached = [one for one in found if one.from_quantity <= quantity]
        assert RANKS.index(offer.source) == min(RANKS.index(one.source) for one in reached)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"level": "A" * 21}, "level"),
        ({"level": "A", "customer": 1}, "level"),
        ({"valid_from_on": "2026-02-30"}, "valid_from_on"),
        ({"valid_from_on": "2026-02-02", "valid_to_on": "2026-02-01"}, "valid_to_on"),
    ],
)
def test_a_list_that_cannot_be_is_refused_at_its_field(changes: dict[str, object], field: str) -> None:
    draft = ListDraft(**{"name": "2026", **changes})  # type: ignore[arg-type]

    assert [fault.field for fault in faults(tidy(draft))] == [field]


def test_prices_are_above_zero_and_each_step_stands_once() -> None:
    rows = [
        PriceDraft(item=1, from_quantity=1000, price=YUAN),
        PriceDraft(item=1, from_quantity=1000, price=2 * YUAN),
        PriceDraft(item=2, from_quantity=0, price=0),
    ]

    assert [fault.field for fault in faults_of_prices(rows)] == [
        "lines.1.item",
        "lines.2.quantity",
        "lines.2.price",
    ]
