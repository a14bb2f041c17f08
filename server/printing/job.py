"""What may happen to a print job, and what follows: (job, event) → job, or a refusal.

The rules that everything rests on: before the agent's `spooled` is acknowledged nothing can have been
printed, so a lease may return the job; afterwards only the agent or a person decides. A doubtful print is
`unknown` and never sent again by itself. A copy that may exist already wears the reprint mark.
"""

from typing import Literal

import msgspec

from print_agent.wire import AgentState, Answer, Evidence, State

SECOND = 1_000_000
LEASE = 60 * SECOND
# An agent that holds a job speaks at least every 30 s; after this somebody has to go and look.
SILENCE = 300 * SECOND

NOT_HANDED_OVER: frozenset[State] = frozenset({"draft", "queued", "claimed"})
WITH_THE_AGENT: frozenset[State] = frozenset({"spooled", "printing"})
# Something will happen by itself; a page that shows such a job looks again.
MOVING = NOT_HANDED_OVER | WITH_THE_AGENT


class Job(msgspec.Struct, frozen=True):
    """The facts that decide. Copies up to `done` are out; up to `marked_through` they wear the mark."""

    expires_at: int
    copies: int = 1
    state: State = "draft"
    attempt: int = 1
    # The attempt that began the present wish: news of earlier ones is history, a reprint is wanted anyway.
    wished_at_attempt: int = 1
    first_copy: int = 1
    done: int = 0
    # The last copy that may or may not have come out, while the state is unknown.
    doubtful: int = 0
    marked_through: int = 0
    evidence: Evidence = Evidence.NONE
    token: str = ""
    reported: int = 0
    trouble: str = ""
    lease_ends_at: int | None = None
    heard_at: int | None = None


class Prepared(msgspec.Struct, frozen=True, tag=True):
    """The label is drawn, and a scanner reads it."""


class Spoiled(msgspec.Struct, frozen=True, tag=True):
    """The label cannot be drawn or read; it must not be printed."""

    reason: str


class Claimed(msgspec.Struct, frozen=True, tag=True):
    """An agent's spool takes the job, or holds on to it."""

    attempt: int
    token: str
    now: int
    lease: int = LEASE


class Reported(msgspec.Struct, frozen=True, tag=True):
    """The agent tells how far an attempt has come."""

    attempt: int
    state: AgentState
    number: int
    token: str
    now: int
    evidence: Evidence = Evidence.NONE
    copy: int = 0
    error: str = ""


class LeaseRanOut(msgspec.Struct, frozen=True, tag=True):
    """The agent claimed and fell silent before it had the job on disk."""

    now: int


class TimeRanOut(msgspec.Struct, frozen=True, tag=True):
    """Nobody wants a backlog of yesterday's labels when the printer is switched on."""

    now: int


class WentSilent(msgspec.Struct, frozen=True, tag=True):
    """The agent holds the job and has not spoken for long."""

    now: int


class Cancelled(msgspec.Struct, frozen=True, tag=True):
    """A person no longer wants it."""


class Answered(msgspec.Struct, frozen=True, tag=True):
    """A person looked at the printer: copies up to `came_out` are there (0 or `done`: nothing more is)."""

    came_out: int
    expires_at: int


class Reprinted(msgspec.Struct, frozen=True, tag=True):
    """A person wants the whole of a printed job once more."""

    expires_at: int


class TriedAgain(msgspec.Struct, frozen=True, tag=True):
    """A person wants what provably did not come out: after a failure, or released after it expired."""

    expires_at: int


Event = (
    Prepared
    | Spoiled
    | Claimed
    | Reported
    | LeaseRanOut
    | TimeRanOut
    | WentSilent
    | Cancelled
    | Answered
    | Reprinted
    | TriedAgain
)


class Refused(msgspec.Struct, frozen=True):
    """The event does not fit the state. To an agent that wants to print: drop this attempt."""

    reason: Literal["state", "attempt", "token", "stale", "expired", "too_early", "copy"]
    state: State


def apply(job: Job, event: Event) -> Job | Refused:
    """The one place where a job changes."""
    match event:
        case Prepared():
            return _replace(job, state="queued", trouble="") if job.state == "draft" else _no(job)
        case Spoiled():
            return _replace(job, state="failed", trouble=event.reason) if job.state == "draft" else _no(job)
        case Claimed():
            return _claim(job, event)
        case Reported():
            return _report(job, event)
        case LeaseRanOut() | TimeRanOut() | WentSilent():
            return _pass_time(job, event)
        case Cancelled():
            return _cancel(job)
        case Answered() | Reprinted() | TriedAgain():
            return _decide(job, event)


def _claim(job: Job, event: Claimed) -> Job | Refused:
    if event.attempt != job.attempt:
        return Refused("attempt", job.state)
    if job.state == "claimed" and job.token != event.token:
        return Refused("token", job.state)
    if job.state not in ("queued", "claimed"):
        return _no(job)
    if event.now >= job.expires_at:
        return Refused("expired", job.state)
    return _replace(
        job,
        state="claimed",
        token=event.token,
        lease_ends_at=event.now + event.lease,
        heard_at=event.now,
        trouble="",
    )


