"""Hold the pages that the tests rendered against the HTML standard: `python scripts/pages.py`.

The tests' client keeps every different page it was answered with (tests/pages.py); html-validate reads them
all, with the rules of .htmlvalidate.json, in as many processes as there are cores. `--keep` leaves the pages
for a look.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "build/pages"
_FORM_TOKEN = re.compile(rb'"X-Form-Token": "[^"]*"')


def main() -> int:
    pages = different(sorted(PAGES.glob("*.html")))
    if not pages:
        print(f"no pages in {PAGES.relative_to(ROOT)}: run the tests first", file=sys.stderr)
        return 1
    share = os.cpu_count() or 1
    readers = [reader(pages[start::share]) for start in range(min(share, len(pages)))]
    outcomes = [one.wait() for one in readers]
    print(f"{len(pages)} pages read")
    if not any(outcomes) and "--keep" not in sys.argv:
        shutil.rmtree(PAGES)
    return int(any(outcomes))


def different(pages: list[Path]) -> list[Path]:
    """One of each: many answers have nothing to show, or differ by the token of a sign-in only."""
    said = {_FORM_TOKEN.sub(b"", page.read_bytes()): page for page in pages}
    return [page for text, page in said.items() if text.strip()]


def reader(pages: list[Path]) -> "subprocess.Popen[bytes]":
    """A process that reads these pages and says what is wrong with them."""
    program = ROOT / "node_modules/.bin/html-validate"
    return subprocess.Popen(
        [program, "--config", ROOT / ".htmlvalidate.json", "--formatter", "codeframe", *pages]
    )


if __name__ == "__main__":
    sys.exit(main())
