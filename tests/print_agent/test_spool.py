"""What the agent's disk remembers, and in which order it tells."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from print_agent.__main__ import main
from print_agent.printer import BadAddress, Impossible, PngFolder, open_printer
from print_agent.spool import Copy, Spool, Untold
from print_agent.wire import Claim, Evidence, Target
from tests.print_agent import desk

CLAIM = Claim("j-1", "request", 1, 1, 2, Target("p-1", "printer", "png"), title="杯")
LABELS = {1: b"\x89PNG\r\n\x1a\none", 2: b"\x89PNG\r\n\x1a\ntwo"}


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.sqlite")
    yield opened
    opened.close()


def holding(spool: Spool) -> Copy:
    spool.hold(CLAIM, LABELS)
    held = spool.find("request", 1)
    assert held is not None
    spool.hand_over(held)
    first = spool.next_copy("p-1")
    assert first is not None
    return first


def oldest(spool: Spool) -> Untold:
    untold = spool.oldest_report()
    assert untold is not None
    return untold


def test_nothing_is_printed_before_the_server_let_go(spool: Spool) -> None:
    spool.hold(CLAIM, LABELS)

    assert spool.next_copy("p-1") is None
    assert oldest(spool).report.state == "spooled"


def test_a_job_offered_twice_is_held_once(spool: Spool) -> None:
    spool.hold(CLAIM, LABELS)
    spool.hold(CLAIM, LABELS)

    assert spool.counts() == {"held": 1, "ready": 0, "over": 0, "untold": 1}


def test_a_sent_mark_survives_the_process(spool: Spool, tmp_path: Path) -> None:
    spool.mark_sending(holding(spool))
    spool.close()

    again = Spool(tmp_path / "spool.sqlite")

    assert [copy.copy for copy in again.interrupted()] == [1]
    assert again.token == spool.token
    again.close()


def test_an_answer_that_comes_late_forgets_no_newer_report(spool: Spool) -> None:
    first = holding(spool)
    spool.forget(oldest(spool))
    spool.wait(first, "refused")
    on_the_way = oldest(spool)

    spool.came_out(first, Evidence.PRINTED)
    spool.forget(on_the_way)

    assert oldest(spool).report.state == "printing"


def test_only_the_newest_progress_is_told_after_an_outage(spool: Spool) -> None:
    first = holding(spool)
    for _ in range(50):
        spool.wait(first, "refused")

    assert spool.counts()["untold"] == 2  # that it is held, and how it stands


def test_a_label_the_disk_has_damaged_is_refused_not_printed(spool: Spool) -> None:
    holding(spool)
    spool.database.execute("UPDATE copy SET payload = ? WHERE copy = 1", (LABELS[2],))

    damaged = spool.next_copy("p-1")

    assert damaged is not None
    assert damaged.payload == b""


async def test_a_job_named_like_a_path_writes_no_file(spool: Spool, tmp_path: Path) -> None:
    spool.hold(Claim("../../j", "evil", 1, 1, 1, Target("p-1", "printer", "png")), {1: LABELS[1]})
    held = spool.find("evil", 1)
    assert held is not None

    outcome = await PngFolder(tmp_path / "labels").send(Copy(held, 1, LABELS[1]), lambda: None)

    assert outcome == Impossible("payload")
    assert not (tmp_path / "labels").exists()


@pytest.mark.parametrize("address", ["tcp9100://", "tcp9100://host:0", "tcp9100://host:x", "usb://1", "lpd"])
def test_an_address_without_meaning_is_named(address: str, tmp_path: Path) -> None:
    with pytest.raises(BadAddress):
        open_printer(Target("p-1", "printer", "png"), tmp_path, address)


def test_pairing_keeps_the_key_to_itself(tmp_path: Path) -> None:
    with desk.opened() as server:
        assert main(["pair", "GOODCODE", "--server", server.url, "--home", str(tmp_path)]) == 0

    assert stat.S_IMODE((tmp_path / "station.json").stat().st_mode) == 0o600


def test_a_wrong_code_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with desk.opened() as server:
        assert main(["pair", "BADCODE", "--server", server.url, "--home", str(tmp_path)]) == 1

    assert "not accepted" in capsys.readouterr().out
    assert not (tmp_path / "station.json").exists()


@pytest.mark.parametrize("command", ["run", "status"])
def test_an_unpaired_computer_says_what_to_do(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--home", str(tmp_path)]) == 2

    assert "stockhand-agent pair CODE" in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["pair"], ["run"], ["status"]])
def test_every_command_helps_with_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*command, "--help"])

    assert "example: stockhand-agent" in capsys.readouterr().out
