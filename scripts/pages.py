"""Hold the pages that the tests rendered against the HTML standard: `python scripts/pages.py`.

The tests' client keeps every different page it was answered with (tests/pages.py); html-validate reads them
all in one go, with the rules of .htmlvalidate.json. `--keep` leaves the pages for a look.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "build/pages"


def main() -> int:
    pages = sorted(PAGES.glob("*.html"))
    if not pages:
        print(f"no pages in {PAGES.relative_to(ROOT)}: run the tests first", file=sys.stderr)
        return 1
    program = ROOT / "node_modules/.bin/html-validate"
    outcome = subprocess.run(
        [program, "--config", ROOT / ".htmlvalidate.json", "--formatter", "codeframe", *pages], check=False
    )
    print(f"{len(pages)} pages read")
    if outcome.returncode == 0 and "--keep" not in sys.argv:
        shutil.rmtree(PAGES)
    return outcome.returncode


if __name__ == "__main__":
    sys.exit(main())
