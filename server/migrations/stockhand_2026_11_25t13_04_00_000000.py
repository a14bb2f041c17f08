"""Indexes of the board: it counts what is open many times an hour, whatever has been done over the years."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import Statement, execute

ID = "2026-11-25T13:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the board"

INDEXES = (
    (
        "CREATE INDEX shipment_notice_open ON shipment_notice (state, warehouse)"
        " WHERE state NOT IN ('shipped', 'cancelled', 'short_closed')"
    ),
    "CREATE INDEX shipment_notice_of_wave ON shipment_notice (wave) WHERE wave IS NOT NULL",
    (
        "CREATE INDEX sales_order_late ON sales_order (wanted_on, warehouse)"
        " WHERE state IN ('confirmed', 'partly_shipped')"
    ),
)


async def forwards() -> MigrationManager:
    """Create them all; each works on SQLite and PostgreSQL as it stands."""
    manager = MigrationManager(migration_id=ID, app_name="stockhand", description=DESCRIPTION)

    async def run() -> None:
        for sql in INDEXES:
            await execute(Statement(sql))

    manager.add_raw(run)
    return manager
