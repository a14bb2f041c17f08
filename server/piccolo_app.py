"""The one Piccolo app: every table of the product and where its migrations are."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="stockhand",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(
        modules=[
            "server.people.tables",
            "server.catalog.tables",
            "server.events",
            "server.feed",
            "server.documents.tables",
            "server.stock.tables",
            "server.printing.tables",
            "server.outbound.tables",
            "server.inbound.tables",
            "server.counts.tables",
            "server.finance.tables",
            "server.imports.tables",
            "server.sync.tables",
        ]
    ),
)
