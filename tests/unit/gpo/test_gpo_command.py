"""``wardops gpo show``: one JSON object for each entry, a clear error for anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.gpo.registry_pol import Entry, PolicyFile, encode

from wardops.__main__ import main


def test_entries_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "Registry.pol"
    entries = [Entry("Software\\課", "NoRun", 4, b"\1\0\0\0"), Entry("K\ud800", "**del.x", 1, b" \0\0\0")]
    file.write_bytes(encode(PolicyFile(entries)))
    assert main(["gpo", "show", str(file)]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"key": "Software\\課", "action": "set", "name": "NoRun", "type": "REG_DWORD", "data": 1},
        {"key": "K\ud800", "action": "delete", "name": "x", "type": "REG_SZ", "data": " "},
    ]


def test_a_file_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "Registry.pol"
    file.write_bytes(b"not a policy")
    assert main(["gpo", "show", str(file)]) != 0
    shown = capsys.readouterr()
    assert "E2100" in shown.out + shown.err
