"""What the agent holds, on disk before anything follows from it: jobs, their copies, reports not yet told."""

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from print_agent.wire import AgentState, Claim, Evidence, Report, Target

# held: on disk, the server has not let go of it yet. ready: ours to print. over: told or being told.
Stage = Literal["held", "ready", "over"]

KEPT_LABELS = 200
OUTCOMES: dict[str, AgentState] = {
    "printed": "printed",
    "failed": "failed",
    "expired": "expired",
    "unknown": "unknown",
}

# AUTOINCREMENT: the number of a deleted report must not come again while its answer is still on the way.
SCHEMA = """
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, attempt INTEGER NOT NULL, job TEXT NOT NULL,
    title TEXT NOT NULL, printer TEXT NOT NULL, target BLOB NOT NULL, copies INTEGER NOT NULL,
    deadline REAL NOT NULL, stage TEXT NOT NULL, number INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '', trouble TEXT NOT NULL DEFAULT '', UNIQUE (request, attempt)
);
CREATE TABLE IF NOT EXISTS copy (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE, copy INTEGER NOT NULL, payload BLOB,
    sha256 TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', PRIMARY KEY (job, copy)
);
CREATE TABLE IF NOT EXISTS report (
    id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    is_progress INTEGER NOT NULL, body BLOB NOT NULL
);
"""


class Held(msgspec.Struct, frozen=True):
    """One attempt as the spool knows it; `id` is the spool's own."""

    id: int
    request: str
    attempt: int
    job: str
    title: str
    target: Target
    copies: int
    deadline: float
    stage: Stage
    outcome: str
    trouble: str


class Copy(msgspec.Struct, frozen=True):
    """One label to put on paper. Its name is the same after a restart, so a repeat shows."""

    held: Held
    copy: int
    payload: bytes

    @property
    def name(self) -> str:
        return f"{self.held.job}_a{self.held.attempt}_c{self.copy}of{self.held.copies}"


class Untold(msgspec.Struct, frozen=True):
    """A report that the server has not acknowledged."""

    id: int
    held: Held
    report: Report


