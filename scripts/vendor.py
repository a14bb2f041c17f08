"""Refresh pwa/static/vendor/ from the npm packages that package.json names: `python scripts/vendor.py`.

The browser gets these files as they are, so each is recorded with its package, version, licence and
SHA-256; tests/test_tidy.py compares the record with the files. Run `npm ci` first; `--check` only compares.
"""

import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "pwa/static/vendor"

# Each file we serve, and where it lies inside its package.
FILES = {
    "htmx.org": {
        "htmx/htmx.min.js": "dist/htmx.min.js",
        "htmx/hx-ws.min.js": "dist/ext/hx-ws.min.js",
        "htmx/hx-csp.min.js": "dist/ext/hx-csp.min.js",
        "htmx/LICENSE": "LICENSE",
    },
    "lean-qr": {
        "qr/lean-qr.js": "index.mjs",
        "qr/LICENSE": "LICENSE",
    },
    # reader/index.js imports ../share.js and asks locateFile for the wasm, which we point at our own origin.
    "zxing-wasm": {
        "zxing/reader/index.js": "dist/es/reader/index.js",
        "zxing/share.js": "dist/es/share.js",
        "zxing/zxing_reader.wasm": "dist/reader/zxing_reader.wasm",
        "zxing/LICENSE": "LICENSE",
    },
}


def main() -> int:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("--check", action="store_true", help="say what would change, change nothing")
    arguments = parser.parse_args()
    if missing := [package for package in FILES if not (PACKAGES / package).is_dir()]:
        print(f"not installed: {', '.join(missing)}; run `npm ci` first", file=sys.stderr)
        return 1
    record = [entry(package, *pair) for package, files in FILES.items() for pair in files.items()]
    wanted = {VENDOR / row.file: PACKAGES / row.package / row.source for row in record}
    stale = [target for target, source in wanted.items() if not same(target, source)]
    if not arguments.check:
        write(wanted, record)
    for target in stale:
        print(f"{'differs' if arguments.check else 'refreshed'}: {target.relative_to(ROOT)}")
    print(f"{len(record)} vendored files, {len(stale)} {'to refresh' if arguments.check else 'refreshed'}")
    return 1 if arguments.check and stale else 0


class Entry(NamedTuple):
    """What the record tells of one file."""

    file: str
    package: str
    version: str
    licence: str
    source: str
    bytes: int
    sha256: str


def entry(package: str, target: str, inside: str) -> Entry:
    """One line of the record, read from the installed package."""
    described = json.loads((PACKAGES / package / "package.json").read_text("utf-8"))
    content = (PACKAGES / package / inside).read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    return Entry(target, package, described["version"], described["license"], inside, len(content), checksum)


def same(target: Path, source: Path) -> bool:
    return target.is_file() and target.read_bytes() == source.read_bytes()


def write(wanted: dict[Path, Path], record: list[Entry]) -> None:
    """Copy every file and leave nothing else behind: what the record does not name is not served."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for target, source in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (VENDOR / "vendor.json").write_text(
        json.dumps([row._asdict() for row in record], indent=2) + "\n", "utf-8"
    )
    (VENDOR / "VENDOR.md").write_text(page(record), "utf-8")


def page(record: list[Entry]) -> str:
    """The record as people read it."""
    rows = [
        f"| `{row.file}` | {row.package} {row.version} | {row.licence} | {row.bytes:,} | `{row.sha256}` |"
        for row in record
    ]
    head = [
        "# Code of others that the browser gets from us",
        "",
        "Copied unchanged from npm packages by `scripts/vendor.py`; do not edit. `package.json` says which",
        "versions; why each is here: `docs/dependencies.md`.",
        "",
        "| file | package | licence | bytes | SHA-256 |",
        "| --- | --- | --- | ---: | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
