"""How long our functions and files are, next to what STYLE calls healthy: `make sizes`.

Nothing fails here. The tail is what separates code that is read gladly from code that has outgrown its
authors, so the longest are named: each is a question to answer in review.
"""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
NAMED = 8


class Measured(NamedTuple):
    """A function or a file, and its lines."""

    lines: int
    name: str


def main() -> None:
    print("                      count  median    p90    p99    max")
    everything: list[Measured] = []
    for title, folders in (("server, agent", ("server", "print_agent")), ("tests", ("tests", "e2e"))):
        files = [path for folder in folders for path in (ROOT / folder).glob("**/*.py") if is_written(path)]
        functions = [function for path in files for function in functions_of(path)]
        show(f"{title}: functions", functions)
        show(f"{title}: files", [file_size(path) for path in files])
        everything += functions if title != "tests" else []
    show("healthy: functions", [], "      -       8     25     60      -")
    show("healthy: files", [], "      -     120    400      -      -")
    for title, pattern in (("JS", "js"), ("CSS", "css"), ("templates", "html")):
        show(
            f"{title}: files",
            [file_size(path) for path in (ROOT / "pwa").glob(f"**/*.{pattern}") if is_ours(path)],
        )
    print("\nThe longest functions:")
    for function in sorted(everything, reverse=True)[:NAMED]:
        print(f"  {function.lines:4}  {function.name}")


def is_written(path: Path) -> bool:
    """Migrations are generated."""
    return "migrations" not in path.parts


def is_ours(path: Path) -> bool:
    return "vendor" not in path.parts


def functions_of(path: Path) -> Iterable[Measured]:
    """Every function with its lines, docstring left out."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Measured(length(node), f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def file_size(path: Path) -> Measured:
    return Measured(path.read_text("utf-8").count("\n"), str(path.relative_to(ROOT)))


def show(title: str, measured: list[Measured], instead: str | None = None) -> None:
    sizes = sorted(one.lines for one in measured)
    if instead is None and not sizes:
        return
    row = instead or f"{len(sizes):7} {at(sizes, 50):7} {at(sizes, 90):6} {at(sizes, 99):6} {sizes[-1]:6}"
    print(f"{title:20}{row}")


def at(sizes: list[int], percent: int) -> int:
    """The size that `percent` of all do not exceed."""
    return sizes[min(len(sizes) - 1, len(sizes) * percent // 100)]


if __name__ == "__main__":
    main()
