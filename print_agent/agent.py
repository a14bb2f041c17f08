"""The agent at work: fetch jobs, print them one label at a time, tell what became of each.

The order of things is the whole point: on disk before it is told, told and acknowledged before it is printed,
marked as being sent before the first byte leaves, and what is doubtful after that is left to a person.
"""

import asyncio
import contextlib
import logging
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from print_agent.calls import Refusal, Server, Unreachable
from print_agent.faults import reach
from print_agent.printer import (
    BadAddress,
    CameOut,
    Doubtful,
    Impossible,
    NotReached,
    Printer,
    open_printer,
)
from print_agent.spool import Copy, Spool, Untold
from print_agent.wire import Answer, Claim, Evidence, Language, Offer, Taking, Target

log = logging.getLogger("stockhand-agent")

WAIT_S = 25
FIRST_RETRY_S = 0.5
LAST_RETRY_S = 30.0
RENEW_S = 20.0
HEARTBEAT_S = 60.0
# What the server said this lately needs no asking again before the first byte.
FRESH_S = 5.0
ASK_S = 2.0


@dataclass
class Agent:
    """What the loops share."""

    server: Server
    spool: Spool
    labels: Path
    override: str = ""
    printer_timeout_s: float = 30
    # Something to tell; something to print; a report was answered.
    untold: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    # Whether the latest report did not get through.
    is_cut_off: bool = False
    # When the server last let us go on with a job, by the spool's id.
    heard: dict[int, float] = field(default_factory=dict)
    workers: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def printer(self, target: Target) -> Printer:
        return open_printer(target, self.labels, self.override, self.printer_timeout_s)


async def run(agent: Agent) -> None:
    """Work until cancelled, or until the station's key is revoked."""
    recover(agent)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pull(agent))
        tasks.create_task(tell(agent))
        tasks.create_task(beat(agent))
        tasks.create_task(print_all(agent, tasks))


def recover(agent: Agent) -> None:
    """After a crash: what was being sent is proven out, proven not out, or in doubt."""
    for copy in agent.spool.interrupted():
        match agent.printer(copy.held.target).proof(copy):
            case True:
                agent.spool.came_out(copy, Evidence.PRINTED)
            case False:
                agent.spool.back_to_waiting(copy)
            case None:
                agent.spool.doubt(copy, "crash")
        log.info("%s was being sent when this agent stopped", copy.name)
    agent.untold.set()
    agent.ready.set()


# --- fetching


async def pull(agent: Agent) -> None:
    """Ask for work for ever; what comes is put on disk at once."""
    failures = 0
    while True:
        try:
            offers = (await agent.server.offers(agent.spool.token, WAIT_S)).offers
            taken = [await take(agent, offer) for offer in offers]
            failures = 0
            await until_told(agent)
        except Unreachable as error:
            failures += 1
            log.warning("server: %s", error)
            await asyncio.sleep(pause(failures))
            continue
        if offers and not any(taken):
            # Everything on offer is ours already or somebody else's: no reason to ask in a circle.
            await asyncio.sleep(1)


async def until_told(agent: Agent) -> None:
    """Wait until the server knows what we hold; asked earlier, it would offer the same again."""
    while agent.spool.is_holding() and not agent.is_cut_off:
        agent.answered.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ASK_S):
                await agent.answered.wait()


async def take(agent: Agent, offer: Offer) -> bool:
    """Claim one job and hold all its labels on disk; False when there was nothing to take."""
    known = agent.spool.find(offer.request, offer.attempt)
    if known is not None and known.stage != "over":
        return False
    try:
        claim = await agent.server.claim(offer.job, Taking(offer.attempt, agent.spool.token))
        reach("claimed")
        if known is not None:
            agent.spool.retell(known)
        else:
            agent.spool.hold(claim, await fetch(agent, claim))
    except Refusal as refusal:
        log.warning("%s: %s", offer.job, refusal)
        return False
    reach("held")
    log.info("%s attempt %d: %s", claim.job, claim.attempt, claim.title)
    agent.untold.set()
    return True


async def fetch(agent: Agent, claim: Claim) -> dict[int, bytes]:
    """The labels of a claim; a long job renews its lease on the way."""
    language = _language(agent, claim.printer)
    renewed = time.monotonic()
    payloads: dict[int, bytes] = {}
    for copy in range(claim.first_copy, claim.copies + 1):
        if time.monotonic() - renewed > RENEW_S:
            await agent.server.claim(claim.job, Taking(claim.attempt, agent.spool.token))
            renewed = time.monotonic()
        payloads[copy] = await agent.server.payload(claim, copy, agent.spool.token, language)
    reach("fetched")
    return payloads


def _language(agent: Agent, target: Target) -> Language:
    try:
        return agent.printer(target).language
    except BadAddress:
        # The job is taken all the same, and fails with a reason that the desk can read.
        return "png"


# --- printing