def _report(job: Job, event: Reported) -> Job | Refused:
    if event.state == "printed":
        return _come_true(job, event)
    if event.attempt != job.attempt:
        return Refused("attempt", job.state)
    if job.state not in ("claimed", "spooled", "printing", "unknown"):
        return _no(job)
    if event.token != job.token:
        return Refused("token", job.state)
    if event.number <= job.reported:
        return Refused("stale", job.state)
    heard = _replace(
        job,
        state=event.state,
        reported=event.number,
        heard_at=event.now,
        lease_ends_at=None,
        evidence=max(job.evidence, event.evidence),
        trouble=event.error,
        doubtful=0,
    )
    match event.state:
        case "spooled":
            return heard
        case "printing" | "unknown":
            # Copies go one by one: all before the one that is meant are out.
            done = max(job.done, min(event.copy, job.copies) - 1)
            return _replace(heard, done=done, doubtful=event.copy if event.state == "unknown" else 0)
        case "failed" | "expired":
            return _replace(heard, done=max(job.done, min(event.copy, job.copies)))


def _come_true(job: Job, event: Reported) -> Job | Refused:
    """Paper beats every other news, however late, unless it is about an earlier wish."""
    if event.attempt > job.attempt or event.attempt < job.wished_at_attempt:
        return Refused("attempt", job.state)
    if job.state == "printed":
        return Refused("stale", job.state)
    return _replace(
        job,
        state="printed",
        done=job.copies,
        doubtful=0,
        evidence=max(job.evidence, event.evidence) if event.attempt == job.attempt else event.evidence,
        reported=max(job.reported, event.number) if event.attempt == job.attempt else job.reported,
        heard_at=event.now,
        lease_ends_at=None,
        trouble="",
    )


def _pass_time(job: Job, event: LeaseRanOut | TimeRanOut | WentSilent) -> Job | Refused:
    match event:
        case LeaseRanOut():
            if job.state != "claimed":
                return _no(job)
            if job.lease_ends_at is not None and event.now < job.lease_ends_at:
                return Refused("too_early", job.state)
            return _replace(job, state="queued", token="", lease_ends_at=None)
        case TimeRanOut():
            if job.state not in ("draft", "queued"):
                return _no(job)
            if event.now < job.expires_at:
                return Refused("too_early", job.state)
            return _replace(job, state="expired")
        case WentSilent():
            if job.state not in WITH_THE_AGENT:
                return _no(job)
            if job.heard_at is not None and event.now < job.heard_at + SILENCE:
                return Refused("too_early", job.state)
            # Its last word may be old: every copy may be out by now.
            return _replace(job, state="unknown", trouble="silent", doubtful=job.copies)


def _cancel(job: Job) -> Job | Refused:
    if job.state not in NOT_HANDED_OVER:
        return _no(job)
    return _replace(job, state="cancelled", token="", lease_ends_at=None)


def _decide(job: Job, event: Answered | Reprinted | TriedAgain) -> Job | Refused:
    match event:
        case Answered():
            return _answer(job, event)
        case Reprinted():
            if job.state != "printed":
                return _no(job)
            again = _next_attempt(job, event.expires_at, done=0, marked_through=job.copies)
            return _replace(again, wished_at_attempt=again.attempt)
        case TriedAgain():
            if job.state not in ("failed", "expired"):
                return _no(job)
            return _next_attempt(job, event.expires_at, done=job.done, marked_through=job.marked_through)


def _answer(job: Job, event: Answered) -> Job | Refused:
    if job.state != "unknown":
        return _no(job)
    came_out = max(event.came_out, job.done)
    if came_out > max(job.doubtful, job.done):
        return Refused("copy", job.state)
    if came_out == job.copies:
        return _replace(
            job, state="printed", done=came_out, doubtful=0, evidence=Evidence.PRINTED, trouble=""
        )
    return _next_attempt(
        job, event.expires_at, done=came_out, marked_through=max(job.marked_through, job.doubtful)
    )


def _next_attempt(job: Job, expires_at: int, *, done: int, marked_through: int) -> Job:
    return Job(
        expires_at=expires_at,
        copies=job.copies,
        attempt=job.attempt + 1,
        wished_at_attempt=job.wished_at_attempt,
        first_copy=done + 1,
        done=done,
        marked_through=marked_through,
    )


def choices(job: Job) -> tuple[Literal["answer", "reprint", "retry", "cancel"], ...]:
    """What a person may do about a job as it stands."""
    match job.state:
        case "unknown":
            return ("answer",)
        case "printed":
            return ("reprint",)
        case "failed" | "expired":
            return ("retry",)
        case "draft" | "queued" | "claimed":
            return ("cancel",)
        case _:
            return ()


def answer(outcome: Job | Refused, state: AgentState) -> Answer:
    """What an agent is told about its report. Who wants to go on with what is over must stop."""
    match outcome:
        case Job():
            return Answer(taken=True)
        case Refused(reason="stale", state=known) if known in WITH_THE_AGENT or known == "unknown":
            # The earlier answer was lost on the way: the report had landed.
            return Answer(taken=True, reason="stale")
        case Refused():
            return Answer(taken=False, drop=state in WITH_THE_AGENT, reason=outcome.reason)


def is_marked(job: Job, copy: int) -> bool:
    """Whether this copy may exist already, and so must say that it is a reprint."""
    return copy <= job.marked_through


def _no(job: Job) -> Refused:
    return Refused("state", job.state)


def _replace(job: Job, **changes: object) -> Job:
    return msgspec.structs.replace(job, **changes)
