"""Terms, contacts, addresses and tags as they are written."""

import pytest

from server.catalog.terms import (
    Address,
    Card,
    Contact,
    PartnerTerms,
    faults_of_card,
    faults_of_terms,
    read_tags,
    tidy_card,
)


def test_tags_are_read_as_one_types_them() -> None:
    assert read_tags(" 华东，重点 重点; KA、老客户 ") == ("华东", "重点", "KA", "老客户")


def test_the_first_address_of_a_kind_is_the_main_one_unless_somebody_says_so() -> None:
    card = tidy_card(
        Card(
            addresses=(
                Address("上海 A 仓"),
                Address("上海 B 仓", is_main=True),
                Address("财务部", "bill"),
                Address("上海 C 仓", is_main=True),
            )
        )
    )

    assert [one.text for one in card.addresses if one.is_main] == ["上海 B 仓", "财务部"]


@pytest.mark.parametrize(
    ("card", "field"),
    [
        (Card(contacts=(Contact(""),)), "contacts.0.name"),
        (Card(contacts=(Contact("王"), Contact("李", email="nowhere"))), "contacts.1.email"),
        (Card(addresses=(Address(""),)), "addresses.0.text"),
        (Card(addresses=(Address("上海", "home"),)), "addresses.0.kind"),  # type: ignore[arg-type]
        (Card(tags=("x" * 21,)), "tags"),
    ],
)
def test_a_card_is_refused_at_the_field_that_is_wrong(card: Card, field: str) -> None:
    assert [fault.field for fault in faults_of_card(card)] == [field]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (PartnerTerms(level="x" * 21), "level"),
        (PartnerTerms(payment_days=721), "payment_days"),
        (PartnerTerms(discount=10_001), "discount"),
    ],
)
def test_terms_are_refused_at_the_field_that_is_wrong(terms: PartnerTerms, field: str) -> None:
    assert [fault.field for fault in faults_of_terms(terms)] == [field]
