"""The `stockhand` command as people and scripts use it: every command helps, does what it says, and says it."""

import io
import json
import os
from pathlib import Path

import pytest

from server import config
from server.__main__ import EXAMPLES, main
from server.config import settings


@pytest.fixture
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("STOCKHAND_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STOCKHAND_DATA", str(tmp_path))
    monkeypatch.setenv("STOCKHAND_CONFIG", os.devnull)
    settings.cache_clear()
    return tmp_path


@pytest.mark.parametrize("command", EXAMPLES)
def test_every_command_helps_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command.split(), "--help"])

    assert left.value.code == 0
    assert "example: " in capsys.readouterr().out


def test_settings_are_listed_with_their_meaning(own_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0

    told = capsys.readouterr().out
    assert all(f"STOCKHAND_{name.upper()}" in told for name in config.MEANINGS)


def test_a_wrong_setting_is_named(
    own_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STOCKHAND_PORT", "eighty")
    settings.cache_clear()

    assert main(["config"]) == 2
    assert "port" in capsys.readouterr().err


def test_a_password_in_an_address_is_not_shown(
    own_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STOCKHAND_DATABASE", "postgresql://shop:corn-lantern@db/stock")
    settings.cache_clear()

    main(["config"])
    main(["config", "--json"])

    assert "corn-lantern" not in capsys.readouterr().out


def test_several_processes_on_sqlite_are_refused_with_the_way_out(
    own_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STOCKHAND_PROCESSES", "2")
    settings.cache_clear()

    assert main(["serve"]) == 1
    assert "STOCKHAND_DATABASE" in capsys.readouterr().err


def test_a_firm_is_set_up_by_commands_alone(
    own_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--json"]) == 0
    built = json.loads(capsys.readouterr().out)
    assert built["items"] > 50

    monkeypatch.setattr("sys.stdin", io.StringIO("corn-lantern-58\n"))
    assert main(["users", "add", "sun.li", "--role", "storekeeper", "--password-stdin", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["role"] == "storekeeper"

    assert main(["devices", "invite", "--user", "sun.li", "--warehouse", "MAIN", "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == {"origin", "token", "expires"}

    assert main(["verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True

    assert main(["ledger", "export", "--format", "jsonl"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(line["document"].startswith("rc-") for line in lines) == built["movements"]
    assert all(line["operation"] and line["quantity"] for line in lines)


def test_a_backup_is_restored_under_a_new_generation(
    own_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["demo"])
    kept = own_data / "kept.sqlite"

    assert main(["backup", str(kept), "--json"]) == 0
    capsys.readouterr()
    assert main(["restore", str(kept), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"generation": 2}
    assert main(["verify"]) == 0


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00 cut"])
def test_what_is_no_backup_replaces_nothing(
    own_data: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    main(["demo"])
    broken = own_data / "broken.sqlite"
    broken.write_bytes(content)
    capsys.readouterr()

    assert main(["restore", str(broken)]) == 1
    assert "nothing was changed" in capsys.readouterr().err
    assert main(["verify"]) == 0


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["devices", "invite", "--user", "nobody", "--warehouse", "MAIN"], "nobody"),
        (["devices", "invite", "--user", "li.wei", "--warehouse", "NOWHERE"], "NOWHERE"),
        (["restore", "missing.sqlite"], "nothing was changed"),
        (["demo", "online-retail", "--file", "missing.xlsx"], "missing.xlsx"),
        (["demo"], "MAIN"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_ends_with_status_1(
    own_data: Path, capsys: pytest.CaptureFixture[str], command: list[str], said: str
) -> None:
    main(["demo"])
    capsys.readouterr()

    assert main(command) == 1
    assert said in capsys.readouterr().err
