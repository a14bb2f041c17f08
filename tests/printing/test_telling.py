"""Devices are told of the printers, so that people choose where a label comes out."""

import msgspec

from server import db, feed
from server.printing import pairing, queries
from server.printing.pairing import PrinterDraft


async def test_devices_hear_which_printers_are_ready_and_which_is_the_usual_one(
    database: db.Database,
) -> None:
    await pairing.ensure_first_station()
    dock = await pairing.add_station("收货台", by=1)
    await pairing.add_printer(dock, PrinterDraft("收货标签机"), by=1)
    before = await told()

    await pair(dock)

    assert [printer["ready"] for printer in before.values()] == [False, False]
    assert list((await told()).values()) == [
        {"name": "PNG", "station": "本机 This computer", "default": True, "ready": False},
        {"name": "收货标签机", "station": "收货台", "default": False, "ready": True},
    ]


async def test_another_usual_printer_and_a_station_that_was_shut_out_are_told(database: db.Database) -> None:
    await pairing.ensure_first_station()
    [station] = await queries.stations()
    await pairing.add_printer(station.id, PrinterDraft("第二台"), by=1)
    await pair(station.id)
    [_, second] = await queries.usable_printers()

    await pairing.choose_default(second.id, by=1)
    usual = {name: printer["default"] for name, printer in (await told()).items()}
    await pairing.revoke(station.id, by=1)

    assert usual == {"p-1": False, "p-2": True}
    assert not any(printer["ready"] for printer in (await told()).values())


async def test_an_agent_that_asks_for_work_tells_a_new_feed_nothing_that_stands(
    database: db.Database,
) -> None:
    await pairing.ensure_first_station()
    [station] = await queries.stations()
    key = await pair(station.id)
    head = await feed.head()

    assert await pairing.recognise(key) is not None

    assert (await feed.head()).seq == head.seq, "what devices know already is not sent again"


async def pair(station: int) -> str:
    """Its agent comes; the agent's key."""
    code = await pairing.invite(station, by=1)
    assert code is not None
    paired = await pairing.pair(code.code, "test")
    assert paired is not None
    return paired.key


async def told() -> dict[str, dict[str, object]]:
    """The printers as the feed has them."""
    rows = [line for line in await feed.live_rows("catalogue") if line.kind == "printer"]
    return {line.key: msgspec.json.decode(line.body) for line in sorted(rows, key=lambda line: line.key)}
