"""From a terminal's stream to the text: nothing of the terminal stays, nothing of the text goes, nothing that is cut off is taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network.capture import another_name, capture, comparable, status_of, steady
from ansible_collections.ward.ops.plugins.module_utils.network.model import Answer, Status
from ansible_collections.ward.ops.plugins.module_utils.network.platform import Platform, load, names
from hypothesis import given, settings
from hypothesis import strategies as st

IOS = load("cisco_ios")
RUNNING = IOS.commands["running"]
GOLDEN = Path(__file__).resolve().parents[2] / "golden/network"
HEAD = b"Building configuration...\n\nCurrent configuration : 99 bytes\n!\nversion 15.2\nhostname SW1\n"
PROMPT = b"SW1#"
PAGERS = [
    b" --More-- \x08\x08\x08\x08\x08\x08\x08\x08\x08\x08          \x08\x08\x08\x08\x08\x08\x08\x08\x08\x08",
    b"--More--\r        \r",
    b" --More-- \r\x1b[K",
    b"--more--\x1b[16D                \x1b[16D",
]
#: one line of a configuration: any bytes that are no control characters, with something to see at its end
LINES = st.binary(min_size=0, max_size=60).map(lambda data: re.sub(rb"[\x00-\x1f\x7f]", b"", data).rstrip() or b"!")
TEXTS = st.lists(LINES.filter(lambda line: not line.lstrip().lower().startswith(b"--more--")), max_size=30)


def whole(lines: list[bytes]) -> bytes:
    return HEAD + b"".join(line + b"\n" for line in lines) + b"end\n"


def answer(stream: bytes, echo: bytes = b"show running-config\r\n", end: bytes = b"\r\nSW1#") -> Answer:
    return Answer("running", echo + stream.replace(b"\n", b"\r\n") + end, PROMPT)


def code(platform: Platform, stream: Answer, key: str = "running") -> str:
    with pytest.raises(WardopsError) as caught:
        capture(platform, platform.commands[key], stream)
    assert caught.value.problems[0].code[:3] == "E16"
    return caught.value.problems[0].code


@given(TEXTS)
def test_any_text_comes_back(lines: list[bytes]) -> None:
    assert capture(IOS, RUNNING, answer(whole(lines))) == whole(lines)


@given(TEXTS, st.data())
@settings(max_examples=150)
def test_pagers_escapes_and_returns_go_and_nothing_else(lines: list[bytes], data: st.DataObject) -> None:
    """A pager before any line, escapes anywhere in the echo and at line ends, CR CR LF, NULs, bells."""
    text = whole(lines)
    stream = []
    for line in text.splitlines(keepends=True):
        if data.draw(st.integers(0, 5)) == 0:
            stream.append(data.draw(st.sampled_from(PAGERS)))
        stream.append(
            line[:-1]
            + data.draw(st.sampled_from([b"", b"\x1b[0m", b"\x00", b"\x07"]))
            + data.draw(st.sampled_from([b"\r\n", b"\r\r\n", b"\n"]))
        )
    echo = data.draw(
        st.sampled_from(
            [
                b"show running-config\r\n",
                b"show runnin\r\ng-config\r\n",
                b"\x1b[6nshow running-config\x1b[K\r\n",
                b"showw\x08 running-config\r\n",
                b"\r\nSW1#show running-config\r\n",
                b"",
            ]
        )
    )
    assert capture(IOS, RUNNING, Answer("running", echo + b"".join(stream) + b"\r\n\x1b[1mSW1#\x1b[0m ", PROMPT)) == text


def test_every_truncation_is_refused() -> None:
    """covers: E1610, E1612, E1613. Also with a prompt behind it, as after an error in the middle."""
    stream = answer(whole([b"interface Gi0/1", b" description SW1#", b" switchport access vlan 101", b"line vty 0 4"])).received
    for length in range(len(stream)):
        assert code(IOS, Answer("running", stream[:length], PROMPT)) in {"E1610", "E1611", "E1612", "E1613", "E1614"}, length
    body = stream[: stream.rindex(b"end\r\n")]
    for length in range(len(b"show running-config\r\n"), len(body)):
        cut = Answer("running", body[:length] + b"\r\nSW1#", PROMPT)
        assert code(IOS, cut) in {"E1612", "E1613", "E1614"}, length


@pytest.mark.parametrize("name", names())
def test_no_platforms_answer_is_taken_without_its_prompt(name: str) -> None:
    """The text is the platform's golden file; what is cut off before the prompt is complete is refused, and the whole is taken."""
    platform = load(name)
    prompt = {"hp_comware": b"<DEV-1>", "fortinet": b"DEV-1 # ", "juniper_junos": b"u@DEV-1> ", "linux": b"u@DEV-1:~$ "}.get(
        name, b"DEV-1# "
    )
    text = (GOLDEN / f"{name}.txt").read_bytes()
    command = platform.commands["running"]
    stream = command.send + b"\r\n" + text.replace(b"\n", b"\r\n") + prompt
    assert capture(platform, command, Answer("running", stream, prompt)) == text
    least = len(stream) - (len(prompt) - len(prompt.rstrip()))
    for length in {*range(0, least, 211), *range(least - 60, least)}:
        assert code(platform, Answer("running", stream[:length], prompt)) == "E1610", length


