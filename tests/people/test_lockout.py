"""How long guessing has to wait."""

from server.clock import MINUTE
from server.people import lockout
from server.people.lockout import Strangers


def test_five_failures_lock_for_five_minutes_and_each_further_one_for_twice_as_long() -> None:
    waits = [lockout.locked_for(failures) // MINUTE for failures in range(9)]

    assert waits == [0, 0, 0, 0, 0, 5, 10, 20, 40]


def test_nobody_is_locked_out_for_more_than_a_day() -> None:
    assert lockout.locked_for(1000) == lockout.LONGEST_LOCK


def test_an_address_that_guesses_names_waits_until_its_first_guess_is_forgotten() -> None:
    strangers = Strangers()
    for minute in range(lockout.ADDRESS_TRIES):
        strangers.failed("10.0.0.1", minute)

    assert strangers.wait("10.0.0.1", 100) == lockout.ADDRESS_WINDOW - 100
    assert strangers.wait("10.0.0.1", lockout.ADDRESS_WINDOW) == 0
    assert strangers.wait("10.0.0.2", 100) == 0


def test_memory_of_addresses_is_bounded() -> None:
    strangers = Strangers()
    for number in range(lockout.ADDRESSES + 50):
        strangers.failed(str(number), 0)

    assert len(strangers.tries) == lockout.ADDRESSES
    assert "0" not in strangers.tries
