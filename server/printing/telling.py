"""Tell devices which printers there are, so that a label can be sent to the nearest one."""

from server import feed
from server.catalog.wire import CATALOGUE
from server.db import Statement, fetch, writing

_PRINTERS = Statement(
    "SELECT printer.id, printer.name, printer.is_default, print_station.name AS station,"
    " (printer.is_active AND print_station.is_active AND print_station.key_hash <> '') AS is_ready"
    " FROM printer JOIN print_station ON print_station.id = printer.station"
)


async def announce_printers() -> None:
    """Put every printer into the feed; what devices know already costs nothing. Joins a transaction."""
    async with writing():
        for row in await fetch(_PRINTERS):
            body = {
                "name": row["name"],
                "station": row["station"],
                "default": bool(row["is_default"]),
                "ready": bool(row["is_ready"]),
            }
            feed.put(CATALOGUE, "printer", f"p-{row['id']}", body)
