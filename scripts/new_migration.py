"""Write a Piccolo migration for what changed in the tables: `python scripts/new_migration.py WORD`."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("PICCOLO_CONF", "server.piccolo_conf")

from piccolo.apps.migrations.commands.new import new

from server.db import close_database, open_database


async def main(description: str) -> None:
    """Compare the tables with all migrations so far and write the difference."""
    with tempfile.TemporaryDirectory() as folder:
        await open_database(str(Path(folder) / "empty.sqlite"))
        try:
            await new(app_name="stockhand", auto=True, desc=description, auto_input="n")
        finally:
            await close_database()


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "change"))
