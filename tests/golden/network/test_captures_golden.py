"""Session → stored file, for every platform: what a simulated device shows becomes exactly the committed masked text.

The dialogue follows the platform file (setup, enable, command), the capture, the volatile lines and the masking are the product's.
``python -m tests.golden.network.test_captures_golden`` writes the files again: look at the diff. The key is this test's own, so the
replacements in the files are of no use to anybody.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.network import platform as platforms
from ansible_collections.ward.ops.plugins.module_utils.network.capture import capture, clean, steady
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from ansible_collections.ward.ops.plugins.module_utils.network.model import Answer

from lab.netsim.shell import Shell
from tests.netsim import ENABLE, SESSIONS, Echo, Faults, opened

HERE = Path(__file__).parent
KEY = b"key of the golden files, 32 bytes"
MARKER = b"Z3cr3t"
LISTED = [line.encode() for line in (SESSIONS / "secrets.txt").read_text(encoding="utf-8").split()]


def answered(shell: Shell, line: bytes) -> bytes:
    return b"".join(one for one in shell.receive(line + b"\n") if isinstance(one, bytes))


def captured(name: str, key: str = "running", session: str = "", **settings: object) -> bytes:
    """The dialogue of a backup, without a network."""
    one = platforms.load(name)
    shell = opened(session or name, **settings)
    prompt = shell.encode(shell.prompt_text())
    if one.enable and one.enable.when.search(clean(one, prompt)):
        assert one.enable.ask.search(answered(shell, one.enable.send))
        prompt = answered(shell, ENABLE.encode()).splitlines()[-1]
    for line in one.setup:
        prompt = answered(shell, line).splitlines()[-1]
    command = one.commands[key]
    received = answered(shell, command.send)
    while one.pager.search(received.splitlines()[-1]):
        received += b"".join(part for part in shell.receive(one.pager_answer) if isinstance(part, bytes))
    return capture(one, command, Answer(key, received, prompt))


def stored(name: str, **settings: object) -> bytes:
    one = platforms.load(name)
    return Masker(KEY).mask(one, steady(one, captured(name, **settings))).text  # type: ignore[arg-type]


@pytest.mark.parametrize("name", platforms.names())
def test_a_session_becomes_the_stored_file(name: str) -> None:
    assert stored(name) == (HERE / f"{name}.txt").read_bytes()


@pytest.mark.parametrize("name", platforms.names())
def test_no_secret_of_a_session_is_in_its_stored_file(name: str) -> None:
    text = stored(name)
    assert MARKER in captured(name), "the session has secrets"
    assert MARKER not in text
    assert [secret for secret in LISTED if secret in text] == []


@pytest.mark.parametrize("name", platforms.names())
def test_nothing_but_secrets_and_volatile_lines_changes(name: str) -> None:
    """The capture is the device's own text; masking replaces inside lines and leaves their number."""
    text = captured(name)
    shown = opened(name).device
    assert shown.text("running").encode(shown.session.encoding).rstrip(b"\n").splitlines()[-1] in text
    assert len(stored(name).splitlines()) == len(steady(platforms.load(name), text).splitlines())


@pytest.mark.parametrize("name", [one for one in platforms.names() if "startup" in platforms.load(one).commands])
def test_the_startup_configuration_is_captured_too(name: str) -> None:
    assert captured(name, "startup").count(b"\n") >= platforms.load(name).commands["startup"].minimum


@pytest.mark.parametrize("style", ["chars", "erase", "ansi", "none"])
@pytest.mark.parametrize("name", ["cisco_ios", "allied_telesis_awplus", "nec_ix", "hp_comware", "juniper_junos"])
def test_the_terminal_s_noise_leaves_no_trace(name: str, style: str) -> None:
    """However the echo comes back, wrapped after 18 columns, and with pager prompts left in the text: the same stored file."""
    dressed = stored(name, echo=Echo(style=style, wrap=18), faults=Faults(stray_pager=24))
    assert dressed == (HERE / f"{name}.txt").read_bytes()


def test_shift_jis_is_kept_byte_for_byte() -> None:
    text = captured("yamaha", session="yamaha/shift_jis")
    assert "本所 能力表示ソ # ".encode("cp932") in text
    assert 'description 1 "'.encode("cp932") in text


if __name__ == "__main__":
    for each in platforms.names():
        (HERE / f"{each}.txt").write_bytes(stored(each))
        sys.stdout.write(f"{each}\n")
