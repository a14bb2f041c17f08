"""Nouns decide, activities act: a file's name says what it may do, and these tests hold it to that."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "server"
EDGE = ROOT / "pwa/static/edge"

# Folders of server/ that are no feature: the HTTP edge, and what Piccolo generates.
APART = {"handlers", "migrations"}
# Modules beside the features that write: the feed, the audit trail, and the first row after a migration.
FOUNDATIONS_THAT_WRITE = {"db", "events", "feed", "migrate"}

# What a deciding module must not know. Time and randomness are also banned by ruff, everywhere.
WORLD = {
    "aiosqlite", "asyncpg", "httpx", "huey", "litestar", "piccolo", "random", "redis", "secrets", "shutil",
    "smtplib", "socket", "sqlite3", "subprocess", "threading", "time", "urllib.request", "uuid", "uvicorn",
    "websockets",
    "server.db", "server.events", "server.feed", "server.ids", "server.jobs", "server.live",
    "server.mail", "server.web",
}  # fmt: skip
# Plain structs that features and foundations both speak of; knowing them touches nothing.
VOCABULARY = {
    "server.events": {"Happened"},
    "server.feed": {"Head", "Line"},
}
CLOCK_READINGS = {"clock.now", "clock.today", "clock.monotonic", "now", "today"}
PICCOLO_WRITES = {"insert", "update", "delete", "save", "remove", "raw", "create_table", "alter"}
WRITING_SQL = re.compile(
    r"\b(INSERT\s+(OR\s+\w+\s+)?INTO|REPLACE\s+INTO|DELETE\s+FROM|UPDATE\s+\"?\w+\"?\s+(AS\s+\w+\s+)?SET"
    r"|TRUNCATE|DROP\s+TABLE|ALTER\s+TABLE|CREATE\s+(TABLE|INDEX|UNIQUE))\b",
    re.IGNORECASE,
)
# A `document` may also be a receipt, so only its browser members count.
DEVICE = re.compile(
    r"\b(?:indexedDB|fetch\(|navigator\.|window\.|document\.(?:query|getElement|create|body|cookie)"
    r"|Date\.now|new Date\(\)|Math\.random|crypto\.)"
)


def feature_modules() -> list[Path]:
    """Every module inside a feature folder."""
    found = (path for path in SERVER.glob("*/**/*.py") if path.relative_to(SERVER).parts[0] not in APART)
    return sorted(path for path in found if path.stem not in {"__init__", "__main__"})


def is_activity(path: Path) -> bool:
    """May this module act: open a transaction, read, decide, write, tell?"""
    return path.stem.partition("_")[0].endswith("ing") or path.stem == "ledger"


def is_deciding(path: Path) -> bool:
    """Is this module a noun: plain values in, plain values out?"""
    return not is_activity(path) and path.stem not in {"tables", "queries"}


def named(path: Path) -> str:
    """How a test calls a module: `stock/balance.py`."""
    return path.relative_to(SERVER).as_posix()


def imports(path: Path) -> set[str]:
    """What a module imports, dotted: `from server.stock import tables` gives server.stock.tables too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {name.name for name in node.names} - VOCABULARY.get(node.module, set())
            found |= {f"{node.module}.{name}" for name in names} | ({node.module} if names else set())
    return found


def acts(module: str) -> bool:
    """Is an imported module of ours one that reads or writes the database?"""
    if not module.startswith("server."):
        return False
    name = module.rpartition(".")[2]
    path = SERVER.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return path.exists() and path.parent != SERVER and (name in {"tables", "queries"} or is_activity(path))


def texts(path: Path) -> Iterator[str]:
    """The string constants of a module, docstrings apart."""
    tree = ast.parse(path.read_text("utf-8"))
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.value


