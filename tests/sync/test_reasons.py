"""Every reason the server may give an operation has its words on the device."""

import re
from pathlib import Path

from server.sync import acting, verdict

ROOT = Path(__file__).resolve().parents[2]
GIVEN = re.compile(r'Ruling\(\s*"[a-z]+",\s*"([a-z_]+)"|fault="([a-z_]+)"|return Refused\("([a-z_]+)"\)')

ODD = re.findall(r'odd\.append\("([a-z_]+)"\)', Path(verdict.__file__).read_text("utf-8"))


def test_every_reason_has_words_on_the_device() -> None:
    sources = [*(ROOT / "server/sync").glob("*.py"), ROOT / "server/printing/queueing.py"]
    found = GIVEN.findall("\n".join(file.read_text("utf-8") for file in sources))
    reasons = {one for match in found for one in match if one} | set(acting.BIND_REASONS.values())
    reasons -= {"unknown_job", "state", "copy", "invitation", "person"}  # never said of an operation
    words = (ROOT / "pwa/static/edge/words.js").read_text("utf-8")

    assert len(reasons) > 15
    assert len(ODD) > 8
    assert {reason for reason in reasons | set(ODD) if f'"reason.{reason}"' not in words} == set()
