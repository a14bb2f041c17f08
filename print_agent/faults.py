"""Named places where the agent can be made to die, to prove that no death loses or doubles a label.

`STOCKHAND_AGENT_CRASH_AT=half_sent` kills the process the first time it comes by; unset, nothing happens.
"""

import os
import signal
from typing import Final

POINTS: Final = (
    "claimed",
    "fetched",
    "held",
    "told_spooled",
    "handed_over",
    "before_mark",
    "marked",
    "half_sent",
    "all_sent",
    "came_out",
    "noted",
    "told_outcome",
)


def reach(point: str) -> None:
    """Die here if asked to, as `kill -9` would have it: nothing is flushed, nothing is said."""
    assert point in POINTS, point
    if os.environ.get("STOCKHAND_AGENT_CRASH_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