MARKED = [
    name for name in names() if (mark := load(name).commands["running"].end) and mark.pattern in {b"end", b"return"} and name != "fortinet"
]


@pytest.mark.parametrize("name", MARKED)
def test_a_prompt_after_half_a_configuration_does_not_make_it_whole(name: str) -> None:
    """Where the platform marks the end: cut after any line, with the prompt behind it (a device that gave up, and went on)."""
    platform = load(name)
    prompt = b"<DEV-1>" if name == "hp_comware" else b"DEV-1# "
    lines = (GOLDEN / f"{name}.txt").read_bytes().splitlines()
    for count in range(platform.commands["running"].minimum, len(lines) - 1, 5):
        stream = b"\r\n".join([platform.commands["running"].send, *lines[:count], prompt])
        assert code(platform, Answer("running", stream, prompt)) in {"E1612", "E1613", "E1615"}, lines[count - 1]


def test_a_prompt_within_the_text_is_text() -> None:
    lines = [b"interface Gi0/1", b" description SW1#", b"banner motd ^C", b"SW1#", b"# Authorised only #", b"^C"]
    assert capture(IOS, RUNNING, answer(whole(lines))) == whole(lines)


@pytest.mark.parametrize(
    ("prompt", "last", "good"),
    [
        (b"RTX# ", b"RTX# ", True),
        (b"RTX# ", b"#", False),  # a comment line, cut off after its first sign
        (b"# ", b"# ", True),
        (b"RTX# ", b"RTXpp1# ", True),
        (b"RTX# ", b"OTHER# ", False),
    ],
)
def test_the_last_line_is_this_devices_prompt(prompt: bytes, last: bytes, good: bool) -> None:
    yamaha = load("yamaha")
    text = b"# RTX830 Rev.15.02.30\nip route default gateway 10.28.0.1\n" + b"ip lan1 address 10.28.0.2/24\n" * 5
    said = Answer("running", b"show config\r\n" + text.replace(b"\n", b"\r\n") + last, prompt)
    if good:
        assert capture(yamaha, yamaha.commands["running"], said) == text
    else:
        assert code(yamaha, said) == "E1610"


def test_a_description_that_speaks_of_the_pager_stays() -> None:
    lines = [b" description --More-- cables", b"banner login ^C press --More-- to go on ^C"]
    assert capture(IOS, RUNNING, answer(whole(lines))) == whole(lines)


def test_a_banner_in_another_encoding_stays() -> None:
    lines = [b"banner motd ^C", "許可なき利用を禁ずる".encode("cp932"), "表示ソ".encode("euc_jp"), b"^C"]
    assert capture(IOS, RUNNING, answer(whole(lines))) == whole(lines)


def test_an_administrator_left_it_in_configuration_mode() -> None:
    stream = Answer("running", b"show running-config\r\n" + whole([]).replace(b"\n", b"\r\n") + b"\r\nSW1(config-if)#", b"SW1(config-if)#")
    assert capture(IOS, RUNNING, stream) == whole([])


