"""Passwords and PINs: argon2 hashes, and which ones are good enough."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD = 8
PIN_DIGITS = range(4, 9)


@cache
def _hasher() -> PasswordHasher:
    # RFC 9106, second recommended option, with one lane: about 40 ms on a small server.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hashed(secret: str) -> str:
    """What is stored of a password or PIN."""
    return _hasher().hash(secret)


def matches(secret: str, stored: str) -> bool:
    """Whether `secret` is the one; takes the same time when nothing is stored."""
    try:
        _hasher().verify(stored or _nobody(), secret)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def fault_of_password(password: str, name: str) -> str | None:
    """Why this password will not do: a word key under people.password, or None when it will."""
    if len(password) < MIN_PASSWORD:
        return "people.password.short"
    if password.casefold() == name.casefold() or len(set(password)) < 4:
        return "people.password.easy"
    return None


def fault_of_pin(pin: str) -> str | None:
    """Why this PIN will not do, or None."""
    if not (pin.isascii() and pin.isdigit() and len(pin) in PIN_DIGITS):
        return "people.pin.shape"
    if len(set(pin)) == 1 or pin in "0123456789" or pin in "9876543210":
        return "people.pin.easy"
    return None
