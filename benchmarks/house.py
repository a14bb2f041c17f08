"""What every benchmark starts from: a real server with the sample company, and devices enrolled in it."""

import hashlib
import http.client
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from e2e.house import House
from server import canonical

RUNS = 5


class Bench:
    """A house under load, and the devices that make it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.goods, self.bins = goods_and_bins(self._pull(self.device("li.wei")))

    def device(self, user: str) -> "Device":
        """Enrol one more device."""
        invited = self.house.ask("devices", "invite", "--user", user, "--warehouse", "MAIN")
        incarnation = uuid.uuid4().hex[:16]
        body = {"token": invited["token"], "name": "bench", "incarnation": incarnation}
        enrolled = post(self.house.port, "/sync/enrol", json.dumps(body).encode(), {})
        return Device(enrolled["device"], enrolled["secret"], incarnation, enrolled["generation"])

    @property
    def port(self) -> int:
        """Where the server listens."""
        return self.house.port

    @property
    def pid(self) -> int:
        """The process that serves."""
        assert self.house.process is not None, "not serving"
        return self.house.process.pid

    def _pull(self, device: "Device") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor, more = 0, True
        while more:
            page = get(self.house.port, f"/sync/pull?cursor={cursor}", device.headers)
            rows += page["rows"]
            cursor, more = page["next"], page["more"]
        return rows


class Goods(NamedTuple):
    """What a scanner sees of an item: its id, a code on it, and whether its lots are kept apart."""

    item: str
    code: str
    lot: str


def goods_and_bins(rows: list[dict[str, Any]]) -> tuple[list[Goods], list[str]]:
    """The items without serials and the bins, out of the rows of a pull."""
    codes = {row["body"]["item"]: row["key"] for row in rows if row["kind"] == "barcode"}
    goods = [
        Goods(row["key"], codes.get(row["key"], ""), "L2409" if row["body"]["lot"] else "")
        for row in rows
        if row["kind"] == "item" and not row["body"]["serial"]
    ]
    bins = [row["key"] for row in rows if row["kind"] == "location" and row["body"]["kind"] == "bin"]
    return goods, bins


class Device:
    """A device that builds its uploads beforehand, so that only the server is measured."""

    def __init__(self, wire_id: str, secret: str, incarnation: str, generation: int) -> None:
        self.wire_id, self.incarnation, self.generation = wire_id, incarnation, generation
        self.headers = {"Authorization": f"Bearer {wire_id}.{secret}", "Content-Type": "application/json"}
        self.n, self.previous = 0, ""
        # What this device has put into bins itself, so that it only takes away what is there.
        self.stock: list[tuple[Goods, str]] = []

    def batch(self, goods: Sequence[Goods], bins: Sequence[str], size: int, chance: random.Random) -> bytes:
        """A push of `size` scans: half receipts, half moves of what this device has received."""
        return json.dumps(
            {
                "device": self.wire_id,
                "incarnation": self.incarnation,
                "generation": self.generation,
                "app": "2026.11.1",
                "queue": {"depth": size, "oldest": None},
                "operations": [self._scan(goods, bins, chance) for _ in range(size)],
            },
            separators=(",", ":"),
        ).encode()

    def _scan(self, goods: Sequence[Goods], bins: Sequence[str], chance: random.Random) -> dict[str, Any]:
        self.n += 1
        moves = chance.random() < 0.5 and self.stock
        kind, args = self._move(bins, chance) if moves else self._receipt(goods, bins, chance)
        wall = time.time_ns() // 1_000_000
        operation = {
            "id": _uuid7(wall, chance),
            "n": self.n,
            "kind": kind,
            "user": "u-3",
            "args": args,
            "captured": {"wall": wall, "monotonic": self.n, "boot": "k3f9a1", "offset": 0, "error": 9},
            "basis": {"generation": 1, "cursor": 1},
            "previous": self.previous,
        }
        self.previous = hashlib.sha256(canonical.encode(operation)).hexdigest()[:16]
        return operation

    def _receipt(
        self, goods: Sequence[Goods], bins: Sequence[str], chance: random.Random
    ) -> tuple[str, dict[str, str]]:
        what, target = chance.choice(goods), chance.choice(bins)
        self.stock.append((what, target))
        return "stock.receive@1", _args(what, target)

    def _move(self, bins: Sequence[str], chance: random.Random) -> tuple[str, dict[str, str]]:
        index = chance.randrange(len(self.stock))
        what, source = self.stock[index]
        target = chance.choice([place for place in bins if place != source])
        self.stock[index] = (what, target)
        return "stock.move@1", _args(what, target) | {"source": source}


def _args(goods: Goods, target: str) -> dict[str, str]:
    args = {"item": goods.item, "quantity": "1", "target": target, "lot": goods.lot, "code": goods.code}
    return {name: value for name, value in args.items() if value}


def _uuid7(wall: int, chance: random.Random) -> str:
    text = f"{wall:012x}{chance.getrandbits(80):020x}"
    return f"{text[:8]}-{text[8:12]}-7{text[13:16]}-8{text[17:20]}-{text[20:]}"


@contextmanager
def serving(company: str = "sample") -> Iterator[Bench]:
    """A server with a company in it, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as folder:
        house = House(Path(folder) / "data")
        house.run("demo", company)
        house.start()
        try:
            yield Bench(house)
        finally:
            house.stop()


def post(port: int, path: str, body: bytes, headers: dict[str, str]) -> Any:
    """One POST on a connection of its own."""
    return call(http.client.HTTPConnection("127.0.0.1", port, timeout=60), "POST", path, body, headers)


def get(port: int, path: str, headers: dict[str, str]) -> Any:
    """One GET on a connection of its own."""
    return call(http.client.HTTPConnection("127.0.0.1", port, timeout=60), "GET", path, b"", headers)


def call(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes, headers: dict[str, str]
) -> Any:
    """One request on a kept connection; anything but 200 is an error."""
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
    return json.loads(content)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure over several runs."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def alternately(**sides: Callable[[], dict[str, float]]) -> dict[str, dict[str, float]]:
    """Measure the sides in turn, A B A B …, so that a change of the machine's speed meets all of them."""
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(RUNS):
        for name, measure in sides.items():
            seen[name].append(measure())
    return {name: medians(runs) for name, runs in seen.items()}


def show(title: str, figures: dict[str, dict[str, float]]) -> None:
    """Print a table: a row per side, a column per figure."""
    print(f"\n{title}")
    for name, values in figures.items():
        print(f"  {name:<28}" + "  ".join(f"{figure} {value:,.3g}" for figure, value in values.items()))
