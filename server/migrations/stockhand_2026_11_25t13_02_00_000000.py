"""Two people may look into a carton by one operation; a delivery is told once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import Statement, execute

ID = "2026-11-25T13:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of checks and deliveries"

STATEMENTS = (
    "DROP INDEX shipment_check_key",
    "CREATE UNIQUE INDEX shipment_check_key ON shipment_check (operation, person)",
    "CREATE UNIQUE INDEX shipment_delivery_key ON shipment_delivery (operation) WHERE operation <> ''",
    "CREATE UNIQUE INDEX shipment_delivery_file_key ON shipment_delivery_file (delivery, digest)",
)


async def forwards() -> MigrationManager:
    """Change them all; each statement works on SQLite and PostgreSQL as it stands."""
    manager = MigrationManager(migration_id=ID, app_name="stockhand", description=DESCRIPTION)

    async def run() -> None:
        for sql in STATEMENTS:
            await execute(Statement(sql))

    manager.add_raw(run)
    return manager
