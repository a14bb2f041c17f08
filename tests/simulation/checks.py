"""What must hold (I1–I6, I9–I13, I15 of the contract), looked at from outside: tables, devices and the truth."""

from collections import defaultdict

from tests.simulation.floor import Worker, World
from tests.simulation.truth import Cell, Did

EFFECTIVE = ("applied", "warning", "superseded")
TOLERANCE_MS = 2_000


class Watch:
    """Follows the server's commits and compares."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.heads: set[int] = {0}
        self.last_head = 0
        self.seqs: dict[str, int] = {}
        self.outcomes: dict[str, str] = {}
        self.silent: set[str] = set()
        """Operations of commits that changed no row: a count that found what the book says is shown anyway."""
        self.tainted: set[str] = set()
        world.server.database.committed = self.committed
        self.begin_generation()

    def begin_generation(self) -> None:
        """After a restore: only what is on disk was ever true."""
        database = self.world.server.database
        self.last_head = database.rows("SELECT seq FROM feed_head")[0][0]
        self.heads = {0, self.last_head}
        rows = database.rows("SELECT id, seq, outcome FROM operation WHERE replica IS NOT NULL")
        self.seqs = {row[0]: row[1] for row in rows}
        self.outcomes = {row[0]: row[2] for row in rows}
        self.world.verdicts = {
            key: verdict
            for key, verdict in self.world.verdicts.items()
            if self._still_known(key[0], verdict["n"])
        }

    def _still_known(self, incarnation: str, n: int) -> bool:
        found = self.world.server.database.rows("SELECT ack FROM replica WHERE incarnation = ?", incarnation)
        return bool(found) and bool(found[0][0] >= n)

    def committed(self) -> None:
        """I11: a commit's numbers follow the last one's, and its highest is where the feed stands."""
        database = self.world.server.database
        head = database.rows("SELECT seq FROM feed_head")[0][0]
        fresh = [row[0] for row in database.rows("SELECT seq FROM feed_row WHERE seq > ?", self.last_head)]
        if len(set(fresh)) != len(fresh) or (head if fresh else self.last_head) != max(
            [self.last_head, *fresh]
        ):
            self.world.say(
                f"I11: after {self.last_head} the feed stands at {head} with the rows {sorted(fresh)}"
            )
        is_silent = head == self.last_head
        self.heads.add(head)
        self.last_head = head
        for name, seq, outcome in database.rows(
            "SELECT id, seq, outcome FROM operation WHERE received_at = ? AND replica IS NOT NULL",
            self.world.now_us(),
        ):
            if name not in self.seqs and is_silent:
                self.silent.add(name)
            self.seqs[name], self.outcomes[name] = seq, outcome

    # At every moment

    def device(self, worker: Worker) -> None:
        """I9, I11: one device shows everything exactly once, and stands at a commit."""
        store = worker.device.store
        generation = self.world.server.database.rows("SELECT generation FROM feed_head")[0][0]
        if store.generation != generation:
            return
        if store.cursor not in self.heads:
            self.world.say(f"I11: {worker.name} stands at {store.cursor}, inside a commit")
        overlay = {record.n for record in worker.device.overlay()}
        for n, record in store.records.items():
            name = record.operation["id"]
            in_base = self.seqs.get(name, store.cursor + 1) <= store.cursor
            if name in self.silent or self.outcomes.get(name, "applied") not in ("applied", "warning"):
                continue
            if n in overlay and in_base:
                self.world.say(f"I9: {worker.name} shows operation {n} twice")
            if (
                n not in overlay
                and not in_base
                and record.verdict
                and record.verdict["outcome"] != "duplicate"
            ):
                self.world.say(f"I9: {worker.name} shows operation {n} nowhere")

    # At the end of a day

    def day(self, everybody: bool) -> None:
        """Everything that must hold when those who are here have sent and read all they had."""
        self._ledger()
        self._exactly_once(everybody)
        times = self._order()
        self._stock(times, everybody)
        self._conflicts()
        self._feed()
        for worker in self.world.workers:
            self.device(worker)
            if worker.away_until <= self.world.now_ms:
                self._at_rest(worker)

    def _ledger(self) -> None:
        """I4, I5: balances are what the movements add up to, in order never below zero, in sum zero."""
        database = self.world.server.database
        real = {
            row[0] for row in database.rows("SELECT id FROM location WHERE kind IN ('bin', 'tote', 'dock')")
        }
        held: dict[tuple[int, int, str, str], int] = defaultdict(int)
        below = False
        for item, lot, serial, amount, source, target in database.rows(
            "SELECT item, lot, serial, quantity, source, target FROM movement ORDER BY id"
        ):
            held[item, source, lot, serial] -= amount
            held[item, target, lot, serial] += amount
            below = below or amount <= 0 or (source in real and held[item, source, lot, serial] < 0)
        if below:
            self.world.say("I4: replaying the movements goes below zero")
        if sum(held.values()):
            self.world.say("I5: the movements do not sum to zero")
        stored = {
            (row[0], row[1], row[2], row[3]): row[4]
            for row in database.rows(
                "SELECT item, location, lot, serial, on_hand FROM balance WHERE on_hand <> 0"
            )
        }
        if stored != {cell: amount for cell, amount in held.items() if amount}:
            self.world.say("I4: the balances are not what the movements add up to")

    def _exactly_once(self, everybody: bool) -> None:
        """I1, I2: each operation is in the ledger once, none twice."""
        database, log = self.world.server.database, self.world.truth.log
        flows = {
            row[0]: row[1]
            for row in database.rows(
                "SELECT operation, count(*) FROM movement WHERE kind = 'flow' GROUP BY operation"
            )
        }
        stored = {row[0]: row[1] for row in database.rows("SELECT id, outcome FROM operation")}
        for name, one in log.items():
            expected = 1 if one.deltas and self._took_effect(name, stored) else 0
            if flows.get(name, 0) != expected:
                self.world.say(f"I2: operation {name} posted {flows.get(name, 0)} flows, not {expected}")
            if everybody and not self._took_effect(name, stored):
                self.world.say(f"I1: operation {name} of {one.device} is lost: {stored.get(name)}")
        if strangers := set(flows) - set(log):
            self.world.say(f"I2: flows of operations that nobody did: {sorted(strangers)[:3]}")

    def _took_effect(self, name: str, stored: dict[str, str]) -> bool:
        return stored.get(name) in EFFECTIVE or name in self._freed()

    def _freed(self) -> set[str]:
        return {
            row[0]
            for row in self.world.server.database.rows("SELECT key FROM feed_row WHERE kind = 'outcome'")
        }

    def _order(self) -> dict[str, int]:
        """I3: per replica in the order of n, dated as it happened; gives the server's time of each operation."""
        self._arrival()
        times: dict[str, int] = {}
        self.tainted = set()
        before: dict[int, int] = {}
        for name, replica, n, at in self.world.server.database.rows(
            "SELECT id, replica, n, event_at FROM operation WHERE replica IS NOT NULL ORDER BY replica, n"
        ):
            previous = before.get(replica, 0)
            before[replica] = at
            if at <= previous:
                self.world.say(f"I3: operation {n} of replica {replica} is dated before its predecessor")
            one = self.world.truth.log.get(name)
            if one is None:
                continue
            times[name] = at
            if abs(at // 1000 - one.true_ms) <= TOLERANCE_MS:
                continue
            self.tainted.add(name)
            if not one.is_doubtful and previous // 1000 < one.true_ms - TOLERANCE_MS:
                self.world.say(
                    f"I6: operation {name} is dated {at // 1000 - one.true_ms} ms from when it happened"
                )
        return times

    def _arrival(self) -> None:
        """I3: what one device did was taken in that order, whichever of its replicas brought it."""
        rank = {name: number for number, name in enumerate(self.world.truth.log)}
        last: dict[str, int] = {}
        for (name,) in self.world.server.database.rows("SELECT id FROM operation ORDER BY rowid"):
            if name in rank:
                device = self.world.truth.log[name].device
                if rank[name] < last.get(device, -1):
                    self.world.say(f"I3: operation {name} of {device} was taken after a later one")
                last[device] = rank[name]

    def _stock(self, times: dict[str, int], everybody: bool) -> None:
        """I6, I12: the book is what the operations say by their dates, and, when all is heard, the shelves."""
        truth = self.world.truth
        stored = {
            row[0]: row[1] for row in self.world.server.database.rows("SELECT id, outcome FROM operation")
        }
        freed = self._freed()
        arrived = {name for name in times if stored[name] in EFFECTIVE or name in freed}
        said = self._book()
        by_date = truth.book(arrived, lambda one: (times[one.id], one.id))
        for cell, amount in by_date.items():
            if said.get(cell, 0) != amount:
                self.world.say(f"I12: {cell} holds {said.get(cell, 0)}, its operations say {amount}")
        if everybody:
            self._shelves(said)

    def _shelves(self, said: dict[Cell, int]) -> None:
        truth = self.world.truth
        doubtful = [truth.log[name] for name in self.tainted]
        right = truth.book(set(truth.log), lambda one: (one.true_ms * 1000, one.id))
        for cell, error in truth.errors():
            assert truth.shelves[cell] == right[cell] + error, "the oracle contradicts itself"
            if not any(_touches(one, cell) for one in doubtful) and said.get(cell, 0) != right[cell]:
                self.world.say(
                    f"I6: {cell} holds {said.get(cell, 0)}, the shelf {truth.shelves[cell]}"
                    f" of which {error} were never scanned"
                )

    def _book(self) -> dict[Cell, int]:
        return {
            (f"i-{row[0]}", f"l-{row[1]}", row[2]): row[3] // 1000
            for row in self.world.server.database.rows(
                "SELECT item, location, lot, on_hand - debt FROM balance"
            )
        }

    def _conflicts(self) -> None:
        """I12: what waits for a person follows from the stock alone."""
        database = self.world.server.database
        owing = database.rows("SELECT item, location, lot FROM balance WHERE debt > 0")
        open_now = database.rows("SELECT subject FROM incident WHERE kind = 'suspense' AND closed_at IS NULL")
        if {row[0] for row in open_now} != {f"i-{row[0]}/l-{row[1]}/{row[2]}/" for row in owing}:
            self.world.say("I12: open incidents are not the cells that owe")
        tasks = database.rows("SELECT subject FROM task WHERE kind = 'count' AND closed_at IS NULL")
        if sorted(row[0] for row in tasks) != sorted({f"l-{row[1]}" for row in owing}):
            self.world.say("I12: open count tasks are not the places that owe")

    def _feed(self) -> None:
        """I10: the feed says what the balances say."""
        database = self.world.server.database
        told = {
            row[0]: row[1]
            for row in database.rows(
                "SELECT key, json_extract(body, '$.on_hand') FROM feed_row WHERE kind = 'balance' AND is_deleted = 0"
            )
        }
        held = {
            f"i-{row[0]}/l-{row[1]}/{row[2]}/": str(row[3] // 1000)
            for row in database.rows("SELECT item, location, lot, on_hand FROM balance")
            if self.world.truth.is_real(f"l-{row[1]}")
        }
        if {key: amount for key, amount in held.items() if told.get(key, "0") != amount}:
            self.world.say("I10: the feed tells other balances than the ledger")

    def _at_rest(self, worker: Worker) -> None:
        """I10, I15: nothing waits, and the device holds exactly the server's rows."""
        device, database = worker.device, self.world.server.database
        if device.queue():
            self.world.say(f"I15: {worker.name} still has {len(device.queue())} operations to send")
        if device.reports:
            self.world.say(f"I10: {worker.name} had to be mended: {device.reports[:3]}")
            device.reports.clear()
        live = {
            (row[0], row[1], row[2])
            for row in database.rows("SELECT scope, kind, key FROM feed_row WHERE is_deleted = 0")
            if not row[0].startswith("device:") or row[0] == f"device:{worker.name}"
        }
        held = {key for key in device.store.base if not key[0].startswith("role:")}
        if {key for key in live if not key[0].startswith("role:")} != held:
            self.world.say(f"I10: {worker.name} holds other rows than the server")


def _touches(one: Did, cell: Cell) -> bool:
    return cell in one.deltas or (one.kind == "count" and one.place == cell[1])
