"""A stored configuration that an attacker, or bad luck, has written: nothing of it becomes a key or a command. covers: E1715"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network.dialect import dialect
from ansible_collections.ward.ops.plugins.module_utils.network.loading.keys import Unsafe, keystrokes
from ansible_collections.ward.ops.plugins.module_utils.network.loading.load import load, look

from tests.netsim import Fleet, Wanted, fleet

from .test_loading import job_for, same

UNSAFE = {
    "cisco_ios": [
        b"description a\rreload",
        b"description a\x03",
        b"description a\x1a",
        b"description a\x1b[A",
        b"description a\x7f",
        b"desc\tription",
        b"do reload",
        b" DO  write erase",
        b"reload in 1",
        b"write erase",
        b"banner motd ^C",
        b"banner motd ^C\nnever closed",
        b"banner motd ^C\nline\x04\n^C",
        b"banner motd ^C@~%#|+=&$*\n^C",
        b"certificate self-signed 01\n 3082\n",
    ],
    "arista_eos": [
        b"bash sudo rm -rf /",
        b"reloa now",
        b"wr er",
        b"copy running-config http://198.51.100.9/",
        b"delete flash:startup-config",
    ],
    "yamaha": [b"restart", b"cold start", b"description lan1 why?"],
    "nec_ix": [b"svintr-config", b"erase startup-config"],
    "fortinet": [
        b"execute factoryreset",
        b"exec reboot",
        b'set comment "never closed',
        b'set comment "a\rexecute factoryreset"',
        b"diagnose",
    ],
}
TYPED = {
    "cisco_ios": [
        (b"description is it up?", b"description is it up\x16?"),
        (b"banner motd ^C\nWho? SW#\n^C", b"banner motd @\nWho? SW#\n@"),
        (b"banner login \x03hello@\x03", b"banner login ~hello@~"),
        (b"banner motd #hello#", b"banner motd #hello#"),
        (b"certificate self-signed 01\n  3082\n  \tquit", b"certificate self-signed 01\n  3082\n  \tquit"),
        (b"done by us", b"done by us"),
        (b"copyright ward", b"copyright ward"),
    ],
    "fortinet": [(b'set comment "two\nlines"', b'set comment "two\nlines"'), (b"delete 4", b"delete 4")],
    "frr": [(b"debug ospf packet all", b"debug ospf packet all")],
}


@pytest.mark.parametrize(("platform", "line"), [(name, line) for name, lines in UNSAFE.items() for line in lines])
def test_what_would_be_a_key_or_a_command_is_not_typed(platform: str, line: bytes) -> None:
    with pytest.raises(Unsafe):
        keystrokes(line, dialect(platform))


@pytest.mark.parametrize(("platform", "line", "keys"), [(name, *pair) for name, pairs in TYPED.items() for pair in pairs])
def test_what_is_typed_for_a_line(platform: str, line: bytes, keys: bytes) -> None:
    assert keystrokes(line, dialect(platform)) == keys


def untouched(running: Fleet, name: str, before: str) -> bool:
    return running.by_name[name].text("running") == before and not [line for line in running.lines(name) if line.startswith("conf")]


@pytest.mark.parametrize(
    ("platform", "line"),
    [
        ("cisco_ios", b"ntp server 10.0.0.1\rreload\n"),
        ("cisco_ios", b"do write erase\n"),
        ("cisco_ios", b"banner exec ^C\nnever closed\nntp server 10.0.0.9\n"),
        ("arista_eos", b"bash rm -rf /mnt/flash\n"),
        ("yamaha", b"cold start\n"),
        ("juniper_junos", b'system { host-name "x\x04run request system zeroize"; }\n'),
        ("fortinet", b"execute factoryreset\n"),
    ],
)
def test_a_hostile_line_stops_the_whole_before_anything_is_typed(platform: str, line: bytes, tmp_path: Path) -> None:
    with fleet(Wanted("SW", session=platform)) as running:
        before = running.by_name["SW"].text("running")
        text = before.encode()
        wanted = text.replace(b"\nend\n", b"\n" + line + b"end\n") if b"\nend\n" in text and platform != "fortinet" else text + line
        job, access = job_for(running, tmp_path, "SW", wanted)
        with pytest.raises(WardopsError) as caught:
            load(job, access)
        assert {problem.code for problem in caught.value.problems} == {"E1715"}
        assert "\r" not in str(caught.value)
        assert untouched(running, "SW", before)


@pytest.mark.parametrize("platform", ["cisco_ios", "frr", "arista_eos"])
def test_text_that_looks_like_help_prompts_and_questions_arrives_as_it_is(platform: str, tmp_path: Path) -> None:
    with fleet(Wanted("SW", session=platform)) as running:
        text = running.by_name["SW"].text("running").encode()
        port = next(line for line in text.split(b"\n") if line.startswith(b"interface "))
        lines = text.split(b"\n")
        at = lines.index(port) + 1
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        odd = indent + b"description who is it? SW#(config)# reload? [confirm]"
        wanted = b"\n".join([*lines[:at], odd, *lines[at + lines[at].lstrip().startswith(b"description") :]])
        if platform == "cisco_ios":
            head, mark, tail = wanted.partition(b"banner motd ^C\n")
            wanted = head + mark + b"SW-1#\nReally? [yes/no]:\nPassword:\nSW(config)#\n" + tail
        job, access = job_for(running, tmp_path, "SW", wanted)
        assert load(job, access).steps[-1] == "verified"
        assert same(running, "SW", "running", wanted)


@pytest.mark.parametrize("platform", ["fortinet", "apresia_aeos", "yamaha"])
def test_looking_changes_nothing_not_even_the_pager(platform: str, tmp_path: Path) -> None:
    with fleet(Wanted("SW", session=platform)) as running:
        before = running.by_name["SW"].text("running")
        job, access = job_for(running, tmp_path, "SW", before.encode())
        seen = look(job, access)
        assert (seen.changed, seen.difference) == (False, "")
        assert running.by_name["SW"].text("running") == before
        sent = [line for line in running.lines("SW") if line not in ("", "<hidden>", "enable", "administrator")]
        assert [line for line in sent if not line.startswith("show")] == []