class Spool:
    """The open spool file. Every method that changes something returns only when it is on disk."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute("PRAGMA foreign_keys = ON")
        self.database.executescript(SCHEMA)
        self.token = self._note("token", secrets.token_hex(16))

    def close(self) -> None:
        self.database.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def _note(self, name: str, value: str) -> str:
        """A value made once in the life of this spool."""
        self.database.execute("INSERT OR IGNORE INTO note VALUES (?, ?)", (name, value))
        found: str = self.database.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()[0]
        return found

    # --- taking a job in

    def hold(self, claim: Claim, payloads: Mapping[int, bytes]) -> None:
        """Put a claimed job and all its labels on disk, with the report that says so. Twice is once."""
        with self._writing():
            added = self.database.execute(
                "INSERT OR IGNORE INTO job"
                " (request, attempt, job, title, printer, target, copies, deadline, stage)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'held')",
                (
                    claim.request,
                    claim.attempt,
                    claim.job,
                    claim.title,
                    claim.printer.id,
                    msgspec.json.encode(claim.printer),
                    claim.copies,
                    time.time() + claim.ttl_s,
                ),
            )
            if not added.rowcount:
                return
            self.database.executemany(
                "INSERT INTO copy (job, copy, payload, sha256) VALUES (?, ?, ?, ?)",
                [(added.lastrowid, copy, data, _digest(data)) for copy, data in payloads.items()],
            )
            self._say(self._held(added.lastrowid), "spooled", Evidence.ACCEPTED)

    def find(self, request: str, attempt: int) -> Held | None:
        """What the spool knows of an attempt."""
        row = self.database.execute(
            f"{_HELD} WHERE request = ? AND attempt = ?", (request, attempt)
        ).fetchone()
        return _as_held(row) if row else None

    def hand_over(self, held: Held) -> None:
        """The server has acknowledged that we hold it: from now on it is ours to print."""
        self.database.execute("UPDATE job SET stage = 'ready' WHERE id = ? AND stage = 'held'", (held.id,))

    def is_holding(self) -> bool:
        """Whether the server has yet to hear of something that we hold."""
        row = self.database.execute("SELECT EXISTS (SELECT 1 FROM job WHERE stage = 'held')").fetchone()
        return bool(row[0])

    def drop(self, held: Held) -> None:
        """The server gave this attempt to nobody or to somebody else; what was sent stays sent."""
        with self._writing():
            # A job that never was ours leaves no trace, so that it may be offered and held again.
            self.database.execute("DELETE FROM job WHERE id = ? AND stage = 'held'", (held.id,))
            self.database.execute(
                "UPDATE job SET stage = 'over', outcome = 'dropped' WHERE id = ? AND stage = 'ready'",
                (held.id,),
            )

    # --- printing it

    def printers(self) -> list[str]:
        """The printers that have something to do."""
        rows = self.database.execute("SELECT DISTINCT printer FROM job WHERE stage = 'ready'")
        return [row[0] for row in rows]

    def next_copy(self, printer: str) -> Copy | None:
        """The next label for a printer: jobs in the order they came, copies in theirs."""
        row = self.database.execute(
            "SELECT job.id, copy.copy, copy.payload, copy.sha256 FROM job JOIN copy ON copy.job = job.id"
            " WHERE job.printer = ? AND job.stage = 'ready' AND copy.state = 'waiting'"
            " ORDER BY job.id, copy.copy LIMIT 1",
            (printer,),
        ).fetchone()
        if row is None:
            return None
        # What the disk has damaged is handed on empty: every back-end refuses it with a reason.
        is_whole = _digest(row[2]) == row[3]
        return Copy(self._held(row[0]), row[1], row[2] if is_whole else b"")

    def mark_sending(self, copy: Copy) -> None:
        """Before the first byte leaves: whoever reads this after a crash must assume that it did."""
        self._set_copy(copy, "sending")

    def back_to_waiting(self, copy: Copy) -> None:
        """It is proven that nothing came out."""
        self._set_copy(copy, "waiting")

    def came_out(self, copy: Copy, evidence: Evidence) -> None:
        """One label is out; the last one ends the job, in the same commit."""
        with self._writing():
            self._set_copy(copy, "out")
            if copy.copy == copy.held.copies:
                self._end(copy.held, "printed", evidence, copy.copy)
            else:
                self._say(copy.held, "printing", evidence, copy.copy + 1)

    def doubt(self, copy: Copy, error: str) -> None:
        """Bytes may have left and nobody knows what became of them: stop, and let a person look."""
        with self._writing():
            self._set_copy(copy, "doubtful")
            self._end(copy.held, "unknown", Evidence.ACCEPTED, copy.copy, error)

    def fail(self, copy: Copy, error: str) -> None:
        """It will never work, and no byte of this copy left."""
        with self._writing():
            self._end(copy.held, "failed", Evidence.ACCEPTED, copy.copy - 1, error)

    def expire(self, copy: Copy) -> None:
        """Too old to be wanted without asking."""
        with self._writing():
            self._end(copy.held, "expired", Evidence.ACCEPTED, copy.copy - 1)

    def wait(self, copy: Copy, error: str) -> None:
        """Nothing left, the printer is away: say so and try again later."""
        with self._writing():
            state: AgentState = "spooled" if self._sent_before(copy) == 0 else "printing"
            self._say(copy.held, state, Evidence.ACCEPTED, copy.copy, error)

    def interrupted(self) -> list[Copy]:
        """The copies whose sending a crash cut short."""
        rows = self.database.execute("SELECT job, copy, payload FROM copy WHERE state = 'sending'").fetchall()
        return [Copy(self._held(job), copy, payload) for job, copy, payload in rows]

    def retell(self, held: Held) -> None:
        """The server has forgotten how this ended (it came back from a backup): say it again."""
        with self._writing():
            last = self._last_sent(held)
            guess: AgentState = "unknown" if last else "failed"
            outcome = OUTCOMES.get(held.outcome, guess)
            self._say(held, outcome, Evidence.ACCEPTED, last, held.trouble or held.outcome)

    def heartbeat(self) -> None:
        """Let the server know that what waits here is not forgotten."""
        rows = self.database.execute(f"{_HELD} WHERE stage = 'ready'").fetchall()
        with self._writing():
            for held in map(_as_held, rows):
                last = self._last_sent(held)
                state: AgentState = "printing" if last else "spooled"
                self._say(held, state, Evidence.ACCEPTED, last + 1 if last else 0, held.trouble)

    # --- telling the server

    def oldest_report(self) -> Untold | None:
        """The report to send next; they are told in the order in which things happened."""
        row = self.database.execute("SELECT id, job, body FROM report ORDER BY id LIMIT 1").fetchone()
        if row is None:
            return None
        return Untold(row[0], self._held(row[1]), msgspec.json.decode(row[2], type=Report))

    def forget(self, untold: Untold) -> None:
        """The server has it."""
        self.database.execute("DELETE FROM report WHERE id = ?", (untold.id,))

    def prune(self) -> None:
        """Let go of the pictures of old labels; that they were printed is remembered."""
        self.database.execute(
            "UPDATE copy SET payload = NULL WHERE payload IS NOT NULL AND job IN"
            " (SELECT id FROM job WHERE stage = 'over' ORDER BY id DESC LIMIT -1 OFFSET ?)",
            (KEPT_LABELS,),
        )

    def counts(self) -> dict[str, int]:
        """How many jobs stand where, and how many reports wait: for `status`."""
        stages = dict(self.database.execute("SELECT stage, count(*) FROM job GROUP BY stage").fetchall())
        untold = self.database.execute("SELECT count(*) FROM report").fetchone()[0]
        return {"held": 0, "ready": 0, "over": 0} | stages | {"untold": untold}

    def latest(self, limit: int) -> list[Held]:
        """The newest jobs, for `status`."""
        rows = self.database.execute(f"{_HELD} ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
        return [_as_held(row) for row in rows]

    # --- inside

    def _held(self, job: int | None) -> Held:
        return _as_held(self.database.execute(f"{_HELD} WHERE id = ?", (job,)).fetchone())

    def _set_copy(self, copy: Copy, state: str) -> None:
        self.database.execute(
            "UPDATE copy SET state = ? WHERE job = ? AND copy = ?", (state, copy.held.id, copy.copy)
        )

    def _sent_before(self, copy: Copy) -> int:
        return min(self._last_sent(copy.held), copy.copy - 1)

    def _last_sent(self, held: Held) -> int:
        row = self.database.execute(
            "SELECT coalesce(max(copy), 0) FROM copy WHERE job = ? AND state <> 'waiting'", (held.id,)
        ).fetchone()
        last: int = row[0]
        return last

    def _end(self, held: Held, state: AgentState, evidence: Evidence, copy: int, error: str = "") -> None:
        self.database.execute(
            "UPDATE job SET stage = 'over', outcome = ?, trouble = ? WHERE id = ?", (state, error, held.id)
        )
        self._say(held, state, evidence, copy, error)

    def _say(self, held: Held, state: AgentState, evidence: Evidence, copy: int = 0, error: str = "") -> None:
        """Queue a report. Of progress only the newest matters, so an outage does not pile it up."""
        number = self.database.execute(
            "UPDATE job SET number = number + 1, trouble = ? WHERE id = ? RETURNING number", (error, held.id)
        ).fetchone()[0]
        is_progress = held.stage == "ready" and state in ("spooled", "printing")
        if is_progress:
            self.database.execute("DELETE FROM report WHERE job = ? AND is_progress", (held.id,))
        report = Report(held.attempt, state, number, self.token, evidence, copy, held.copies, error)
        self.database.execute(
            "INSERT INTO report (job, is_progress, body) VALUES (?, ?, ?)",
            (held.id, is_progress, msgspec.json.encode(report)),
        )


_HELD = "SELECT id, request, attempt, job, title, target, copies, deadline, stage, outcome, trouble FROM job"


def _as_held(row: tuple[object, ...]) -> Held:
    fields: dict[str, Any] = dict(zip(Held.__struct_fields__, row, strict=True))
    target = msgspec.json.decode(fields["target"], type=Target)
    return msgspec.convert(fields | {"target": target}, Held)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
