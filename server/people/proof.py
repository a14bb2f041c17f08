"""How a second person shows on somebody's device that it is them: a seal over what they vouch for, by a key of theirs.

The key follows from the PIN's hash and the device, so a new PIN or another device makes old keys worthless, and
nothing more has to be kept. A badge is its own key, since only its digest is known here.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from server import canonical

_NAME: Final = "stockhand-proof/1"
By = Literal["pin", "badge"]


class Proof(msgspec.Struct, frozen=True):
    """As it stands in an operation: who, by which secret, and the seal."""

    user: str
    by: By
    seal: str


class Prover(msgspec.Struct, frozen=True):
    """Somebody with what is kept of their secrets."""

    id: int
    is_active: bool
    pin_hash: str
    badge_digest: str


def key_of_pin(pin_hash: str, device: str) -> str:
    """What a device is handed once the PIN was right, to keep behind the PIN; 64 hex digits."""
    return hmac.new(pin_hash.encode(), f"{_NAME}/{device}".encode(), hashlib.sha256).hexdigest()


def seal(key: str, device: str, proof_user: str, by: str, operation: str, said: Sequence[object]) -> str:
    """The seal over one operation of one device: `said` is what it says, texts in a fixed order."""
    text = canonical.encode([_NAME, device, operation, proof_user, by, *said])
    return hmac.new(bytes.fromhex(key), text, hashlib.sha256).hexdigest()


def holds(shown: Proof, prover: Prover, device: str, operation: str, said: Sequence[object]) -> bool:
    """Whether this person, and nobody else, has sealed this operation."""
    secret = prover.pin_hash if shown.by == "pin" else prover.badge_digest
    if not secret:
        return False
    key = key_of_pin(secret, device) if shown.by == "pin" else secret
    expected = seal(key, device, shown.user, shown.by, operation, said)
    return hmac.compare_digest(expected.encode(), shown.seal.encode())


def read(sent: object) -> Proof | None:
    """What a device sent as a proof; None when it is none."""
    try:
        return msgspec.convert(sent, Proof)
    except msgspec.ValidationError:
        return None
