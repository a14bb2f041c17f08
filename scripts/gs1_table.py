"""Write the device's table of GS1 application identifiers from the one that biip carries.

Run it after a new release of biip: `.venv/bin/python scripts/gs1_table.py`; with --check it only compares.
"""

import argparse
import json
from pathlib import Path

from biip.gs1_application_identifiers import _GS1_APPLICATION_IDENTIFIERS

TARGET = Path(__file__).parent.parent / "pwa/static/edge/session/gs1_table.js"

HEAD = """\
/** GS1 identifiers: [identifiers, needs a separator, pattern]. Written by scripts/gs1_table.py. */

/** @type {[string, boolean, string][]} */
export const TABLE = [
"""


def table() -> str:
    """The table as a module, identifiers with the same law on one line."""
    groups: dict[tuple[bool, str], list[str]] = {}
    for ai, entry in _GS1_APPLICATION_IDENTIFIERS.items():
        law = (entry.separator_required, entry.pattern.removeprefix(f"^{ai}").removesuffix("$"))
        groups.setdefault(law, []).append(ai)
    rows = [
        f"  [{json.dumps(' '.join(ais))}, {json.dumps(separated)}, {json.dumps(pattern)}],\n"
        for (separated, pattern), ais in groups.items()
    ]
    return HEAD + "".join(rows) + "];\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--check", action="store_true", help="say whether the table is up to date, write nothing"
    )
    if not parser.parse_args().check:
        TARGET.write_text(table(), encoding="utf-8")
        print(f"wrote {TARGET.name}")
        return 0
    fresh = TARGET.read_text(encoding="utf-8") == table()
    print(f"{TARGET.name} is {'up to date' if fresh else 'old: run scripts/gs1_table.py'}")
    return 0 if fresh else 1


if __name__ == "__main__":
    raise SystemExit(main())
