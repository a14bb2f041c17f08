"""Keys over several columns, and the indexes of the hot paths (Piccolo cannot declare them on SQLite)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import Statement, execute

ID = "2026-11-22T23:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "composite keys and indexes"

INDEXES = (
    "CREATE UNIQUE INDEX zone_key ON zone (warehouse, code)",
    "CREATE UNIQUE INDEX assignment_key ON assignment (person, warehouse)",
    "CREATE INDEX item_search ON item (is_active, code, search)",
    "CREATE INDEX partner_search ON partner (is_active, code, search)",
    "CREATE UNIQUE INDEX unit_key ON unit (item, name)",
    "CREATE UNIQUE INDEX barcode_key ON barcode (code) WHERE valid_to_at IS NULL",
    "CREATE UNIQUE INDEX user_badge_key ON user_account (badge_digest) WHERE badge_digest <> ''",
    "CREATE INDEX location_kind ON location (kind)",
    "CREATE UNIQUE INDEX lot_key ON lot (item, code)",
    "CREATE UNIQUE INDEX balance_key ON balance (item, location, lot, serial, owner)",
    "CREATE UNIQUE INDEX movement_key ON movement (operation, leg)",
    "CREATE INDEX movement_source ON movement (source, event_at)",
    "CREATE INDEX movement_target ON movement (target, event_at)",
    "CREATE INDEX count_point_place ON count_point (location, event_at)",
    "CREATE UNIQUE INDEX incident_open ON incident (kind, subject) WHERE closed_at IS NULL",
    "CREATE UNIQUE INDEX task_open ON task (kind, subject) WHERE closed_at IS NULL",
    "CREATE UNIQUE INDEX replica_key ON replica (device, incarnation)",
    "CREATE UNIQUE INDEX operation_number ON operation (replica, n)",
    "CREATE UNIQUE INDEX feed_row_key ON feed_row (scope, kind, key)",
    "CREATE UNIQUE INDEX feed_row_seq ON feed_row (scope, seq)",
)


async def forwards() -> MigrationManager:
    """Create them all; each works on SQLite and PostgreSQL as it stands."""
    manager = MigrationManager(migration_id=ID, app_name="stockhand", description=DESCRIPTION)

    async def run() -> None:
        for sql in INDEXES:
            await execute(Statement(sql))

    manager.add_raw(run)
    return manager