async def print_all(agent: Agent, tasks: asyncio.TaskGroup) -> None:
    """One worker per printer that has something to do; they do not wait for each other."""
    while True:
        await agent.ready.wait()
        agent.ready.clear()
        for printer in agent.spool.printers():
            if printer not in agent.workers or agent.workers[printer].done():
                agent.workers[printer] = tasks.create_task(work(agent, printer))


async def work(agent: Agent, printer: str) -> None:
    """Print what waits for one printer, label by label."""
    failures = 0
    while copy := agent.spool.next_copy(printer):
        if time.time() > copy.held.deadline:
            agent.spool.expire(copy)
            agent.untold.set()
            continue
        if not await may_go_on(agent, copy):
            continue
        failures = 0 if await print_one(agent, copy) else failures + 1
        agent.untold.set()
        if failures:
            await asyncio.sleep(pause(failures))


async def may_go_on(agent: Agent, copy: Copy) -> bool:
    """Ask the server whether an attempt that has lain here is still wanted; its silence is a yes.

    The job was handed over to us, so an outage does not keep us from printing it. But when a person has
    decided meanwhile, the answer to our report tells.
    """
    if _is_fresh(agent, copy):
        return True
    agent.spool.wait(copy, copy.held.trouble)
    agent.untold.set()
    try:
        async with asyncio.timeout(ASK_S):
            while not (_is_fresh(agent, copy) or _is_over(agent, copy) or agent.is_cut_off):
                agent.answered.clear()
                await agent.answered.wait()
    except TimeoutError:
        log.warning("%s: no word from the server, going on", copy.name)
    return not _is_over(agent, copy)


def _is_fresh(agent: Agent, copy: Copy) -> bool:
    return time.monotonic() - agent.heard.get(copy.held.id, float("-inf")) < FRESH_S


def _is_over(agent: Agent, copy: Copy) -> bool:
    known = agent.spool.find(copy.held.request, copy.held.attempt)
    return known is None or known.stage != "ready"


async def print_one(agent: Agent, copy: Copy) -> bool:
    """Print one label and note what became of it; False when nothing left and it should be tried again."""
    reach("before_mark")

    def mark_sending() -> None:
        agent.spool.mark_sending(copy)
        reach("marked")

    try:
        outcome = await agent.printer(copy.held.target).send(copy, mark_sending)
    except BadAddress as error:
        outcome = Impossible(str(error))
    match outcome:
        case CameOut():
            agent.spool.came_out(copy, outcome.evidence)
            log.info("%s is out", copy.name)
        case Doubtful():
            agent.spool.doubt(copy, outcome.reason)
            log.error("%s: %s after the first byte; a person must look", copy.name, outcome.reason)
        case Impossible():
            agent.spool.fail(copy, outcome.reason)
            log.error("%s cannot be printed: %s", copy.name, outcome.reason)
        case NotReached():
            agent.spool.back_to_waiting(copy)
            agent.spool.wait(copy, outcome.reason)
            log.warning("%s: printer not reached (%s), trying again", copy.name, outcome.reason)
    reach("noted")
    return not isinstance(outcome, NotReached)


# --- telling


async def tell(agent: Agent) -> None:
    """Send reports in the order of events until the server has them."""
    while True:
        while (untold := agent.spool.oldest_report()) is not None:
            await tell_one(agent, untold)
        agent.untold.clear()
        await agent.untold.wait()


async def tell_one(agent: Agent, untold: Untold) -> None:
    """Tell one report, however long it takes, and do what the answer says."""
    try:
        answer = await ask_until_answered(agent, untold)
    except Refusal as refusal:
        log.warning("%s: the server does not know this job (%s)", untold.held.job, refusal)
        answer = Answer(taken=False, drop=True)
    reach("told_spooled" if untold.report.state in ("spooled", "printing") else "told_outcome")
    if answer.drop:
        agent.spool.drop(untold.held)
    else:
        agent.heard[untold.held.id] = time.monotonic()
        if untold.report.state == "spooled":
            agent.spool.hand_over(untold.held)
            reach("handed_over")
    agent.spool.forget(untold)
    agent.answered.set()
    agent.ready.set()


async def ask_until_answered(agent: Agent, untold: Untold) -> Answer:
    """The server's answer to a report; while it is away, printing goes on without it."""
    failures = 0
    while True:
        try:
            answer = await agent.server.report(untold.held.job, untold.report)
        except Unreachable as error:
            failures += 1
            agent.is_cut_off = True
            log.warning("report: %s", error)
            await asyncio.sleep(pause(failures))
        else:
            agent.is_cut_off = False
            return answer


async def beat(agent: Agent) -> None:
    """Keep the server informed about jobs that wait, and the spool small."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        agent.spool.heartbeat()
        agent.spool.prune()
        agent.untold.set()


def pause(failures: int) -> float:
    """How long to wait after so many failures in a row; scattered, so that agents do not march in step."""
    longest: float = min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures - 1, 10))
    return longest * random.uniform(0.5, 1)  # noqa: S311  # nobody gains by guessing it
