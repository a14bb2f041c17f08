"""The life of a print job against its rules: by example, and by any order of things going wrong."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from print_agent.wire import AgentState, Evidence
from server.printing import job
from server.printing.job import Job, Refused, apply

HOUR = 3600 * job.SECOND
DAY = 24 * HOUR


def told(state: AgentState, number: int, **more: Any) -> job.Reported:
    return job.Reported(
        **{"attempt": 1, "state": state, "number": number, "token": "spool", "now": number} | more
    )


def after(start: Job, *events: job.Event) -> Job:
    for event in events:
        following = apply(start, event)
        assert isinstance(following, Job), (start, event, following)
        start = following
    return start


DRAFT = Job(expires_at=HOUR, copies=3)
QUEUED = after(DRAFT, job.Prepared())
CLAIMED = after(QUEUED, job.Claimed(1, "spool", now=0))
SPOOLED = after(CLAIMED, told("spooled", 1, evidence=Evidence.ACCEPTED))
PRINTING = after(SPOOLED, told("printing", 2, copy=2))
PRINTED = after(PRINTING, told("printed", 3, evidence=Evidence.CONSUMED, copy=3))
UNKNOWN = after(PRINTING, told("unknown", 3, copy=2, error="reset"))
FAILED = after(SPOOLED, told("failed", 2, error="no such folder"))
CANCELLED = after(QUEUED, job.Cancelled())
EXPIRED = after(QUEUED, job.TimeRanOut(HOUR))
EVERY = (DRAFT, QUEUED, CLAIMED, SPOOLED, PRINTING, PRINTED, UNKNOWN, FAILED, CANCELLED, EXPIRED)


def test_an_unreadable_label_is_never_queued() -> None:
    assert after(DRAFT, job.Spoiled("code")).state == "failed"


def test_a_lease_returns_a_job_that_never_reached_a_spool() -> None:
    assert apply(CLAIMED, job.LeaseRanOut(job.LEASE - 1)) == Refused("too_early", "claimed")
    assert after(CLAIMED, job.LeaseRanOut(job.LEASE)).state == "queued"


@pytest.mark.parametrize("holding", [SPOOLED, PRINTING])
def test_no_lease_takes_a_job_back_from_a_spool(holding: Job) -> None:
    assert isinstance(apply(holding, job.LeaseRanOut(10 * HOUR)), Refused)
    assert isinstance(apply(holding, job.TimeRanOut(10 * HOUR)), Refused)


def test_an_agent_that_lost_its_lease_may_not_print() -> None:
    elsewhere = after(CLAIMED, job.LeaseRanOut(job.LEASE), job.Claimed(1, "other spool", job.LEASE))

    assert apply(elsewhere, told("spooled", 1)) == Refused("token", "claimed")
    assert apply(after(CLAIMED, job.LeaseRanOut(job.LEASE)), told("spooled", 1)) == Refused("state", "queued")


def test_the_same_spool_holds_on_to_its_claim_and_no_other_gets_it() -> None:
    assert after(CLAIMED, job.Claimed(1, "spool", now=5)).lease_ends_at == 5 + job.LEASE
    assert apply(CLAIMED, job.Claimed(1, "other spool", now=5)) == Refused("token", "claimed")


def test_a_late_success_lands_on_a_doubtful_job() -> None:
    assert after(UNKNOWN, told("printed", 4)).state == "printed"


@pytest.mark.parametrize("state", ["spooled", "printing", "failed", "unknown", "expired"])
def test_nothing_beats_printed(state: AgentState) -> None:
    assert isinstance(apply(PRINTED, told(state, 9)), Refused)


def test_a_late_success_withdraws_the_second_attempt_that_waits() -> None:
    second = after(UNKNOWN, job.Answered(1, HOUR), job.Prepared())

    settled = after(second, told("printed", 4, evidence=Evidence.CONSUMED))

    assert (settled.state, settled.done) == ("printed", 3)


def test_an_old_success_told_twice_does_not_swallow_a_reprint() -> None:
    wished = after(PRINTED, job.Reprinted(HOUR), job.Prepared())

    assert apply(wished, told("printed", 3)) == Refused("attempt", "queued")


def test_delayed_news_of_progress_is_known_by_its_number() -> None:
    assert apply(PRINTING, told("spooled", 1)) == Refused("stale", "printing")


def test_what_did_not_come_out_is_printed_again_with_the_mark_and_the_rest_without() -> None:
    second = after(UNKNOWN, job.Answered(1, 2 * HOUR))

    assert (second.state, second.attempt, second.first_copy) == ("draft", 2, 2)
    assert [job.is_marked(second, copy) for copy in (2, 3)] == [True, False]


def test_what_did_come_out_is_not_printed_again() -> None:
    second = after(UNKNOWN, job.Answered(2, 2 * HOUR))

    assert (second.attempt, second.first_copy, job.is_marked(second, 3)) == (2, 3, False)


def test_the_last_doubtful_copy_coming_out_ends_the_job() -> None:
    doubt = after(SPOOLED, told("unknown", 2, copy=3))

    seen = after(doubt, job.Answered(3, HOUR))

    assert (seen.state, seen.evidence) == ("printed", Evidence.PRINTED)


def test_nobody_can_have_seen_copies_that_were_never_sent() -> None:
    assert apply(UNKNOWN, job.Answered(3, HOUR)) == Refused("copy", "unknown")


def test_a_silent_agent_puts_every_copy_in_doubt() -> None:
    silent = after(SPOOLED, job.WentSilent(job.SILENCE + 1))
    again = after(silent, job.Answered(0, HOUR))

    assert silent.state == "unknown"
    assert all(job.is_marked(again, copy) for copy in (1, 2, 3))


def test_an_agent_that_comes_back_takes_up_its_job() -> None:
    silent = after(SPOOLED, job.WentSilent(job.SILENCE + 1))

    assert after(silent, told("printing", 2, copy=1)).state == "printing"


def test_a_failure_before_any_byte_is_tried_again_without_the_mark() -> None:
    again = after(FAILED, job.TriedAgain(HOUR))

    assert (again.attempt, job.is_marked(again, 1)) == (2, False)


def test_a_reprint_marks_every_copy() -> None:
    again = after(PRINTED, job.Reprinted(HOUR))

    assert again.first_copy == 1
    assert all(job.is_marked(again, copy) for copy in (1, 2, 3))


@pytest.mark.parametrize("held", [SPOOLED, PRINTING, PRINTED, UNKNOWN, FAILED])
def test_only_what_no_spool_holds_can_be_cancelled(held: Job) -> None:
    assert isinstance(apply(held, job.Cancelled()), Refused)


def test_yesterdays_label_waits_for_a_person() -> None:
    assert EXPIRED.state == "expired"
    assert apply(QUEUED, job.Claimed(1, "spool", now=HOUR)) == Refused("expired", "queued")
    assert after(EXPIRED, job.TriedAgain(2 * HOUR)).state == "draft"


@pytest.mark.parametrize("start", EVERY)
def test_only_a_persons_word_begins_another_attempt(start: Job) -> None:
    spontaneous: tuple[job.Event, ...] = (
        job.Prepared(),
        job.Claimed(1, "spool", 0),
        job.LeaseRanOut(HOUR),
        job.TimeRanOut(2 * HOUR),
        job.WentSilent(2 * HOUR),
        *(
            told(state, 9, copy=1)
            for state in ("spooled", "printing", "printed", "failed", "unknown", "expired")
        ),
    )
    for event in spontaneous:
        following = apply(start, event)
        assert isinstance(following, Refused) or following.attempt == start.attempt


class Shop(RuleBasedStateMachine):
    """A server, two spools with one key, a wire that loses, delays and repeats, and a person who looks.

    Paper is what counts: (wish, copy, marked). What a spool does follows print_agent's rules.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.job = Job(expires_at=DAY, copies=2)
        self.wish = 0
        self.paper: list[tuple[int, int, bool]] = []
        self.wire: list[job.Reported] = []
        # (spool, attempt) → what that spool knows of the attempt
        self.spools: dict[tuple[str, int], dict[str, Any]] = {}

    def do(self, event: job.Event) -> bool:
        before, following = self.job, apply(self.job, event)
        if isinstance(following, Refused):
            return False
        if before.state == "printed":
            assert isinstance(event, job.Reprinted)
            self.wish += 1
        self.job = following
        return True

    @precondition(lambda self: self.job.state == "draft")
    @rule()
    def the_label_is_prepared(self) -> None:
        self.do(job.Prepared())

    @precondition(lambda self: self.job.state in ("queued", "claimed"))
    @rule(spool=some.sampled_from(["a", "b"]))
    def a_spool_claims(self, spool: str) -> None:
        known = self.spools.get((spool, self.job.attempt))
        if (known is None or known["stage"] == "held") and self.do(
            job.Claimed(self.job.attempt, spool, self.now)
        ):
            marks = {copy: job.is_marked(self.job, copy) for copy in range(self.job.first_copy, 3)}
            self.spools[spool, self.job.attempt] = known or {
                "stage": "held",
                "number": 0,
                "next": self.job.first_copy,
                "marks": marks,
                "wish": self.wish,
            }

    @precondition(lambda self: self.job.state in ("draft", "queued"))
    @rule()
    def all_goes_well_up_to_the_spool(self) -> None:
        self.do(job.Prepared())
        self.a_spool_claims("a")
        key = ("a", self.job.attempt)
        if key in self.of("held") and self.do(self.say(key, "spooled")):
            self.spools[key]["stage"] = "ready"

    def say(self, key: tuple[str, int], state: AgentState, copy: int = 0) -> job.Reported:
        known, (spool, attempt) = self.spools[key], key
        known["number"] += 1
        report = job.Reported(attempt, state, known["number"], spool, self.now, copy=copy)
        self.wire.append(report)
        return report

    def of(self, stage: str) -> list[tuple[str, int]]:
        return [key for key, known in self.spools.items() if known["stage"] == stage]

    @precondition(lambda self: self.of("held"))
    @rule(data=some.data(), is_heard=some.booleans(), is_answered=some.booleans())
    def a_spool_reports_that_it_has_the_job(self, data: Any, is_heard: bool, is_answered: bool) -> None:
        key = data.draw(some.sampled_from(self.of("held")))
        report = self.say(key, "spooled")
        if is_heard:
            is_taken = self.do(report)
            if is_answered:
                self.spools[key]["stage"] = "ready" if is_taken else "dropped"

    @precondition(lambda self: self.of("ready"))
    @rule(data=some.data(), ends=some.sampled_from(["out", "doubt_out", "doubt_nothing", "failed", "asks"]))
    def a_spool_prints_the_next_copy(self, data: Any, ends: str) -> None:
        key = data.draw(some.sampled_from(self.of("ready")))
        known = self.spools[key]
        copy = known["next"]
        if ends == "asks" and not self.do(self.say(key, "printing", copy)):
            known["stage"] = "dropped"
            return
        if ends in ("out", "doubt_out", "asks"):
            self.paper.append((known["wish"], copy, known["marks"][copy]))
        if ends.startswith("doubt"):
            known["stage"] = "over"
            self.say(key, "unknown", copy)
        elif ends == "failed":
            known["stage"] = "over"
            self.say(key, "failed", copy - 1)
        elif copy == 2:
            known["stage"] = "over"
            self.say(key, "printed", copy)
        else:
            known["next"] = copy + 1

    @precondition(lambda self: self.wire)
    @rule(data=some.data(), is_latest=some.booleans())
    def the_wire_delivers_something_old_or_new(self, data: Any, is_latest: bool) -> None:
        self.do(self.wire[-1] if is_latest else data.draw(some.sampled_from(self.wire)))

    @rule(seconds=some.sampled_from([1, 61, 400]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * job.SECOND
        for event in (job.LeaseRanOut(self.now), job.TimeRanOut(self.now), job.WentSilent(self.now)):
            self.do(event)

    @precondition(lambda self: self.job.state == "unknown")
    @rule(came_out=some.integers(0, 2))
    def a_person_answers_truly(self, came_out: int) -> None:
        there = {copy for wish, copy, _ in self.paper if wish == self.wish}
        truth = max((copy for copy in range(3) if set(range(1, copy + 1)) <= there), default=0)
        self.do(job.Answered(min(came_out, truth), self.now + DAY))

    @precondition(lambda self: self.job.state in ("failed", "expired", "printed"))
    @rule()
    def a_person_wants_it_once_more(self) -> None:
        is_printed = self.job.state == "printed"
        self.do(job.Reprinted(self.now + DAY) if is_printed else job.TriedAgain(self.now + DAY))

    # Rare, since it ends the story: only while an earlier attempt may still speak.
    @precondition(lambda self: self.job.attempt > 1)
    @rule()
    def a_person_cancels(self) -> None:
        self.do(job.Cancelled())

    @invariant()
    def there_are_never_two_unmarked_copies(self) -> None:
        unmarked = [copy for _, copy, is_marked in self.paper if not is_marked]
        assert len(unmarked) == len(set(unmarked)), self.paper

    @invariant()
    def nothing_is_printed_before_the_server_let_go(self) -> None:
        if self.job.state in ("draft", "queued", "claimed") and self.job.attempt == 1:
            assert self.paper == []

    @invariant()
    def printed_means_paper(self) -> None:
        if self.job.state == "printed" and self.wish == 0:
            assert {copy for _, copy, _ in self.paper} >= {1, 2}


Shop.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestShop = Shop.TestCase
