"""The language that the server and its print agents speak: `stockhand-print/1`.

An agent pairs once, then asks for work (`GET /print/jobs`), claims a job, fetches one payload per copy, and
reports. The right to decide passes to the agent when the server has acknowledged its report `spooled`;
before that nothing may be sent to a printer, after that the server never takes the job back by itself.
"""

from enum import IntEnum
from typing import Literal

import msgspec

PROTOCOL = "stockhand-print/1"
LEASE_S = 60
MAX_PAYLOAD = 5_000_000

State = Literal[
    "draft",
    "queued",
    "claimed",
    "spooled",
    "printing",
    "printed",
    "failed",
    "unknown",
    "expired",
    "cancelled",
]
# What an agent may say about a job it holds.
AgentState = Literal["spooled", "printing", "printed", "failed", "unknown", "expired"]
Backend = Literal["png", "tcp9100"]
# What a payload is written in; the back-end that will take it decides.
Language = Literal["png", "zpl"]


class Evidence(IntEnum):
    """How sure we are that paper came out; each level includes those below."""

    NONE = 0
    ACCEPTED = 1  # in the agent's spool, on disk
    SENT = 2  # every byte handed to the operating system
    CONSUMED = 3  # the printer took all of it and closed the connection
    PRINTED = 4  # the label is there: the file exists, or a person saw it


class Pairing(msgspec.Struct, frozen=True):
    """`POST /print/pair`: the code from the station page, and what this computer calls itself."""

    code: str
    name: str


class Paired(msgspec.Struct, frozen=True):
    """The station this agent now is. The key is told once; the server keeps its hash only."""

    station: str
    key: str
    name: str


class Offer(msgspec.Struct, frozen=True):
    """A job that waits for this station."""

    job: str
    # The wish itself: `job` is an address and may mean another wish after the server was restored.
    request: str
    attempt: int
    title: str = ""


class Offers(msgspec.Struct, frozen=True):
    """`GET /print/jobs?wait=25&token=…`: what waits, oldest first; empty when nothing came in time."""

    offers: list[Offer]
    protocol: str = PROTOCOL


class Taking(msgspec.Struct, frozen=True):
    """`POST /print/jobs/{id}/claim`: `token` is the spool that takes it; the same one may ask again."""

    attempt: int
    token: str


class Target(msgspec.Struct, frozen=True):
    """The printer as the server's people set it up; the agent's own settings may overrule the address."""

    id: str
    name: str
    backend: Backend
    address: str = ""


class Claim(msgspec.Struct, frozen=True):
    """A job taken for `lease_s`: copies `first_copy` to `copies` are to be printed within `ttl_s`."""

    job: str
    request: str
    attempt: int
    first_copy: int
    copies: int
    printer: Target
    title: str = ""
    lease_s: float = LEASE_S
    # Seconds, not a time of day: the agent's clock may be wrong.
    ttl_s: float = 1800


class Report(msgspec.Struct, frozen=True):
    """`POST /print/jobs/{id}/report`. `number` grows with every report of an attempt, so late ones are known.

    `copy` is the copy that is meant: the one being printed, the doubtful one, or the last that came out.
    """

    attempt: int
    state: AgentState
    number: int
    token: str
    evidence: Evidence = Evidence.NONE
    copy: int = 0
    copies: int = 0
    error: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What the server made of a report. `drop`: this attempt is over for you; send nothing of it any more."""

    taken: bool
    drop: bool = False
    reason: str = ""
