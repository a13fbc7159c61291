"""Platform files: what the loader takes, and what no file may make a program send."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network.platform import BANNED, load, names, read

REPOSITORY = Path(__file__).resolve().parents[3]
MINIMAL = "title: x\nsource: manual\nprompt: '\\w+#'\nerrors: '^%'\ncommands:\n  running: {send: show running-config}\n"
PROMPTS = {
    "cisco_ios": [b"SW1>", b"SW1#", b"SW1(config)#", b"sw-1.ward(config-if-range)#", b"SW1(cfg:a/b)#"],
    "juniper_junos": [b"netadmin@ex-1> ", b"root@fw# ", b"root@:RE:0%"],
    "alaxala_ax26s": [b"AX> ", b"AX# ", b"!AX# ", b"AX(config)# ", b"!AX(config-if)# "],
    "yamaha": [b"> ", b"# ", b"RTX> ", b"RTX# ", b"RTXpp1# "],
    "nec_ix": [b"Router# ", b"IX(config)# ", b"IX(config-GigaEthernet0.0)# "],
    "hp_comware": [b"<QX>", b"[QX]", b"[QX-GigabitEthernet1/0/1]", b"[~QX]"],
    "fortinet": [b"FGT # ", b"FGT $ ", b"FGT (global) # "],
    "linux": [b"netadmin@h:~$ ", b"[root@h ~]# "],
    "apresia_aeos": [b"A> ", b"A# ", b"A(config-if-port)# "],
}
NO_PROMPTS = [
    b"",
    b"password: ",
    b" description to SW1#x",
    b"interface Gi0/1",
    b"--More--",
    b"% Invalid input",
    b"Press any key",
    b"a b c#",
]


def broken(text: str) -> list[str]:
    with pytest.raises(WardopsError) as caught:
        read(text.encode(), "x.yml", "x")
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("name", names())
def test_every_file_loads_and_says_where_it_comes_from(name: str) -> None:
    platform = load(name)
    assert platform.title and platform.source and platform.secrets
    assert all(not BANNED.search(text) for text in platform.sent())
    running = platform.commands["running"]
    assert running.end or running.balanced or platform.unverified, "what has no end marker must say what stands in for it"


@pytest.mark.parametrize(("name", "prompt"), [(name, prompt) for name, prompts in PROMPTS.items() for prompt in prompts])
def test_prompts(name: str, prompt: bytes) -> None:
    assert load(name).prompt.fullmatch(prompt)


@pytest.mark.parametrize("name", [name for name in names() if name not in {"linux", "yamaha", "fujitsu_sir", "fujitsu_srs"}])
def test_what_is_no_prompt(name: str) -> None:
    assert [text for text in NO_PROMPTS if load(name).prompt.fullmatch(text)] == []


def test_the_ledgers_platforms_are_there() -> None:
    with (REPOSITORY / "inventories/sample/ledgers/network_devices.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["os_profile"] for row in csv.DictReader(stream)} <= set(names())


def test_no_such_platform() -> None:
    """covers: E1600"""
    for name in ("nonsense", "../cisco_ios", ""):
        with pytest.raises(WardopsError, match="E1600"):
            load(name)


def test_every_mistake_at_once() -> None:
    """covers: E1601"""
    assert broken("- a list") == ["E1601"]
    wrong = MINIMAL.replace("'\\w+#'", "'(' ").replace("title: x", "titel: x").replace("{send: show running-config}", "{sends: x}")
    assert broken(wrong + "driver: telnet\nsetup: x\n") == ["E1601"] * 6
    assert (
        broken(MINIMAL + "volatile: [{line: 'uptime .*', instead: x}, {line: '^.*uptime', instead: x}, {line: '^u?x', instead: x}]\n")
        == ["E1601"] * 3
    )
    odd = MINIMAL.replace("{send: show running-config}", "{send: show run, minimum: many, balanced: ['{']}")
    assert broken(odd) == ["E1601"] * 2
    with pytest.raises(WardopsError) as caught:
        read((MINIMAL + "driver: telnet\n").encode(), "x.yml", "x")
    assert (caught.value.problems[0].path, caught.value.problems[0].line) == ("x.yml", 7)
    assert broken("title: x\nsource: y\nprompt: a\nerrors: b\ncommands: {startup: {send: x}}\n") == ["E1601"]


@pytest.mark.parametrize(
    "command",
    [
        "svintr-config",
        " SVINTR-CONFIG",
        "reload",
        "write erase",
        "show tech-support",
        "show techinfo",
        "cold start",
        "reset saved-configuration",
    ],
)
def test_what_is_never_sent(command: str) -> None:
    """covers: E1602. svintr-config takes over another administrator's session (NEC IX)."""
    assert broken(MINIMAL + f"setup: ['{command}']\n") == ["E1602"]
    assert broken(MINIMAL.replace("show running-config", command)) == ["E1602"]
    assert broken(MINIMAL + f"leave: ['{command}']\n") == ["E1602"]


def test_a_file_can_stand_on_another() -> None:
    platform = read(b"extends: cisco_ios\ntitle: OEM\nsource: manual\n", "x.yml", "oem")
    assert (platform.title, platform.name, platform.commands) == ("OEM", "oem", load("cisco_ios").commands)
    with pytest.raises(WardopsError, match="E1600"):
        read(b"extends: nobody\ntitle: x\n", "x.yml", "x")
