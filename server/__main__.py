"""The `stockhand` command: serve, look after the database, people and devices, and read the ledger."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from server import commands
from server.config import settings

EXAMPLES = {
    "serve": "stockhand serve",
    "worker": "STOCKHAND_JOBS=worker stockhand worker",
    "migrate": "stockhand migrate",
    "config": "stockhand config --json",
    "users add": "echo 'a good password' | stockhand users add li.wei --role storekeeper --password-stdin",
    "devices invite": "stockhand devices invite --user li.wei --warehouse MAIN --json",
    "import items": "stockhand import items articles.xlsx --dry-run",
    "import locations": "stockhand import locations bins.csv --json",
    "demo": "stockhand demo            # or: stockhand demo online-retail",
    "verify": "stockhand verify --json",
    "ledger export": "stockhand ledger export --format jsonl > movements.jsonl",
    "backup": "stockhand backup /var/backups/stockhand-monday.sqlite",
    "restore": "stockhand restore /var/backups/stockhand-monday.sqlite",
    "certs": "stockhand certs --host warehouse.local --host 192.168.1.20",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when it did what was asked."""
    arguments = parser().parse_args(argv)
    try:
        settings()
    except ValueError as error:
        print(f"stockhand: {error}", file=sys.stderr)
        return 2
    run: Callable[[argparse.Namespace], Awaitable[int] | int] = arguments.run
    try:
        outcome = run(arguments)
        return asyncio.run(_awaited(outcome)) if not isinstance(outcome, int) else outcome
    except BrokenPipeError:
        # Whoever read our output has seen enough (`stockhand ledger export | head`).
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


async def _awaited(outcome: Awaitable[int]) -> int:
    return await outcome


def parser() -> argparse.ArgumentParser:
    """The command line: every command with its help and an example."""
    top = argparse.ArgumentParser(
        prog="stockhand", description="Stockhand 掌仓: goods in, goods out, customers."
    )
    verbs = top.add_subparsers(metavar="COMMAND", required=True)
    _command(verbs, "serve", commands.serve, "serve the product")
    _command(verbs, "worker", commands.worker, "run background jobs for several server processes")
    _command(verbs, "migrate", commands.migrate, "bring the database to this release")
    _json(_command(verbs, "config", commands.config, "list the settings in force"))
    _people(verbs)
    _devices(verbs)
    _imports(verbs)
    demo = _command(verbs, "demo", commands.demo, "build a sample company")
    demo.add_argument("company", nargs="?", choices=["sample", "online-retail"], default="sample")
    demo.add_argument(
        "--file", help="the online-retail spreadsheet (default: the one shipped beside the project)"
    )
    demo.add_argument("--if-empty", action="store_true", help="do nothing when there are items already")
    _json(demo)
    _json(
        _command(
            verbs, "verify", commands.verify, "replay the ledger and compare everything that follows from it"
        )
    )
    ledger = verbs.add_parser("ledger", help="read the stock ledger").add_subparsers(
        metavar="ACTION", required=True
    )
    export = _command(
        ledger, "export", commands.export_ledger, "every movement, oldest first", "ledger export"
    )
    export.add_argument("--format", choices=["jsonl"], default="jsonl")
    backup = _command(verbs, "backup", commands.backup, "write a checked backup")
    backup.add_argument("file")
    _json(backup)
    restore = _command(verbs, "restore", commands.restore, "put a backup in the place of the database")
    restore.add_argument("file")
    _json(restore)
    certs = _command(
        verbs, "certs", commands.certs, "make a local authority and a certificate for this server"
    )
    certs.add_argument(
        "--host", action="append", default=[], help="name or address that devices use; may be repeated"
    )
    return top


def _people(verbs: Any) -> None:
    users = verbs.add_parser("users", help="people who sign in").add_subparsers(
        metavar="ACTION", required=True
    )
    add = _command(users, "add", commands.add_user, "add somebody", "users add")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=commands.ROLES)
    add.add_argument(
        "--password-stdin", action="store_true", required=True, help="read the password from standard input"
    )
    add.add_argument(
        "--warehouse", action="append", default=[], help="warehouse code; none means all of them"
    )
    _json(add)


def _devices(verbs: Any) -> None:
    devices = verbs.add_parser("devices", help="phones and PDAs").add_subparsers(
        metavar="ACTION", required=True
    )
    invite = _command(
        devices, "invite", commands.invite, "let one device in, within ten minutes", "devices invite"
    )
    invite.add_argument("--user", required=True, help="who will use it")
    invite.add_argument("--warehouse", required=True, help="code of the warehouse it works in")
    _json(invite)


def _imports(verbs: Any) -> None:
    imports = verbs.add_parser("import", help="load a spreadsheet").add_subparsers(
        metavar="KIND", required=True
    )
    for kind in ("items", "locations"):
        one = _command(imports, kind, commands.import_file, f"load {kind} from xlsx or csv", f"import {kind}")
        one.set_defaults(kind=kind)
        one.add_argument("file")
        one.add_argument("--dry-run", action="store_true", help="check every row, change nothing")
        one.add_argument("--duplicates", choices=["error", "first", "most-frequent"], default="error")
        one.add_argument(
            "--map", action="append", default=[], metavar="FIELD=COLUMN", help="which column means what"
        )
        _json(one)


def _command(
    verbs: Any, name: str, run: Callable[[argparse.Namespace], Any], what: str, example: str | None = None
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example: {EXAMPLES[example or name]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="answer in JSON")


if __name__ == "__main__":
    sys.exit(main())
