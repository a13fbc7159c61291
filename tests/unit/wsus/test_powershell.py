"""The script: it parses, it is sent as it is, and what comes back is checked. No PowerShell runs here (要実機確認).

covers: E1959
"""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_pwsh
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import powershell
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.transport import Settings

from tests.unit.wsus.canned import CannedShell
from tests.unit.wsus.world import ALL, World

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))


def wrong_lines(text: str) -> list[int]:
    """Lines (from 1) of what the grammar does not take."""
    found, waiting = [], [PARSER.parse(text.encode()).root_node]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(node.start_point[0] + 1)
        waiting += node.children
    return sorted(found)


def test_the_script_is_powershell() -> None:
    assert wrong_lines(powershell.script()) == []


@pytest.mark.parametrize(
    ("old", "new"), [("-Depth 6 -Compress", "-Depth 6 -Compress)"), ("@{ id = $Group", "@{ id $Group"), ("'take_back' {", "'take_back {")]
)
def test_a_slip_in_the_script_would_be_seen(old: str, new: str) -> None:
    assert old in powershell.script() and wrong_lines(powershell.script().replace(old, new))


def test_the_script_knows_every_request_and_makes_no_code_of_data() -> None:
    text = powershell.script()
    known = set(re.findall(r"^        '(\w+)' \{", text, re.MULTILINE))
    assert known == {name.removeprefix("do_") for name in dir(CannedShell) if name.startswith("do_")}
    assert not re.search(r"Invoke-Expression|\biex\b|ScriptBlock|Add-Type|DownloadString", text, re.IGNORECASE)


def test_arguments_travel_as_data_and_the_script_never_changes() -> None:
    world = World()
    shell = CannedShell(world)
    server = powershell.PowerShellWsus(shell, "canned")
    nasty = '\'; Remove-Item C:\\ -Recurse; "$(whoami)" 外字'
    assert server.add_group(nasty, ALL).name == nasty
    assert shell.scripts == {powershell.script()} and any(name == nasty for name, _ in world.groups.values())


class Saying:
    """A shell that says one thing."""

    def __init__(self, text: str) -> None:
        self.text = text

    def run(self, script: str, request: str) -> str:
        assert script and json.loads(request)
        return self.text

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E1944"),
        ("[1]", "E1944"),
        ('{"other": 1}', "E1944"),
        ('{"error": {"type": "System.UnauthorizedAccessException", "message": "no"}}', "E1943"),
        ('{"error": {"type": "System.Management.Automation.RuntimeException", "message": "x"}}', "E1946"),
        ('{"result": [{"id": "x", "name": "a", "parent": null}]}', "E1945"),
        ('{"result": [1]}', "E1945"),
        ('{"result": {"id": 5}}', "E1945"),
    ],
)
def test_what_comes_back_is_checked(text: str, code: str) -> None:
    with pytest.raises(WardopsError) as caught:
        powershell.PowerShellWsus(Saying(text), "canned").groups()
    assert caught.value.problems[0].code == code


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    shell = powershell.PsrpShell(Settings("127.0.0.1", "a", "b", port=port, tls=False, timeout=2))
    with pytest.raises(WardopsError, match="E1940"):
        powershell.PowerShellWsus(shell, "x").groups()
    shell.close()


def test_a_shell_that_writes_something_else_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """pypsrp's own objects, without a Windows behind them."""
    import pypsrp.powershell  # noqa: PLC0415

    class Nothing(pypsrp.powershell.PowerShell):  # type: ignore[misc]
        def __init__(self, _: object) -> None:
            self.had_errors, self.output = True, []
            self.streams = type("Streams", (), {"error": ["The term 'x' is not recognized"]})()

        def add_script(self, script: str) -> Nothing:
            assert script == "script"
            return self

        def add_parameter(self, name: str, value: str) -> Nothing:
            assert (name, value) == ("Request", "request")
            return self

        def invoke(self) -> list[str]:
            return []

    monkeypatch.setattr(pypsrp.powershell, "PowerShell", Nothing)
    shell = powershell.PsrpShell(Settings("x", "a", "b", ca=str(tmp_path)))
    shell._pool = object()
    with pytest.raises(WardopsError, match=r"E1959.*is not recognized"):
        shell.run("script", "request")
