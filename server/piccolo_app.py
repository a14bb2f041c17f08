"""The one Piccolo app: every table of the product and where its migrations are."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

_MODULES = [
    "server.people.tables",
    "server.catalog.tables",
    "server.events",
    "server.feed",
    "server.documents.tables",
    "server.stock.tables",
    "server.printing.tables",
    "server.outbound.tables",
    "server.inbound.tables",
    "server.making.tables",
    "server.counts.tables",
    "server.finance.tables",
    "server.imports.tables",
    "server.sync.tables",
]

APP_CONFIG = AppConfig(
    app_name="stockhand",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    # A table that other modules refer to is found in each of them, and a new migration would alter it as often.
    table_classes=list(dict.fromkeys(table_finder(modules=_MODULES))),
)