def test_refusals_are_no_incomplete_answers() -> None:
    """covers: E1611"""
    for said in (
        b"% Invalid input detected at '^' marker.\n",
        b'                  ^\n% Ambiguous command:  "show r"\n',
        b"Command authorization failed.\n",
    ):
        assert code(IOS, answer(said)) == "E1611"
    with pytest.raises(WardopsError) as caught:
        capture(IOS, RUNNING, answer(b"% Invalid input detected at '^' marker.\n"))
    assert status_of(caught.value) is Status.REFUSED


def test_a_config_that_speaks_of_errors_is_no_refusal() -> None:
    lines = [b"banner motd ^C", b"% Invalid input is logged here", b"^C"]
    assert capture(IOS, RUNNING, answer(whole(lines))) == whole(lines)


def test_too_short_and_unbalanced() -> None:
    """covers: E1614, E1615"""
    linux = load("linux")
    assert code(linux, Answer("running", b"auto lo\nroot@h:~# ", b"root@h:~# ")) == "E1614"
    junos = load("juniper_junos")
    stream = b"show configuration\r\nversion 20.4;\r\nsystem {\r\n    host-name x;\r\n    services {\r\n        ssh;\r\n    }\r\n"
    assert code(junos, Answer("running", stream + b"\r\nu@x> ", b"u@x> ")) == "E1615"
    whole_text = stream + b"}\r\n\r\n{master:0}\r\nu@x> "
    assert capture(junos, junos.commands["running"], Answer("running", whole_text, b"u@x> ")).endswith(b"    }\n}\n")


@pytest.mark.parametrize(
    ("platform", "text", "wanted", "shown"),
    [
        ("cisco_ios", b"version 15.2\nhostname SW1\n", ["SW1"], ""),
        ("cisco_ios", b"version 15.2\nhostname sw1\n", ["SW1"], ""),
        ("cisco_ios", b"hostname SW1.ward.example\n", ["SW1"], ""),
        ("cisco_ios", b"hostname SW2\n", ["SW1"], "SW2"),
        ("cisco_ios", b"hostname CORE\n", ["SW1", "CORE"], ""),
        ("cisco_ios", b"version 15.2\n", ["SW1"], ""),
        ("cisco_ios", b"interface Gi0/1\n description hostname SW2\n", ["SW1"], ""),
        ("juniper_junos", b"system {\n    host-name SW2;\n}\n", ["SW1"], "SW2"),
        ("alaxala_ax26s", b'hostname "SW1"\n', ["SW1"], ""),
        ("fortinet", b'config system global\n    set hostname "FW2"\nend\n', ["FW1"], "FW2"),
    ],
)
def test_a_device_with_another_name_is_noticed(platform: str, text: bytes, wanted: list[str], shown: str) -> None:
    assert another_name(load(platform), text, PROMPT, wanted) == shown


def test_no_startup_configuration_is_an_empty_text() -> None:
    said = Answer("startup", b"show startup-config\r\nstartup-config is not present\r\nSW1#", PROMPT)
    assert capture(IOS, IOS.commands["startup"], said) == b""


def test_alaxala_marks_its_prompt_when_something_is_not_saved() -> None:
    alaxala = load("alaxala_ax26s")
    text = b'#configuration list for AX2530S-24T\n#Last modified by operator at Mon Nov 23\nhostname "AX"\n!\nvlan 1\n!\n'
    for before, after in ((b"AX# ", b"!AX# "), (b"!AX# ", b"AX# ")):
        stream = b"show running-config\r\n" + text.replace(b"\n", b"\r\n") + after
        assert capture(alaxala, alaxala.commands["running"], Answer("running", stream, before)) == text


@pytest.mark.parametrize("echo", [b"", b"show running-config\r\n", b"show runnin \rg-config\r\n", b"N1# show running-config\r\n"])
def test_a_header_that_names_the_command_is_no_echo(echo: bytes) -> None:
    nxos = load("cisco_nxos")
    text = b"!Command: show running-config\n!Time: x\nversion 9.3(8)\nhostname N1\n" + b"vlan 1\n" * 5
    said = Answer("running", echo + text.replace(b"\n", b"\r\n") + b"\r\nN1# ", b"N1# ")
    assert capture(nxos, nxos.commands["running"], said) == text


