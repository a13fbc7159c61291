"""Other people's recordings are found out, read and played; what is no recording says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.netsim import adapters, fleet
from lab.netsim.replay import shell_for
from lab.netsim.session import SessionError, read_yaml
from tests.netsim import opened, typed

RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures" / "recordings"

PLAYED = {  # file, form, what is typed, what the last line shows
    "oxidized_ordered.yaml": (
        "oxidized",
        ["get system status"],
        "get system status\r\nVersion: FortiGate-SIM v7.4\nSerial-Number: FGTSIM0000000001\n--More-- ",
    ),
    "oxidized_unordered.yaml": (
        "oxidized",
        ["terminal length 0", "show running-config"],
        "show running-config\nhostname R-SIM\nend\n\rR-SIM# ",
    ),
    "scrapli_session.yaml": ("scrapli", ["enable", "any", "show version"], "show version\nSoftware Version 15.2\nSW-SIM#"),
    "scrapli_collector.yaml": ("collector", ["enable", "any", "terminal length 0", "show run"], "show run\nhostname SW-SIM\nend\nSW-SIM#"),
    "fakenos.yaml": ("fakenos", ["enable", "show running-config"], "show running-config\nhostname SW-1\nend\nSW-1#"),
    "unicon_mock.yaml": ("unicon", ["enable", "any", "show version"], "show version\nSIM Software, Version 15.2\nSW-1#"),
    "pairs.yml": ("pairs", ["terminal length 0", "show running-config"], "show running-config\nhostname X\nend\nSW-1# "),
    "napalm_mocked": ("", ["show running-config"], "show running-config\nhostname N\nend\nSW-1# "),
    "terminal.log": (
        "",
        ["enable", "terminal length 0", "show running-config"],
        "show running-config\nBuilding configuration...\nhostname SW-SIM\nend\nSW-SIM#",
    ),
}


@pytest.mark.parametrize("name", PLAYED)
def test_each_form_is_played(name: str) -> None:
    form, lines, shown = PLAYED[name]
    path = RECORDINGS / name
    if form:
        assert adapters.form_of(read_yaml(path)) == form
    assert typed(opened(str(path)), *lines) == shown


def test_a_pager_key_of_a_recording_needs_no_newline() -> None:
    shell = opened(str(RECORDINGS / "oxidized_ordered.yaml"))
    typed(shell, "get system status")
    rest = b"".join(one for one in shell.receive(b" ") if isinstance(one, bytes))
    assert rest.endswith(b"Hostname: FW-SIM\r\n\r\nFW-SIM # ")
    assert "set hostname" in typed(shell, "show")


def test_a_recording_refuses_what_it_does_not_hold_and_goes_on() -> None:
    shell = opened(str(RECORDINGS / "oxidized_unordered.yaml"))
    assert typed(shell, "show clock") == "show clock\n% Invalid input\nR-SIM#\x1b[m "
    assert "hostname R-SIM" in typed(shell, "show  running-config")


def test_readers_ask_in_other_words_than_recorders() -> None:
    """What only prepares is taken quietly; a command may be written out where the recorder shortened it."""
    shell = opened(str(RECORDINGS / "oxidized_unordered.yaml"))
    assert typed(shell, "terminal width 511") == "terminal width 511\nR-SIM#\x1b[m "
    shell = opened(str(RECORDINGS / "scrapli_collector.yaml"))
    assert "hostname SW-SIM" in typed(shell, "enable", "any", "terminal width 511", "show running-config")
    assert "% Unknown command" in typed(shell, "show tech-support")


def test_a_recording_answers_exec() -> None:
    one = fleet.device(fleet.Wanted(name="R", session=str(RECORDINGS / "oxidized_unordered.yaml")))
    out = b"".join(part for part in shell_for(one, 1, interactive=False).execute("show running-config") if isinstance(part, bytes))
    assert b"hostname R-SIM\nend" in out


def test_confirmation_with_an_empty_line() -> None:
    shell = opened(str(RECORDINGS / "unicon_mock.yaml"))
    assert typed(shell, "enable", "any", "clear logging").endswith("Clear logging buffer\n[confirm]")
    assert typed(shell, "").endswith("SW-1#")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("platform: x\nmodes: {user: {prompt: '>'}}\ninitial: enable\n", "no mode enable"),
        ("platform: x\nmodes: {user: {prompt: '>'}}\ncomands: []\n", "unknown key comands"),
        ("platform: x\nmodes: {user: {prompt: '>'}}\ncommands: [{match: a, pattern: b}]\n", "exactly one of match and pattern"),
        ("platform: x\nmodes: {user: {prompt: '>'}}\ncommands: [{pattern: '('}]\n", "commands[0].pattern"),
        ("platform: x\nmodes: {user: {prompt: '>'}}\ncommands: [{match: a, do: [fly]}]\n", "fly: unknown"),
        ("platform: x\nmodes: {user: {prompt: '>'}}\nencoding: klingon\n", "encoding"),
        ("platform: x\nmodes: {user: {prompt: '>'}}\nconfig: {running_file: ../../secrets.txt}\n", "outside"),
        ("modes: {user: {prompt: 5}}\nplatform: x\n", "str is expected"),
        ("init_prompt: x\n", "looks like a recording of the form oxidized"),
        ("interactions: []\n", "looks like a recording of the form scrapli"),
        ("- {stdout: x, code: 1}\n", "item 1: no command"),
        ("5\n", "a mapping is expected"),
        ("a: [\n", "no YAML"),
        ("{}\n", "platform is missing"),
    ],
)
def test_what_cannot_be_played_says_why(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "session.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SessionError) as caught:
        fleet.session(str(path))
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_files_and_folders_say_why(tmp_path: Path) -> None:
    for name in ("nothing.yml", "nothing.log"):
        with pytest.raises(SessionError, match="No such file"):
            fleet.session(str(tmp_path / name))
    with pytest.raises(SessionError, match="no file that could be"):
        fleet.session(str(tmp_path))
