"""The house is tidy: what STYLE promises to a newcomer is checked here, on the files themselves."""

import ast
import fnmatch
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from server import web, words

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "pwa/templates"
STATIC = ROOT / "pwa/static"
VENDOR = STATIC / "vendor"

NOT_OURS = {".git", ".venv", "node_modules", "var", "vendor", "dist", "build", "out"}
TRACES = re.compile(r"_cache$|^__pycache__$|^\.hypothesis$")
TEXTS = {".py", ".js", ".html", ".css", ".toml", ".json", ".md", ".sh", ".ini", ".yml", ".ts", ""}

KEY = r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+"
"""How a key of a text looks: `catalog.items`."""


@cache
def ours() -> tuple[Path, ...]:
    """Every text file of the project: no environment, no cache, nothing vendored."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in NOT_OURS and not TRACES.search(name)]
        found += [path for name in names if (path := Path(folder, name)).suffix in TEXTS]
    return tuple(sorted(path for path in found if path.name != "package-lock.json" and is_text(path)))


def is_text(path: Path) -> bool:
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).glob("**/*.py"))


def templates() -> list[Path]:
    return sorted(TEMPLATES.glob("**/*.html"))


def scripts_of_ours() -> list[Path]:
    return sorted(path for path in STATIC.glob("**/*.js") if VENDOR not in path.parents)


def patterns(path: Path) -> Iterator[str]:
    """The string constants of a Python module; an f-string's holes become `*`."""
    tree = ast.parse(path.read_text("utf-8"))
    pieces = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            yield node.value


# Tests and pages


@pytest.mark.parametrize("path", [p for p in python("server/handlers") if p.stem != "__init__"], ids=named)
def test_every_handler_module_has_its_tests(path: Path) -> None:
    names = (f"tests/handlers/test_{path.stem}*.py", f"tests/{path.stem}/test_handler*.py")

    assert any(list(ROOT.glob(name)) for name in names), f"write tests/handlers/test_{path.stem}.py"


def test_every_template_is_reached() -> None:
    asked = {
        text for path in python("server") for text in patterns(path) if text[:-5] and text.endswith(".html")
    }
    for template in templates():
        source = template.read_text("utf-8")
        asked |= set(re.findall(r"{%-?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)[\"']", source))

    names = [path.relative_to(TEMPLATES).as_posix() for path in templates()]
    unreached = [name for name in names if not any(fnmatch.fnmatch(name, pattern) for pattern in asked)]
    missing = [name for name in asked if "*" not in name and name not in names]

    assert not unreached, "no handler and no other template asks for these"
    assert not missing, "these are asked for but do not exist"


@pytest.mark.parametrize("path", templates(), ids=named)
def test_every_template_can_be_read(path: Path) -> None:
    web.environment().get_template(path.relative_to(TEMPLATES).as_posix())


INLINE = {
    "a script without src": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an on… attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on, which evaluates": re.compile(r"\shx-on[:\s=]", re.IGNORECASE),
    "a js: value, which evaluates": re.compile(r"=\s*[\"'](?:js|javascript):", re.IGNORECASE),
    "a trigger filter, which evaluates": re.compile(
        r"hx-trigger\s*=\s*(?:\"(?:[^\"]*,)?\s*[\w:.-]+\[|'(?:[^']*,)?\s*[\w:.-]+\[)"
    ),
    "another origin": re.compile(r"(?:src|href|action|hx-(?:get|post|put|delete))\s*=\s*[\"'](?:https?:)?//"),
}


@pytest.mark.parametrize("what", INLINE)
def test_nothing_on_a_page_needs_inline_code(what: str) -> None:
    views = [*templates(), *(path for path in scripts_of_ours() if "views" in path.parts)]
    found = [named(path) for path in views if INLINE[what].search(without_comments(path))]

    assert not found, f"{what}: the content policy forbids it"


