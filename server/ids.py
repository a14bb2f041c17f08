"""The only reader of randomness: ids of operations, secrets and codes that people type."""

import base64
import hashlib
import secrets

from server import clock

# No 0/O, 1/I/L: a code read aloud or from a screen must not be mistaken.
TYPEABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def uuid7() -> str:
    """A UUIDv7 (RFC 9562): the millisecond first, so that ids sort by the time they were made."""
    value = (clock.now() // 1000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def token(size: int = 32) -> str:
    """An unguessable URL-safe secret of `size` random bytes; only its hash is stored."""
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()


def hexadecimal(digits: int) -> str:
    """Random hexadecimal digits, an even number of them."""
    return secrets.token_hex(digits // 2)


def typeable(length: int) -> str:
    """A random code for people to type, without letters that look alike."""
    return "".join(secrets.choice(TYPEABLE) for _ in range(length))


def number() -> int:
    """A random 53-bit number, exact in JSON."""
    return secrets.randbits(53)


def fraction() -> float:
    """A random part of one, to spread what would otherwise happen everywhere at once."""
    return secrets.randbits(53) / (1 << 53)


def digest(secret: str) -> str:
    """What is stored of a random token: its SHA-256. Passwords and PINs are not random: see people.password."""
    return hashlib.sha256(secret.encode()).hexdigest()
