"""The bin that is always an item's own stands in one place: with its levels, which goods in now asks too."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import Statement, execute

ID = "2026-11-25T13:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one home of an item"

# Where both named a bin, the one that people were sent to fill was the one in use.
CHANGES = (
    "INSERT INTO stock_level (item, warehouse, least, most, home, refill, fill, version)"
    " SELECT r.item, r.warehouse, 0, 0, r.home, 0, 0, 1 FROM arrival_rule r WHERE r.home IS NOT NULL"
    " ON CONFLICT (item, warehouse) DO UPDATE SET home = coalesce(stock_level.home, excluded.home)",
    "UPDATE arrival_rule SET home = NULL WHERE home IS NOT NULL",
)


async def forwards() -> MigrationManager:
    """Change them all; each works on SQLite and PostgreSQL as it stands."""
    manager = MigrationManager(migration_id=ID, app_name="stockhand", description=DESCRIPTION)

    async def run() -> None:
        for sql in CHANGES:
            await execute(Statement(sql))

    manager.add_raw(run)
    return manager