def without_comments(path: Path) -> str:
    """A page or script without its comments, which may speak of anything."""
    return re.sub(r"{#.*?#}|<!--.*?-->|/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)


def test_styles_and_scripts_load_nothing_from_another_origin() -> None:
    remote = re.compile(r"""(?:url\(|@import|import\s*\(?|from)\s*["']?(?:https?:)?//""")
    files = [*STATIC.glob("css/**/*.css"), *scripts_of_ours()]

    assert not [named(path) for path in files if remote.search(without_comments(path))]


def test_styles_are_layered_and_never_shout() -> None:
    sheets = sorted(STATIC.glob("css/**/*.css"))

    assert not [named(path) for path in sheets if "!important" in without_comments(path)]
    assert not [named(path) for path in sheets if "@layer" not in path.read_text("utf-8")]


# Words: pwa/words/*.toml for what the server renders, edge/words.js for what the device says by itself


def words_of_the_server() -> Mapping[str, tuple[str, ...]]:
    return words.texts()


def words_of_the_device() -> Mapping[str, tuple[str, ...]]:
    source = (STATIC / "edge/words.js").read_text("utf-8")
    pairs = re.findall(rf'^\s*"({KEY})": (\[.*\]),$', source, re.MULTILINE)
    return {key: tuple(json.loads(pair)) for key, pair in pairs}


TABLES = {"server": words_of_the_server, "device": words_of_the_device}


@pytest.mark.parametrize("table", TABLES)
def test_every_text_exists_in_both_languages(table: str) -> None:
    pairs = TABLES[table]()

    assert pairs
    assert not [key for key, pair in pairs.items() if len(pair) != 2 or not all(map(str.strip, pair))]


@pytest.mark.parametrize("table", TABLES)
def test_both_languages_fill_the_same_holes(table: str) -> None:
    # {zh} and {en} are one thing under its name in each language.
    holes = re.compile(r"{(?!zh}|en})(\w+)}")
    pairs = TABLES[table]()

    assert not [key for key, (zh, en) in pairs.items() if set(holes.findall(zh)) != set(holes.findall(en))]


def test_every_text_that_pages_ask_for_exists() -> None:
    known = words_of_the_server()
    asked = {(key, named(path)) for path in [*templates(), *python("server")] for key in keys_asked(path)}

    assert not sorted((key, where) for key, where in asked if not fnmatch.filter(known, key))


def test_every_text_that_the_device_says_exists() -> None:
    known = words_of_the_device()
    spaces = {key.partition(".")[0] for key in known}
    asked = {(key, named(path)) for path in scripts_of_ours() for key in keys_named(path, spaces)}

    # `stock.pick` is also the kind of an operation, whose words are `kind.stock.pick`.
    lost = [
        (key, where) for key, where in asked if not fnmatch.filter(known, key) and f"kind.{key}" not in known
    ]

    assert not sorted(lost)


def keys_asked(path: Path) -> set[str]:
    """The keys asked for by `t("…")`; a part known only at run time becomes `*`."""
    source = path.read_text("utf-8")
    if path.suffix == ".html":
        found = re.findall(rf"\bt\(\s*[\"']({KEY}\.?)[\"'](\s*~)?", source)
        return {f"{key}*" if goes_on else key for key, goes_on in found}
    return {key for key in keys_in_calls(source) if re.fullmatch(r"[a-z][\w.*]*\.[\w.*]+", key)}


def keys_in_calls(source: str) -> Iterator[str]:
    """The first argument of `t(…)` and `words.t(…)` in Python."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in {"t", "words.t"}:
            match node.args[0]:
                case ast.Constant(value=str(key)):
                    yield key
                case ast.JoinedStr(values=parts):
                    yield "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in parts)


def keys_named(path: Path, spaces: set[str]) -> set[str]:
    """Every string of a script that looks like a key: sessions name words long before a view shows them."""
    if path.name == "words.js":
        return set()
    code = without_comments(path)
    whole = re.findall(rf"[\"']({KEY})[\"']", code)
    built = [f"{start}*" for start in re.findall(r"`((?:[a-z0-9_]+\.)+)\$\{", code)]
    return {key for key in [*whole, *built] if key.partition(".")[0] in spaces}


# Papers


def test_what_browsers_get_from_others_is_what_the_record_says() -> None:
    record = {row["file"]: row["sha256"] for row in json.loads((VENDOR / "vendor.json").read_text("utf-8"))}
    papers = {"vendor.json", "VENDOR.md"}
    files = {path.relative_to(VENDOR).as_posix(): path for path in VENDOR.rglob("*") if path.is_file()}

    found = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}

    assert {name: digest for name, digest in found.items() if name not in papers} == record


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs/dependencies.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    listed = [*project["dependencies"], *project["optional-dependencies"]["dev"]]

    names = {re.split(r"[^A-Za-z0-9_.-]", entry, maxsplit=1)[0] for entry in listed}
    names |= {*package["dependencies"], *package["devDependencies"]}

    assert not [
        name for name in sorted(names) if not re.search(rf"\| .*\b{re.escape(name.lstrip('@'))}\b", reasons)
    ]


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_papers_that_are_named_exist() -> None:
    mentions = re.compile(r"\b(docs/[\w./-]+\.md)\b")
    named_papers = {
        (name, named(path)) for path in ours() for name in mentions.findall(path.read_text("utf-8"))
    }

    assert not sorted(pair for pair in named_papers if not (ROOT / pair[0]).exists())


def test_nothing_names_one_machine() -> None:
    places = re.compile(r"(?<![\w.*-])/(?:work|tmp|root|farm|home)/\w")
    hosts = re.compile(r"https?://(?:registry\.|files\.pythonhosted|pypi\.)")

    files = [*ours(), ROOT / "package-lock.json"]
    found = [named(p) for p in files if places.search(text := p.read_text("utf-8")) or hosts.search(text)]

    assert not found


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")

    assert not [named(path) for path in ours() if later.search(path.read_text("utf-8"))]


def test_modules_open_with_a_line_a_newcomer_understands() -> None:
    folders = ("server", "print_agent", "tests", "e2e", "scripts", "benchmarks")
    modules = [
        path for path in python(*folders) if path.stem != "__init__" and "migrations" not in path.parts
    ]

    silent = [named(path) for path in modules if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]

    assert not silent
