"""What each `stockhand` command does: open the database, call one activity or query, say what happened.

What only one command needs is imported inside it, so that the others start at once.
"""

import asyncio
import os
import re
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from server import db, ids, words
from server.catalog import placing
from server.catalog import queries as catalog
from server.config import MEANINGS, ROOT, Settings, settings
from server.migrate import migrate as migrate_database
from server.migrate import run_migrations
from server.people import authenticating, maintaining
from server.people import queries as people
from server.people.account import AccountDraft
from server.people.role import ROLES
from server.stock import exporting, verifying
from server.sync import enrolling, keeping

__all__ = ["ROLES"]

FIRST_SIGN_IN = "first-sign-in.txt"
_CREDENTIALS = re.compile(r"://[^@/]+@")


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    """The database of the settings, migrated, for one command."""
    await db.open_database(settings().database_url)
    try:
        await run_migrations()
        yield
    finally:
        await db.close_database()


def serve(_: Namespace) -> int:
    """Serve until stopped. Says where to open it, and on the first start how to sign in."""
    now = settings()
    if fault := _fault_of_processes(now):
        return _refuse(fault)
    asyncio.run(_prepare())
    uvicorn.run(
        "server.serving:application",
        factory=True,
        host=now.host,
        port=now.port,
        http="httptools",
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        access_log=False,
        log_level=now.log_level,
        ssl_certfile=now.certificate or None,
        ssl_keyfile=now.certificate_key or None,
        workers=now.processes if now.processes > 1 else None,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    return 0


def _fault_of_processes(now: Settings) -> str | None:
    """Why several server processes cannot run so, or None."""
    if now.processes <= 1:
        return None
    if not now.database_url.startswith("postgres"):
        return "several processes need PostgreSQL: set STOCKHAND_DATABASE=postgresql://… or STOCKHAND_PROCESSES=1"
    if now.jobs == "embedded":
        return "several processes share one worker: set STOCKHAND_JOBS=worker and run `stockhand worker` beside them"
    return None


async def _prepare() -> None:
    async with opened():
        await _administrator()
    note = settings().data_folder / FIRST_SIGN_IN
    print(f"Stockhand 掌仓: {settings().origin}")
    if note.exists():
        name, password = note.read_text("utf-8").split()
        print(
            f"  sign in as {name} with {password}  (kept in {note.name}; delete it when you have changed the password)"
        )
    print("  stop with Ctrl+C", flush=True)


async def _administrator() -> None:
    """On the very first start, make the administrator and keep the way in where only the owner can read it."""
    secret = await authenticating.ensure_administrator()
    if secret is None:
        return
    note = settings().data_folder / FIRST_SIGN_IN
    note.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(f"{authenticating.ADMINISTRATOR}\n{secret}\n")


def worker(_: Namespace) -> int:
    """Run background jobs until stopped."""
    from server import jobs

    jobs.run_worker()
    return 0


async def migrate(_: Namespace) -> int:
    """Bring the database to this release."""
    standing = await migrate_database(settings().database_url)
    print(f"{len(standing)} migrations stand, the newest is {standing[-1]}")
    return 0


def config(arguments: Namespace) -> int:
    """List the settings in force, where they can be set and what they mean."""
    now = settings()
    values = {name: _shown(getattr(now, name)) for name in MEANINGS}
    if arguments.json:
        _say(values)
        return 0
    for name, value in values.items():
        print(f"STOCKHAND_{name.upper():<16} {value!s:<28} {MEANINGS[name]}")
    return 0


def _shown(value: str | int) -> str | int:
    """A setting without the password that an address may hold."""
    return _CREDENTIALS.sub("://***@", value) if isinstance(value, str) else value


async def add_user(arguments: Namespace) -> int:
    """Add somebody; the password comes from standard input."""
    secret = sys.stdin.readline().rstrip("\r\n")
    async with opened():
        houses = [await catalog.warehouse_by_code(code) for code in arguments.warehouse]
        if None in houses:
            return _refuse(f"there is no warehouse {arguments.warehouse[houses.index(None)]}")
        draft = AccountDraft(
            name=arguments.name,
            role=arguments.role,
            language=settings().language,
            sees_all_warehouses=not houses,
        )
        added = await maintaining.add_person(draft, secret, by=0)
        if isinstance(added, maintaining.Refused):
            return _refuse(*(_fault(fault) for fault in added.faults))
        if houses:
            await placing.assign(added.id, [house.id for house in houses if house], by=0)
        return _done(arguments, {"user": f"u-{added.id}", "name": draft.name, "role": draft.role},
                     f"{draft.name} can sign in as {draft.role}")  # fmt: skip


async def invite(arguments: Namespace) -> int:
    """Make an invitation and show it as a QR code."""
    async with opened():
        person = await people.by_name(arguments.user)
        if person is None:
            return _refuse(f"there is nobody called {arguments.user} (see `stockhand users add --help`)")
        house = await catalog.warehouse_by_code(arguments.warehouse)
        if house is None:
            return _refuse(f"there is no warehouse {arguments.warehouse}")
        invited = await enrolling.invite(person.id, house.id)
    if arguments.json:
        _say({"origin": invited.origin, "token": invited.token, "expires": invited.expires})
        return 0
    print(_qr_in_text(invited.link))
    print(f"Open on the device within ten minutes: {invited.link}")
    return 0


def _qr_in_text(text: str) -> str:
    """A QR code of half blocks, for terminals."""
    import zxingcpp
    from PIL import Image

    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    picture = Image.fromarray(symbol.to_image(scale=1, add_quiet_zones=True))
    rows = [[picture.getpixel((x, y)) == 0 for x in range(picture.width)] for y in range(picture.height)]
    blank = [False] * len(rows[0])
    marks = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
    pairs = [(rows[y], rows[y + 1] if y + 1 < len(rows) else blank) for y in range(0, len(rows), 2)]
    return "\n".join("".join(marks[top, low] for top, low in zip(*pair, strict=True)) for pair in pairs)


async def import_file(arguments: Namespace) -> int:
    """Check and load a spreadsheet; exit status 1 when rows are wrong, and nothing is changed then."""
    from server.imports import commanding

    async with opened():
        return await commanding.run(arguments)


async def demo(arguments: Namespace) -> int:
    """Build a sample company through the product's own activities and import."""
    from server.sample import building, retailing

    async with opened():
        if arguments.if_empty and (await catalog.counts()).items:
            return 0
        if arguments.company == "sample" and await catalog.warehouse_by_code("MAIN"):
            return _refuse("there is a warehouse MAIN already; the sample company needs an empty database")
        if arguments.company == "online-retail":
            file = (
                Path(arguments.file) if arguments.file else ROOT.parent / "shared/data/online-retail-40k.xlsx"
            )
            try:
                built = await retailing.build(file)
            except retailing.Unreadable as error:
                return _refuse(str(error))
        else:
            built = await building.build(await _desk_password())
        return _done(arguments, built, built.summary)


async def _desk_password() -> str:
    """The password that the first start made; the sample company's people get the same one."""
    await _administrator()
    note = settings().data_folder / FIRST_SIGN_IN
    return note.read_text("utf-8").split()[1] if note.exists() else ids.typeable(12)


async def verify(arguments: Namespace) -> int:
    """Replay the ledger; exit status 1 when anything differs."""
    async with opened():
        found = await verifying.verify()
    if arguments.json:
        _say(found)
    else:
        print(f"{found.movements} movements, {found.cells} balances, {found.operations} operations, "
              f"{found.feed_rows} feed rows: {'all is well' if found.ok else 'NOT in order'}")  # fmt: skip
        for violation in found.violations:
            print(f"  {violation}")
    return 0 if found.ok else 1


async def export_ledger(_: Namespace) -> int:
    """Write every movement as a line of JSON."""
    async with opened():
        async for line in exporting.lines():
            print(msgspec.json.encode(line).decode())
    return 0


async def backup(arguments: Namespace) -> int:
    """Write a checked backup."""
    async with opened():
        kept = await keeping.back_up(Path(arguments.file))
    if isinstance(kept, keeping.Broken):
        return _refuse(f"no backup was made: {kept.reason}")
    return _done(
        arguments, kept, f"{kept.file}: {kept.bytes} bytes, checked; devices may forget what it holds"
    )


async def restore(arguments: Namespace) -> int:
    """Put a backup in the place of the database; stop the server first."""
    outcome = await keeping.restore(Path(arguments.file), settings().database_url)
    if isinstance(outcome, keeping.Broken):
        return _refuse(f"nothing was changed: {outcome.reason}")
    return _done(arguments, {"generation": outcome},
                 f"restored; generation {outcome}: devices will offer again what it does not know")  # fmt: skip


def certs(arguments: Namespace) -> int:
    """Make a local authority (once) and a certificate for this server."""
    from server import certificates

    made = certificates.make(settings().data_folder / certificates.FOLDER, arguments.host)
    print(f"authority   {made.authority}  (install it on every device: {settings().origin}/trust)")
    print(f"certificate {made.certificate}\nkey         {made.key}")
    print(
        f"serve with it: STOCKHAND_CERTIFICATE={made.certificate} STOCKHAND_CERTIFICATE_KEY={made.key} stockhand serve"
    )
    return 0


def _fault(fault: Any) -> str:
    return f"{fault.field}: {words.t(fault.word, settings().language)}"


def _done(arguments: Namespace, value: Any, sentence: str) -> int:
    if arguments.json:
        _say(value)
    else:
        print(sentence)
    return 0


def _refuse(*sentences: str) -> int:
    for sentence in sentences:
        print(f"stockhand: {sentence}", file=sys.stderr)
    return 1


def _say(value: Any) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
