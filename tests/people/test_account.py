"""What makes an account whole."""

import pytest

from server.people import account, password
from server.people.account import AccountDraft


def wrong(draft: AccountDraft) -> dict[str, str]:
    return {fault.field: fault.word for fault in account.faults(account.tidy(draft))}


def test_a_name_is_the_same_however_it_is_typed() -> None:
    assert account.key(" ＷＡＮＧ  Wei ") == account.key("wang wei") == "wang wei"


def test_everything_wrong_is_told_at_once() -> None:
    draft = AccountDraft(name=" ", display_name="x" * 41, role="emperor", language="tlh")

    assert wrong(draft) == {
        "name": "people.fault.missing",
        "display_name": "people.fault.shape",
        "role": "people.fault.role",
        "language": "people.fault.language",
    }


def test_an_administrator_sees_every_warehouse() -> None:
    assert account.tidy(AccountDraft(name="li", role="administrator")).sees_all_warehouses


@pytest.mark.parametrize(
    ("secret", "word"),
    [("short", "people.password.short"), ("aaaaaaaa", "people.password.easy"), ("WangWei1", "people.password.easy"),
     ("copper-lantern-9", None), ("一二三四五六七八", None)],
)  # fmt: skip
def test_passwords_are_long_enough_and_not_the_name(secret: str, word: str | None) -> None:
    assert password.fault_of_password(secret, "wangwei1") == word


@pytest.mark.parametrize(
    ("pin", "word"),
    [("123", "people.pin.shape"), ("123456789", "people.pin.shape"), ("12a4", "people.pin.shape"),
     ("１２４５", "people.pin.shape"), ("1111", "people.pin.easy"), ("3456", "people.pin.easy"),
     ("8765", "people.pin.easy"), ("4711", None)],
)  # fmt: skip
def test_pins_are_digits_that_are_not_guessed_at_once(pin: str, word: str | None) -> None:
    assert password.fault_of_pin(pin) == word


def test_nothing_matches_an_empty_hash() -> None:
    assert not password.matches("", "")
    assert not password.matches("nobody has this password", "")
