"""Keys and indexes of production: bills are kept in versions, so a product may name a component once in each."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import Statement, execute

ID = "2026-11-25T13:03:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys and indexes of production"

CHANGES = (
    "DROP INDEX bill_of_materials_key",
    "CREATE UNIQUE INDEX bill_of_materials_key ON bill_of_materials (bill, component)",
    "CREATE UNIQUE INDEX bill_key ON bill (product, version)",
    "CREATE INDEX work_order_list ON work_order (state, id)",
    "CREATE INDEX work_order_search ON work_order (id, warehouse, search)",
    "CREATE INDEX work_order_ended ON work_order (over_after) WHERE over_after IS NOT NULL",
    "CREATE UNIQUE INDEX work_line_key ON work_line (work, item)",
    "CREATE UNIQUE INDEX work_cost_key ON work_cost (work, item, is_made)",
)


async def forwards() -> MigrationManager:
    """Change them all; each works on SQLite and PostgreSQL as it stands."""
    manager = MigrationManager(migration_id=ID, app_name="stockhand", description=DESCRIPTION)

    async def run() -> None:
        for sql in CHANGES:
            await execute(Statement(sql))

    manager.add_raw(run)
    return manager
