"""Keys over several columns, and the indexes of the documents (Piccolo cannot declare them on SQLite)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.db import Statement, execute

ID = "2026-11-24T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys and indexes of documents"

INDEXES = (
    "CREATE UNIQUE INDEX document_draft_key ON document_draft (person, form)",
    "CREATE UNIQUE INDEX reservation_key ON reservation (document, line)",
    "CREATE INDEX reservation_goods ON reservation (item, warehouse)",
    "CREATE INDEX allocation_place ON allocation (location, item, lot) WHERE state = 'open'",
    "CREATE INDEX sales_order_list ON sales_order (state, id)",
    "CREATE INDEX sales_order_of_customer ON sales_order (customer, id)",
    "CREATE INDEX sales_order_search ON sales_order (id, warehouse, state, customer, search)",
    "CREATE UNIQUE INDEX sales_order_claim ON sales_order (operation) WHERE operation <> ''",
    "CREATE INDEX sales_order_waiting ON sales_order (warehouse, priority) WHERE state IN ('confirmed', 'partly_shipped')",
    "CREATE INDEX sales_line_open ON sales_line (item) WHERE quantity > picked + cancelled",
    "CREATE UNIQUE INDEX customer_terms_key ON customer_terms (partner)",
    "CREATE UNIQUE INDEX partner_terms_key ON partner_terms (partner)",
    "CREATE UNIQUE INDEX price_list_line_key ON price_list_line (price_list, item, from_quantity)",
    "CREATE INDEX receipt_of_partner ON receipt (partner, id)",
    "CREATE UNIQUE INDEX floor_setting_key ON floor_setting (warehouse)",
    "CREATE UNIQUE INDEX shipment_check_key ON shipment_check (operation)",
    "CREATE INDEX shipment_notice_list ON shipment_notice (state, id)",
    "CREATE UNIQUE INDEX sales_line_key ON sales_line (order_id, position)",
    "CREATE INDEX purchase_order_list ON purchase_order (state, id)",
    "CREATE INDEX purchase_order_search ON purchase_order (id, warehouse, search)",
    "CREATE INDEX purchase_order_of_supplier ON purchase_order (supplier, id)",
    "CREATE UNIQUE INDEX purchase_line_key ON purchase_line (order_id, position)",
    "CREATE INDEX receipt_list ON receipt (state, id)",
    "CREATE INDEX receipt_search ON receipt (id, warehouse, search)",
    "CREATE INDEX receipt_line_origin ON receipt_line (source_line)",
    "CREATE INDEX inspection_goods ON inspection (line, lot)",
    "CREATE UNIQUE INDEX supplier_terms_key ON supplier_terms (partner)",
    "CREATE UNIQUE INDEX arrival_rule_key ON arrival_rule (item, warehouse)",
    "CREATE UNIQUE INDEX arrival_setting_key ON arrival_setting (warehouse)",
    "CREATE INDEX supplier_return_list ON supplier_return (state, id)",
    "CREATE UNIQUE INDEX expected_goods_key ON expected_goods (document, line)",
    "CREATE INDEX expected_goods_arrival ON expected_goods (item, warehouse)",
    "CREATE INDEX movement_document ON movement (document) WHERE document <> ''",
    "CREATE UNIQUE INDEX bill_of_materials_key ON bill_of_materials (product, component)",
    "CREATE UNIQUE INDEX item_worth_key ON item_worth (item)",
    "CREATE UNIQUE INDEX cost_layer_key ON cost_layer (item, position)",
    "CREATE UNIQUE INDEX cost_entry_key ON cost_entry (operation, leg)",
    "CREATE UNIQUE INDEX day_worth_key ON day_worth (item, day_on)",
    "CREATE UNIQUE INDEX count_sheet_key ON count_sheet (plan, location)",
    "CREATE INDEX count_sheet_open ON count_sheet (location) WHERE state NOT IN ('posted', 'cancelled')",
    "CREATE UNIQUE INDEX count_round_key ON count_round (sheet, operation)",
    "CREATE INDEX count_plan_list ON count_plan (state, id)",
    "CREATE INDEX transfer_list ON transfer (state, id)",
    "CREATE UNIQUE INDEX transfer_line_key ON transfer_line (transfer, position)",
    "CREATE INDEX adjustment_list ON adjustment (state, id)",
    "CREATE UNIQUE INDEX adjustment_line_key ON adjustment_line (adjustment, position)",
    "CREATE UNIQUE INDEX adjustment_limit_key ON adjustment_limit (warehouse)",
    "CREATE UNIQUE INDEX stock_level_key ON stock_level (item, warehouse)",
)


async def forwards() -> MigrationManager:
    """Create them all; each works on SQLite and PostgreSQL as it stands."""
    manager = MigrationManager(migration_id=ID, app_name="stockhand", description=DESCRIPTION)

    async def run() -> None:
        for sql in INDEXES:
            await execute(Statement(sql))

    manager.add_raw(run)
    return manager
