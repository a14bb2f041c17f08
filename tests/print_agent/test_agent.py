"""Real agent processes against a server with the real rules and printers of every mood."""

import socket
from collections.abc import Callable

import pytest

from print_agent.wire import Evidence
from server.printing import job
from tests.print_agent import desk
from tests.print_agent.conftest import Agents, wait_for

pytestmark = pytest.mark.services

MakePrinter = Callable[..., desk.Sink]
HOUR = 3600 * job.SECOND


def at(sink: desk.Sink, *more: str) -> tuple[str, ...]:
    return ("--printer", f"tcp9100://{sink.address}", "--printer-timeout", "1", *more)


def names(labels: list[desk.Paper]) -> list[str]:
    return [f"{label.attempt}{label.copy}{'!' if label.is_marked else ''}" for label in labels]


def test_three_copies_come_out_as_three_files(server: desk.Desk, agents: Agents) -> None:
    agents.start()

    printed = server.wait_until(server.ask_for(copies=3), "printed")

    assert names(agents.labels) == ["a1c1", "a1c2", "a1c3"]
    assert printed.evidence == Evidence.PRINTED
    progress = [report.copy for _, report, _ in server.told if report.state == "printing"]
    assert progress == sorted(progress)


def test_labels_reach_a_network_printer_one_connection_each(
    server: desk.Desk, agents: Agents, printer: MakePrinter
) -> None:
    sink = printer()
    agents.start(*at(sink))

    printed = server.wait_until(server.ask_for(copies=2), "printed")

    assert names(sink.paper) == ["a1c1", "a1c2"]
    assert len(sink.received) == 2
    assert printed.evidence == Evidence.CONSUMED


def test_the_servers_word_chooses_the_printer_when_this_computer_has_none(
    server: desk.Desk, agents: Agents, printer: MakePrinter
) -> None:
    sink = printer()
    server.backend, server.address = "tcp9100", sink.address
    agents.start()

    server.wait_until(server.ask_for(), "printed")

    assert names(sink.paper) == ["a1c1"]


def test_a_printer_that_is_off_is_tried_again_until_it_is_on(server: desk.Desk, agents: Agents) -> None:
    port = desk.free_port()
    agents.start("--printer", f"tcp9100://127.0.0.1:{port}")
    name = server.ask_for()

    waiting = server.wait_for_trouble(name)
    assert (waiting.state, waiting.trouble) == ("spooled", "refused")
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(20)
        connection, _ = listener.accept()
        data = b""
        while part := connection.recv(65536):
            data += part
        connection.close()

    assert server.wait_until(name, "printed").attempt == 1
    assert names(desk.papers(data)) == ["a1c1"]


@pytest.mark.parametrize(
    ("mood", "trouble"), [("stalling", "timeout"), ("resetting", "reset"), ("keeping", "timeout")]
)
def test_a_fault_after_the_first_byte_is_doubtful_and_not_sent_again(
    server: desk.Desk, agents: Agents, printer: MakePrinter, mood: str, trouble: str
) -> None:
    sink = printer(mood)
    agents.start(*at(sink))
    name = server.ask_for(copies=3)

    doubtful = server.wait_until(name, "unknown")
    agents.stop()
    sink.mood = "good"
    agents.start(*at(sink))
    other = server.ask_for()
    server.wait_until(other, "printed")

    assert (doubtful.trouble, doubtful.doubtful, doubtful.done) == (trouble, 1, 0)
    assert server.jobs[name].state == "unknown"
    assert not [label for label in sink.paper if label.job == name and label.copy != "c1"]


def test_what_a_person_did_not_find_comes_again_with_the_mark(
    server: desk.Desk, agents: Agents, printer: MakePrinter
) -> None:
    sink = printer("resetting")
    agents.start(*at(sink))
    name = server.ask_for(copies=2)
    server.wait_until(name, "unknown")

    sink.mood = "good"
    server.decide(name, job.Answered(0, 2**60))

    assert server.wait_until(name, "printed").attempt == 2
    assert names(sink.paper) == ["a2c1!", "a2c2"]


@pytest.mark.parametrize("lost", ["claim", "payload", "report"])
def test_a_lost_answer_costs_nothing(server: desk.Desk, agents: Agents, lost: str) -> None:
    server.lose_answers.add(lost)
    agents.start()

    server.wait_until(server.ask_for(copies=2), "printed")

    assert names(agents.labels) == ["a1c1", "a1c2"]


def test_a_captive_portal_is_not_believed(server: desk.Desk, agents: Agents) -> None:
    name = server.ask_for()
    server.portal = True
    agents.start()
    wait_for(lambda: (agents.home / "spool.sqlite").exists())

    server.portal = False

    server.wait_until(name, "printed")
    assert names(agents.labels) == ["a1c1"]


def test_an_outage_does_not_stop_what_was_handed_over(
    server: desk.Desk, agents: Agents, printer: MakePrinter
) -> None:
    port = desk.free_port()
    agents.start("--printer", f"tcp9100://127.0.0.1:{port}", "--printer-timeout", "3")
    name = server.ask_for()
    server.wait_for_trouble(name)

    server.is_down = True
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(20)
        connection, _ = listener.accept()
        while connection.recv(65536):
            pass
        connection.close()
        server.is_down = False

        assert server.wait_until(name, "printed", seconds=40).evidence == Evidence.CONSUMED


def test_what_a_person_gave_up_meanwhile_is_not_printed_any_more(server: desk.Desk, agents: Agents) -> None:
    agents.start("--printer", f"tcp9100://127.0.0.1:{desk.free_port()}")
    name = server.ask_for()
    server.wait_for_trouble(name)
    agents.stop()

    with server.lock:
        server.jobs[name] = server._must(server.jobs[name], job.WentSilent(2**60))
    server.decide(name, job.Answered(0, 2**60))
    agents.start()

    assert server.wait_until(name, "printed").attempt == 2
    assert names(agents.labels) == ["a2c1!"]


def test_yesterdays_labels_do_not_pour_out_later(server: desk.Desk, agents: Agents) -> None:
    agents.start("--printer", f"tcp9100://127.0.0.1:{desk.free_port()}")
    name = server.ask_for(ttl_s=2)

    server.wait_until(name, "expired")
    agents.stop()
    agents.start()
    server.wait_until(server.ask_for(), "printed")

    assert [label.job for label in agents.labels] == ["j-2"]


def test_a_full_or_missing_folder_is_waited_for(server: desk.Desk, agents: Agents) -> None:
    # A file where the folder should be: nobody can write a label there.
    (agents.home / "labels").write_text("in the way")
    agents.start()
    name = server.ask_for()

    assert server.wait_for_trouble(name).state == "spooled"
    (agents.home / "labels").unlink()

    server.wait_until(name, "printed")
    assert names(agents.labels) == ["a1c1"]


def test_two_agents_never_share_a_spool(server: desk.Desk, agents: Agents) -> None:
    first = agents.start()
    server.wait_until(server.ask_for(), "printed")

    second = agents.start()

    assert second.wait(15) == 1
    assert first.poll() is None


def test_a_revoked_station_stops_and_says_so(server: desk.Desk, agents: Agents) -> None:
    server.is_revoked = True

    process = agents.start()

    assert process.wait(15) == 3
    assert process.stdout is not None
    assert "Pair again" in process.stdout.read()


def test_a_printer_address_that_means_nothing_is_told_to_the_desk(server: desk.Desk, agents: Agents) -> None:
    server.backend, server.address = "tcp9100", "nowhere:port"
    agents.start()

    failed = server.wait_until(server.ask_for(), "failed")

    assert "host:port" in failed.trouble
