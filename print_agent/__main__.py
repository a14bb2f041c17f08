"""The command `stockhand-agent`: pair this computer with a server, run, and tell how things stand."""

import argparse
import asyncio
import contextlib
import logging
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from print_agent.agent import Agent, run
from print_agent.calls import Refusal, Revoked, Server, Unreachable
from print_agent.printer import BadAddress, open_printer
from print_agent.spool import Spool
from print_agent.wire import Pairing, Target

DONE, WRONG, NOT_PAIRED, REVOKED = 0, 1, 2, 3


class Station(msgspec.Struct):
    """What pairing left behind; readable by this user only, since the key prints."""

    server: str
    station: str
    key: str
    name: str
    authority: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    options.home.mkdir(parents=True, exist_ok=True)
    command: dict[str, object] = {"pair": pair, "run": run_agent, "status": status}
    chosen = command[options.command]
    assert callable(chosen)
    try:
        result: int = chosen(options)
    except KeyboardInterrupt:
        return DONE
    return result


def parser() -> argparse.ArgumentParser:
    """The commands and their options, each with an example."""
    top = argparse.ArgumentParser(
        prog="stockhand-agent",
        description="Prints Stockhand's labels on the printers of this computer 掌仓打印站",
        epilog="example: stockhand-agent pair K7M2XW9P --server https://stock.example && stockhand-agent run",
    )
    commands = top.add_subparsers(dest="command", required=True)
    here = argparse.ArgumentParser(add_help=False)
    here.add_argument("--home", type=Path, default=default_home(), help="where key and spool are kept")

    pairing = commands.add_parser(
        "pair",
        parents=[here],
        help="swap a pairing code for this station's key",
        epilog="example: stockhand-agent pair K7M2XW9P --server https://stock.example:8000 --name 收货台",
    )
    pairing.add_argument("code", help="from the page Print stations 打印站; good for 10 minutes, once")
    pairing.add_argument("--server", required=True, metavar="URL", help="the address of Stockhand")
    pairing.add_argument("--name", default=platform.node(), help="what this computer is called on that page")
    pairing.add_argument("--ca", type=Path, metavar="FILE", help="the firm's own certificate authority")

    running = commands.add_parser(
        "run",
        parents=[here],
        help="fetch and print labels until stopped",
        epilog="example: stockhand-agent run --printer tcp9100://192.168.1.50:9100",
    )
    running.add_argument("--labels", type=Path, help="folder for labels as PNG files (default: HOME/labels)")
    running.add_argument(
        "--printer",
        default="",
        metavar="WHERE",
        help="print everything here, whatever the server says: png, or tcp9100://HOST:PORT (ZPL)",
    )
    running.add_argument(
        "--printer-timeout", type=float, default=30, metavar="S", help="seconds one label may take"
    )

    commands.add_parser(
        "status",
        parents=[here],
        help="what this computer is paired with and what its spool holds",
        epilog="example: stockhand-agent status",
    )
    return top


def default_home() -> Path:
    """`STOCKHAND_AGENT_HOME`, else the user's data folder."""
    if named := os.environ.get("STOCKHAND_AGENT_HOME"):
        return Path(named)
    return Path.home() / ".local" / "share" / "stockhand-agent"


def pair(options: argparse.Namespace) -> int:
    """Fetch this station's key and keep it."""
    try:
        paired = asyncio.run(_pair(options))
    except (Refusal, Revoked) as refusal:
        print(f"The code was not accepted: {refusal}. Make a new one on the page Print stations 打印站.")
        return WRONG
    except Unreachable as error:
        print(f"No answer from {options.server}: {error}")
        return WRONG
    _keep(options.home, paired)
    print(f"Paired with {options.server} as station {paired.name}. Now run: stockhand-agent run")
    return DONE


async def _pair(options: argparse.Namespace) -> Station:
    server = Server(options.server, authority=options.ca)
    try:
        answer = await server.pair(Pairing(options.code, options.name))
    finally:
        await server.close()
    authority = str(options.ca.resolve()) if options.ca else ""
    return Station(options.server, answer.station, answer.key, answer.name, authority)


def _keep(home: Path, station: Station) -> None:
    """Write the key so that nobody else reads it, and never half of it."""
    unfinished = home / "station.json.unfinished"
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(station))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(home / "station.json")


def run_agent(options: argparse.Namespace) -> int:
    """Print until stopped."""
    station = _station(options.home)
    if station is None:
        return NOT_PAIRED
    try:
        _check_override(options)
        with _alone(options.home):
            return asyncio.run(_run(options, station))
    except BadAddress as error:
        print(error)
        return WRONG
    except sqlite3.OperationalError as error:
        print(f"{options.home}: {error}. Is another agent running here?")
        return WRONG


def _check_override(options: argparse.Namespace) -> None:
    if options.printer:
        open_printer(Target("", "", "png"), options.home, options.printer)


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Two agents on one spool would print everything twice; the lock goes with its process."""
    lock = sqlite3.connect(home / "lock.sqlite", isolation_level=None, timeout=0.5)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()


async def _run(options: argparse.Namespace, station: Station) -> int:
    authority = Path(station.authority) if station.authority else None
    server = Server(station.server, station.key, authority)
    spool = Spool(options.home / "spool.sqlite")
    labels = options.labels or options.home / "labels"
    where = options.printer or labels
    print(f"Printing for {station.server} as station {station.name}; labels in {where}", flush=True)
    try:
        await run(Agent(server, spool, labels, options.printer, options.printer_timeout))
    except* Revoked:
        print("This station's key is no longer good. Pair again: stockhand-agent pair CODE --server URL")
    finally:
        spool.close()
        await server.close()
    return REVOKED


def status(options: argparse.Namespace) -> int:
    """Say what is paired and what waits."""
    station = _station(options.home)
    if station is None:
        return NOT_PAIRED
    print(f"Station {station.name} ({station.station}) of {station.server}")
    spool = Spool(options.home / "spool.sqlite")
    print("{held} held, {ready} to print, {over} over, {untold} untold".format(**spool.counts()))
    for held in spool.latest(10):
        how = f"{held.outcome or held.stage} {held.trouble}".strip()
        print(f"  {held.job} attempt {held.attempt}: {how} · {held.title}")
    spool.close()
    return DONE


def _station(home: Path) -> Station | None:
    try:
        return msgspec.json.decode((home / "station.json").read_bytes(), type=Station)
    except FileNotFoundError:
        print("This computer is not paired yet. Run: stockhand-agent pair CODE --server URL")
        return None


if __name__ == "__main__":
    sys.exit(main())