def calls(path: Path) -> Iterator[str]:
    """The names a module calls: `tables.Item.insert(…)` gives `tables.Item.insert`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def writes(path: Path) -> set[str]:
    """How a module writes to the database: SQL that changes something, Piccolo's writing calls, writing()."""
    found = {match[0] for text in texts(path) if (match := WRITING_SQL.search(text))}
    for call in calls(path):
        *owner, verb = call.split(".")
        of_table = verb in PICCOLO_WRITES and any(part == "tables" or part[:1].isupper() for part in owner)
        of_house = verb in {"writing", "execute", "execute_many"} and owner in ([], ["db"])
        if of_table or of_house:
            found.add(call)
    return found


@pytest.mark.parametrize("path", [path for path in feature_modules() if is_deciding(path)], ids=named)
def test_a_noun_decides_and_does_not_touch_the_world(path: Path) -> None:
    known = imports(path)

    touched = {name for name in known if any(name == ban or name.startswith(f"{ban}.") for ban in WORLD)}
    acting = {name for name in known if acts(name)}
    told_by_itself = {call for call in calls(path) if call in CLOCK_READINGS}

    assert not touched | acting, f"{named(path)} decides, so it must not import {sorted(touched | acting)}"
    assert not told_by_itself, f"{named(path)} decides, so it must be told the time: {sorted(told_by_itself)}"


@pytest.mark.parametrize(
    "path", [path for path in feature_modules() if not is_activity(path) and path.stem != "tables"], ids=named
)
def test_only_activities_write(path: Path) -> None:
    found = writes(path)

    assert not found, f"{named(path)} is no activity (…ing.py, ledger.py), yet it writes: {sorted(found)}"


@pytest.mark.parametrize("path", sorted(SERVER.glob("*.py")), ids=named)
def test_foundations_leave_writing_to_features(path: Path) -> None:
    if path.stem in FOUNDATIONS_THAT_WRITE:
        return

    # A job may put one transaction around several activities; writing by itself it may not.
    found = writes(path) - ({"db.writing", "writing"} if path.stem == "jobs" else set())

    assert not found, f"{named(path)} writes; that belongs into an activity of a feature: {sorted(found)}"


@pytest.mark.parametrize("path", sorted(SERVER.glob("handlers/*.py")), ids=named)
def test_a_handler_asks_an_activity_instead_of_writing(path: Path) -> None:
    tables = {name for name in imports(path) if name.endswith(".tables")}

    assert not writes(path), f"{named(path)} writes by itself"
    assert not tables, f"{named(path)} reaches for tables; ask a query or an activity"


def test_only_jobs_knows_the_queue() -> None:
    knowing = [
        path for path in SERVER.glob("**/*.py") if any(name.split(".")[0] == "huey" for name in imports(path))
    ]

    assert {named(path) for path in knowing} <= {"jobs.py"}


def test_every_folder_of_python_is_a_package() -> None:
    folders = {path.parent for top in ("server", "print_agent") for path in (ROOT / top).glob("**/*.py")}

    assert not [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()]


@pytest.mark.parametrize("path", sorted(EDGE.glob("session/*.js")), ids=lambda path: path.stem)
def test_a_session_on_the_device_decides_without_the_device(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/|(?m:^\s*//.*$)", "", path.read_text("utf-8"), flags=re.DOTALL)

    reached = re.findall(r"""from\s+["'](?!\./)([^"']+)["']""", code)
    world = DEVICE.findall(code)

    assert not reached, f"session/{path.name} imports from outside session/: {reached}"
    assert not world, f"session/{path.name} touches the device: {world}"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('x = Statement("INSERT INTO item (code) VALUES (?)")', {"INSERT INTO"}),
        ('x = Statement("UPDATE item SET code = ?")', {"UPDATE item SET"}),
        ("await tables.Item.insert(row)", {"tables.Item.insert"}),
        ("await execute(_ADD, 1)", {"execute"}),
        ('"""INSERT INTO in a docstring is prose."""', set()),
        ("known.update(more); rows.insert(0, row)", set()),
        ('x = Statement("SELECT code FROM item FOR UPDATE")', set()),
    ],
)
def test_the_rule_sees_writing_and_only_writing(code: str, found: set[str], tmp_path: Path) -> None:
    module = tmp_path / "noun.py"
    module.write_text(code, "utf-8")

    assert writes(module) == found
