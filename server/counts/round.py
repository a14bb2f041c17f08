"""Rounds of one place: when one count is enough, when another person is asked, when somebody has to decide."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from server.counts.difference import Finding, allowed
from server.stock.movement import Cell, Moment

State = Literal["issued", "recount", "review", "posted"]

ENOUGH: Final = 3
"""So many people may differ before a person decides."""


class Round(msgspec.Struct, frozen=True):
    """One person counted the whole place once."""

    when: Moment
    person: int
    findings: Sequence[Finding]

    def is_within(self, tolerance: int) -> bool:
        """Whether it saw what the book said."""
        return all(finding.is_within(tolerance) for finding in self.findings)


def decide(rounds: Iterable[Round], tolerance: int, asked_at: int | None = None) -> State:
    """What is to happen with a place after these rounds; it follows from them alone, in whatever order they came.

    The last count is what the ledger follows, so it is the one that must agree with somebody else's.
    """
    known = sorted(rounds, key=lambda one: one.when)
    if not known:
        return "issued"
    voices = opinions(known)
    last = voices[-1]
    if asked_at is not None and last.when.at <= asked_at:
        return "recount"
    if len(voices) == 1:
        return "posted" if all(one.is_within(tolerance) for one in known) else "recount"
    if not agree(known[-1], last, tolerance):
        return "recount"
    if any(agree(last, other, tolerance) for other in voices[:-1]):
        return "posted" if last.is_within(tolerance) else "review"
    return "recount" if len(voices) < ENOUGH else "review"


def opinions(rounds: Iterable[Round]) -> list[Round]:
    """What each person said, oldest first. One may correct oneself until another has counted; after that, one is
    no second opinion on oneself."""
    voices: list[Round] = []
    for one in sorted(rounds, key=lambda one: one.when):
        if voices and voices[-1].person == one.person:
            voices[-1] = one
        elif all(other.person != one.person for other in voices):
            voices.append(one)
    return voices


def agree(one: Round, other: Round, tolerance: int) -> bool:
    """Whether both say the same of every cell, whatever flowed between them: the same difference to the book."""
    mine, theirs = _differences(one), _differences(other)
    return all(
        abs(mine.get(cell, (0, 0))[0] - theirs.get(cell, (0, 0))[0])
        <= max(allowed(told[1], tolerance) for told in (mine.get(cell, (0, 0)), theirs.get(cell, (0, 0))))
        for cell in mine.keys() | theirs.keys()
    )


def is_disputed(rounds: Iterable[Round], tolerance: int) -> bool:
    """Whether those who counted still contradict each other."""
    voices = opinions(rounds)
    return len(voices) > 1 and not any(agree(voices[-1], other, tolerance) for other in voices[:-1])


def _differences(one: Round) -> dict[Cell, tuple[int, int]]:
    return {finding.cell: (finding.difference, finding.book) for finding in one.findings}
