"""What tests stand on: a migrated database of their own, on SQLite or PostgreSQL, and the whole application.

`--database=sqlite` (default), `postgres` or `both` chooses the engines. A migrated template is made once per
session and copied for each test, which takes milliseconds.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import httpx
import hypothesis
import pytest
from litestar import Litestar

from server import db
from server.config import settings
from server.migrate import migrate
from tests import pages, services

ENGINES = {"sqlite": ["sqlite"], "postgres": ["postgres"], "both": ["sqlite", "postgres"]}

# How long one example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

MakeDatabase = Callable[[], contextlib.AbstractContextManager[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=tuple(ENGINES), default="sqlite", help="engines to test on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that uses a database runs once per chosen engine."""
    if "engine" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("postgres")
        chosen = ["postgres"] if only else ENGINES[metafunc.config.getoption("--database")]
        metafunc.parametrize("engine", chosen, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the tests that use a database, so that the run on PostgreSQL can leave out the others."""
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker("database")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio; the marker is not needed (anyio_mode = auto)."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def untouched_environment() -> Iterator[None]:
    """The settings of whoever runs the tests must not reach them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("STOCKHAND_")]:
            if name != "STOCKHAND_CHROMIUM":
                patch.delenv(name)
        patch.setenv("STOCKHAND_CONFIG", os.devnull)
        patch.setenv("STOCKHAND_JOBS", "worker")
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The database engine this test runs on: `sqlite` or `postgres`."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL server for the session, started when the first test asks for it."""
    with services.postgres() as address:
        yield address


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """One Redis server for the session."""
    with services.redis() as address:
        yield address


@pytest.fixture(scope="session")
def make_database(engine: str, request: pytest.FixtureRequest) -> Iterator[MakeDatabase]:
    """A function that lends a copy of the migrated template: `with make_database() as url`."""
    if engine == "sqlite":
        with services.folder("stockhand-sqlite-") as folder:
            yield sqlite_copies(folder)
    else:
        yield postgres_copies(request.getfixturevalue("postgres_server"))


def sqlite_copies(folder: Path) -> MakeDatabase:
    """Copies of one migrated file."""
    template, numbers = folder / "template.sqlite", itertools.count()
    asyncio.run(migrate(str(template)))

    @contextlib.contextmanager
    def lend() -> Iterator[str]:
        copy = folder / f"{next(numbers)}" / "stockhand.sqlite"
        copy.parent.mkdir()
        shutil.copyfile(template, copy)
        yield str(copy)
        shutil.rmtree(copy.parent)

    return lend


def postgres_copies(address: str) -> MakeDatabase:
    """Databases made from one migrated template."""
    numbers = itertools.count()
    asyncio.run(run_sql(address, "CREATE DATABASE template_stockhand"))
    asyncio.run(migrate(f"{address}/template_stockhand"))

    @contextlib.contextmanager
    def lend() -> Iterator[str]:
        name = f"test_{next(numbers)}"
        copying = f"CREATE DATABASE {name} TEMPLATE template_stockhand STRATEGY FILE_COPY"
        asyncio.run(run_sql(address, copying))
        yield f"{address}/{name}"
        asyncio.run(run_sql(address, f"DROP DATABASE {name} WITH (FORCE)"))

    return lend


async def run_sql(address: str, sql: str) -> None:
    """Run one statement on the server's own database."""
    connection = await asyncpg.connect(f"{address}/postgres")
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture
def database_url(make_database: MakeDatabase) -> Iterator[str]:
    """The address of a fresh, migrated database, for tests that open it themselves."""
    with make_database() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[db.Database]:
    """A fresh, migrated database, open for this test."""
    yield await db.open_database(database_url)
    await db.close_database()


@pytest.fixture(scope="session")
def built_app() -> Litestar:
    """The application, built once: to look at a hundred handlers takes longer than most tests."""
    # Imported here: the test of a noun must not need the whole house.
    from server.app import create_app

    return create_app("set by the fixture app")


@pytest.fixture
async def app(built_app: Litestar, database_url: str) -> AsyncIterator[Litestar]:
    """The whole application, started on a fresh database, which `given` and queries may use as well.

    It lives in the test's own event loop (Litestar's test clients start it in a thread of their own, where
    the database could not be shared).
    """
    built_app.state.database_url = database_url
    async with built_app.lifespan():
        yield built_app


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of the application who has not signed in."""
    async with visitor(app) as client:
        yield client


def visitor(app: Litestar) -> httpx.AsyncClient:
    """Another browser: its own cookies, the same application. Pages it gets are kept for scripts/pages.py."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),  # type: ignore[arg-type]  # Litestar's scope is typed more narrowly
        base_url="http://stockhand.test",
        headers={"Origin": "http://stockhand.test"},
        event_hooks={"response": [pages.keep]},
    )
