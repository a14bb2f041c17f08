"""Prices are those of a line's own unit: what was agreed for one base unit is said for the unit that was ordered."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import Statement, execute

ID = "2026-11-25T13:07:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "prices per unit"

# The bounds keep the product within 64 bits; no line of a price beyond them is said for another unit.
EXACT = "CASE WHEN factor BETWEEN 1 AND 9000000 AND price <= 1000000000000 THEN price * factor % 1000 ELSE 1 END = 0"
CHANGES = tuple(
    change
    for table in ("sales_line", "purchase_line")
    for change in (
        f"UPDATE {table} SET unit_price = price * factor / 1000 WHERE {EXACT}",
        # A price that millionths of that unit cannot say exactly stays that of the base unit, and so does the line.
        f"UPDATE {table} SET unit_price = price, factor = 1000,"
        f" unit = (SELECT i.unit FROM item i WHERE i.id = {table}.item) WHERE NOT ({EXACT})",
    )
)
RETURNS = "UPDATE supplier_return_line SET unit_price = price"


async def forwards() -> MigrationManager:
    """Change them all; each works on SQLite and PostgreSQL as it stands."""
    manager = MigrationManager(migration_id=ID, app_name="stockhand", description=DESCRIPTION)

    async def run() -> None:
        for sql in (*CHANGES, RETURNS):
            await execute(Statement(sql))

    manager.add_raw(run)
    return manager