def test_the_line_that_a_backup_leaves_behind_is_no_change() -> None:
    """APRESIA and Yamaha write what the session sets into the running configuration: no drift, and no unsaved change."""
    for name, line, other in (
        ("apresia_aeos", b"terminal length 0", b"terminal length 24"),
        ("yamaha", b"console columns 200", b"console columns 80"),
    ):
        platform = load(name)
        assert line in platform.setup and line.decode().rsplit(" ", 1)[0].split()[0] in platform.side_effects
        saved = b"! a\nhostname A\nend\n" if name == "apresia_aeos" else b"# a\nip lan1 address 10.28.0.2/24\n"
        touched = saved.replace(b"a\n", b"a\n" + line + b"\n")
        assert steady(platform, touched) == steady(platform, touched.replace(line, other))
        assert len(steady(platform, touched).splitlines()) == len(touched.splitlines()), "rewritten, not deleted"
        assert comparable(platform, touched) == comparable(platform, saved)


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        (
            "cisco_ios",
            b"! Last configuration change at 09:12:44 JST Mon Nov 2 2026 by a\nend\n",
            b"! No configuration change since last restart\nend\n",
        ),
        (
            "cisco_ios",
            b"Current configuration : 8096 bytes\nntp clock-period 17179738\n",
            b"Current configuration : 8097 bytes\nntp clock-period 36028811\n",
        ),
        (
            "yamaha",
            b"# Reporting Date: Nov 22 2026 05:10:11\nip lan1\n",
            b"# Reporting Date: Nov 23 2026 05:10:12\nip lan1\n",
        ),
        (
            "nec_ix",
            b"! Current time Nov 22-Sun-2026 05:10:11 JST\nhostname x\n",
            b"! Current time Nov 23-Mon-2026 05:10:11 JST\nhostname x\n",
        ),
        (
            "juniper_junos",
            b"## Last commit: 2026-11-02 09:12:51 JST by a\nversion 1;\n",
            b"## Last commit: 2026-11-03 09:12:51 JST by a\nversion 1;\n",
        ),
        ("fortinet", b"#conf_file_ver=178513\nend\n", b"#conf_file_ver=178514\nend\n"),
    ],
)
def test_lines_that_change_by_themselves(name: str, one: bytes, two: bytes) -> None:
    platform = load(name)
    assert steady(platform, one) == steady(platform, two) != b""
    assert steady(platform, steady(platform, one)) == steady(platform, one)
    assert steady(
        platform, one.replace(b"end", b"ned").replace(b"hostname x", b"hostname y").replace(b"ip lan1", b"ip lan2") + b"z\n"
    ) != steady(platform, one)


@given(
    st.sampled_from(names()),
    st.lists(
        st.one_of(LINES, st.sampled_from([b"! Current time x", b"ntp clock-period 17", b"terminal length 0", b"#", b"!x uptime y"])),
        max_size=20,
    ),
)
def test_the_quick_way_rewrites_what_the_patterns_say(name: str, lines: list[bytes]) -> None:
    platform = load(name)
    text = expected = b"Building configuration...\n\nUsing 1 out of 2 bytes\n" + b"".join(line + b"\n" for line in lines)
    for line, instead in platform.volatile:
        expected = line.sub(instead, expected)
    assert steady(platform, text) == expected


def test_running_against_startup() -> None:
    running = HEAD + b"interface Gi0/1\n shutdown\nend\n"
    startup = b"Using 99 out of 524288 bytes\n!\n! Last configuration change at 1\nversion 15.2\n"
    startup += b"hostname SW1\ninterface Gi0/1\n shutdown\n!\nend\n"
    assert comparable(IOS, running) == comparable(IOS, startup)
    assert comparable(IOS, running) != comparable(IOS, startup.replace(b" shutdown\n", b" no shutdown\n"))


@given(st.binary(max_size=300), st.sampled_from(names()))
def test_no_stream_is_a_traceback(noise: bytes, name: str) -> None:
    platform = load(name)
    for command in platform.commands.values():
        try:
            capture(platform, command, Answer(command.key, noise, b"x# "))
        except WardopsError as error:
            assert error.problems[0].code.startswith("E161")
