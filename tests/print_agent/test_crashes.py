"""Kill the agent at every named point, with both back-ends, and count the labels that lie there.

Whatever the moment: no copy is missing in silence, and none lies there twice without the reprint mark.
"""

from collections import Counter
from collections.abc import Callable

import pytest

from print_agent import faults
from server.printing import job
from tests.print_agent import desk
from tests.print_agent.conftest import Agents

pytestmark = pytest.mark.services

COPIES = 2
# Deaths between the mark and the proof: a network printer leaves nobody the wiser.
IN_DOUBT = {"marked", "half_sent", "all_sent", "came_out"}


@pytest.mark.parametrize("backend", ["png", "tcp9100"])
@pytest.mark.parametrize("point", faults.POINTS)
def test_a_death_neither_loses_nor_doubles_a_label(
    server: desk.Desk, agents: Agents, printer: Callable[..., desk.Sink], point: str, backend: str
) -> None:
    sink = printer()
    options = ["--printer", f"tcp9100://{sink.address}"] if backend == "tcp9100" else []
    name = server.ask_for(copies=COPIES)

    assert agents.start(*options, crash_at=point).wait(20) == -9
    agents.start(*options)
    ended = server.wait_until(name, "printed", "unknown")
    tray = sink.paper if backend == "tcp9100" else agents.labels
    if ended.state == "unknown":
        came_out = len({label.copy for label in tray})
        server.decide(name, job.Answered(min(came_out, ended.doubtful), 2**60))
        server.wait_until(name, "printed")
        tray = sink.paper if backend == "tcp9100" else agents.labels

    assert (ended.state == "unknown") == (backend == "tcp9100" and point in IN_DOUBT)
    assert {label.copy for label in tray} == {"c1", "c2"}
    unmarked = Counter(label.copy for label in tray if not label.is_marked)
    assert max(unmarked.values(), default=0) <= 1
    assert server.jobs[name].done == COPIES


@pytest.mark.parametrize("point", faults.POINTS)
def test_even_when_nobody_looks_closely_the_second_copy_is_marked(
    server: desk.Desk, agents: Agents, printer: Callable[..., desk.Sink], point: str
) -> None:
    sink = printer()
    options = ["--printer", f"tcp9100://{sink.address}"]
    name = server.ask_for(copies=COPIES)

    agents.start(*options, crash_at=point).wait(20)
    agents.start(*options)
    if server.wait_until(name, "printed", "unknown").state == "unknown":
        server.decide(name, job.Answered(0, 2**60))
        server.wait_until(name, "printed")

    unmarked = Counter(label.copy for label in sink.paper if not label.is_marked)
    assert max(unmarked.values(), default=0) <= 1
    assert {label.copy for label in sink.paper} == {"c1", "c2"}
