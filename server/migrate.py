"""Bring a database to the schema of this release, from empty or from any earlier one."""

import contextlib
import io

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager

from server.db import Statement, close_database, execute, fetch, open_database, writing

APP = "stockhand"
_RAN = Statement("SELECT name FROM migration ORDER BY id")
_HEADS = Statement("SELECT count(*) FROM feed_head")
_FIRST_HEAD = Statement("INSERT INTO feed_head (seq, generation, forgotten) VALUES (0, 1, 0)")


async def migrate(url: str) -> list[str]:
    """Open the database at `url`, run what has not run yet, close it; gives all migrations that stand."""
    await open_database(url)
    try:
        return await run_migrations()
    finally:
        await close_database()


async def run_migrations() -> list[str]:
    """Run what has not run yet on the open database, all or nothing."""
    chatter = io.StringIO()
    async with writing():
        with contextlib.redirect_stdout(chatter):
            result = await ForwardsMigrationManager(app_name=APP).run()
        if not result.success:
            raise RuntimeError(f"migration failed: {result.message}\n{chatter.getvalue()}")
        if (await fetch(_HEADS))[0][0] == 0:
            await execute(_FIRST_HEAD)
        return [row[0] for row in await fetch(_RAN)]
