"""What every benchmark starts from: a real server with the sample company, and devices enrolled in it."""

import hashlib
import http.client
import json
import random
import statistics
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from e2e.house import House
from server import canonical

RUNS = 5


class Bench:
    """A house under load, and the devices that make it."""

    def __init__(self, house: House) -> None:
        self.house = house
        catalogue = self._pull(self.device("li.wei"))
        self.items = [row["key"] for row in catalogue if row["kind"] == "item" and not row["body"]["serial"]]
        self.bins = [row["key"] for row in catalogue if row["kind"] == "location" and row["body"]["kind"] == "bin"]
        self.dock = next(row["key"] for row in catalogue
                         if row["kind"] == "location" and row["body"]["kind"] == "dock")  # fmt: skip

    def device(self, user: str) -> "Device":
        """Enrol one more device."""
        invited = self.house.ask("devices", "invite", "--user", user, "--warehouse", "MAIN")
        incarnation = uuid.uuid4().hex[:16]
        body = {"token": invited["token"], "name": "bench", "incarnation": incarnation}
        enrolled = post(self.house.port, "/sync/enrol", json.dumps(body).encode(), {})
        return Device(enrolled["device"], enrolled["secret"], incarnation, enrolled["generation"])

    def _pull(self, device: "Device") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor, more = 0, True
        while more:
            page = get(self.house.port, f"/sync/pull?cursor={cursor}", device.headers)
            rows += page["rows"]
            cursor, more = page["next"], page["more"]
        return rows


class Device:
    """A device that builds its uploads beforehand, so that only the server is measured."""

    def __init__(self, wire_id: str, secret: str, incarnation: str, generation: int) -> None:
        self.wire_id, self.incarnation, self.generation = wire_id, incarnation, generation
        self.headers = {"Authorization": f"Bearer {wire_id}.{secret}", "Content-Type": "application/json"}
        self.n, self.previous = 0, ""

    def batch(self, bench: Bench, size: int, chance: random.Random) -> bytes:
        """A push of `size` scans: receipts and moves over the whole warehouse."""
        return json.dumps(
            {
                "device": self.wire_id,
                "incarnation": self.incarnation,
                "generation": self.generation,
                "app": "2026.11.1",
                "queue": {"depth": size, "oldest": None},
                "operations": [self._scan(bench, chance) for _ in range(size)],
            },
            separators=(",", ":"),
        ).encode()

    def _scan(self, bench: Bench, chance: random.Random) -> dict[str, Any]:
        self.n += 1
        item, source, target = chance.choice(bench.items), *chance.sample(bench.bins, 2)
        receives = chance.random() < 0.5
        operation = {
            "id": _uuid7(chance),
            "n": self.n,
            "kind": "stock.receive@1" if receives else "stock.move@1",
            "user": "u-3",
            "args": {"item": item, "quantity": "1", "target": target, "lot": "L1"}
            | ({} if receives else {"source": source}),
            "captured": {"wall": 1790000000000 + self.n, "monotonic": self.n, "boot": "b", "offset": 0, "error": 9},
            "basis": {"generation": 1, "cursor": 1},
            "previous": self.previous,
        }
        self.previous = hashlib.sha256(canonical.encode(operation)).hexdigest()[:16]
        return operation


def _uuid7(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
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


def call(connection: http.client.HTTPConnection, method: str, path: str, body: bytes, headers: dict[str, str]) -> Any:
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
