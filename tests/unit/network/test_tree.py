# ruff: noqa: E501 - texts of configurations
"""Configurations as trees: every byte comes back, and only what a device would do differently is a difference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.network import dialect as dialects
from ansible_collections.ward.ops.plugins.module_utils.network.diff import as_html, as_text, commands, compare
from ansible_collections.ward.ops.plugins.module_utils.network.tree import Node, parse, render
from hypothesis import given, settings
from hypothesis import strategies as st

SESSIONS = Path(__file__).parents[2] / "fixtures" / "sessions"
IOS = dialects.dialect("cisco_ios").style

TEXTS = {
    "cisco_ios": (
        b"hostname SW\n!\nbanner motd ^C\n interface trap\n!\n^C\n!\ninterface Vlan10\n description a\n ip address 10.0.0.1 255.255.255.0\n!\n"
        b"crypto pki certificate chain X\n certificate self-signed 01\n  30820101 3082\n  \tquit\nip access-list extended A\n permit ip any any\n"
        b" deny ip any any\nend\n"
    ),
    "juniper_junos": (
        b'## Last commit\nsystem {\n    host-name R; ## SECRET-DATA\n    login {\n        message "a\n}\nb {";\n    }\n}\n/* note\n } */\n'
        b"firewall {\n    filter F {\n        term a {\n            then accept;\n        }\n        term b {\n            then discard;\n        }\n    }\n}\n"
    ),
    "fortinet": (
        b'#config-version=FG200F\nconfig system interface\n    edit "port1"\n        set ip 10.0.0.1 255.255.255.0\n    next\nend\n'
        b'config system replacemsg\n    edit "x"\n        set buffer "line\nend\nnext\n"\n    next\nend\nconfig firewall policy\n    edit 2\n'
        b"        set action deny\n    next\n    edit 1\n        set action accept\n    next\nend\n"
    ),
    "frr": (
        b"frr version 8.4.4\nhostname R\n!\nrouter bgp 65000\n neighbor 10.0.0.1 remote-as 65001\n !\n address-family ipv4 unicast\n"
        b"  network 10.0.0.0/8\n exit-address-family\nexit\n!\nend\n"
    ),
    "yamaha": b"# RTX1300\nip route default gateway pp 1\npp select 1\n pp always-on on\n pp enable 1\nip filter 1 pass * * * * *\n",
    "hp_comware": b"#\n sysname QX\n#\ninterface Vlan-interface1\n ip address 10.0.0.1 24\n#\nreturn\n",
}


def tree(name: str, text: bytes) -> Node:
    return parse(text, dialects.dialect(name).style)


@pytest.mark.parametrize("name", dialects.names())
@given(
    text=st.lists(
        st.sampled_from(
            [
                b"a",
                b" b",
                b"  c {",
                b"}",
                b"!",
                b"#",
                b"config x",
                b"edit 1",
                b"next",
                b"end",
                b'set d "',
                b"banner motd ^C",
                b"^C",
                b"exit",
                b"/* x",
                b"*/",
                b"\tq\r",
                b"",
                b"interface X",
                b"\xff\x00",
            ]
        )
    ).map(b"\n".join)
)
@settings(max_examples=60, deadline=None)
def test_every_text_comes_back_byte_for_byte(name: str, text: bytes) -> None:
    assert render(tree(name, text)) == text
    assert compare(tree(name, text), tree(name, text), dialects.dialect(name).style) == []


@pytest.mark.parametrize("name", TEXTS)
def test_a_typical_text_is_understood(name: str) -> None:
    root = tree(name, TEXTS[name])
    assert render(root) == TEXTS[name]
    depth = {node.key: len(path) for path, node in root.walk()}
    wanted = {
        "cisco_ios": {b"hostname SW": 0, b"description a": 1, b"banner motd ^C\n interface trap\n!\n^C": 0, b"permit ip any any": 1},
        "juniper_junos": {b"system": 0, b"host-name R;": 1, b'message "a\n}\nb {";': 2, b"then accept;": 3},
        "fortinet": {b"config system interface": 0, b'set buffer "line\nend\nnext\n"': 2, b"set action deny": 2},
        "frr": {b"network 10.0.0.0/8": 2, b"hostname R": 0},
        "yamaha": {b"pp always-on on": 1, b"ip filter 1 pass * * * * *": 0},
        "hp_comware": {b"sysname QX": 0, b"ip address 10.0.0.1 24": 1},
    }[name]
    assert {key: depth.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("path", sorted(SESSIONS.glob("*/running*.txt")), ids=lambda path: path.parent.name)
def test_every_session_comes_back(path: Path) -> None:
    text = path.read_bytes()
    assert render(tree(path.parent.name, text)) == text


def difference(name: str, before: bytes, after: bytes) -> str:
    return as_text(compare(tree(name, before), tree(name, after), dialects.dialect(name).style))


def test_blocks_that_stand_elsewhere_are_no_difference() -> None:
    one = b"vlan 10\n name a\n!\nvlan 20\n name b\n!\ninterface X\n description d\n mtu 9000\nend\n"
    other = b"interface X\n mtu 9000\n description d\n!\n!\nvlan 20\n name b\nvlan 10\n name a\n"
    assert difference("cisco_ios", one, other) == ""


@pytest.mark.parametrize(
    ("name", "before", "after", "text"),
    [
        ("cisco_ios", b"ip access-list extended A\n permit a\n permit b\n deny c\n", b"ip access-list extended A\n deny c\n permit a\n permit b\n",
         "  ip access-list extended A\n~   deny c\n"),
        ("cisco_ios", b"access-list 10 permit a\naccess-list 10 permit b\naccess-list 9 permit c\n",
         b"access-list 9 permit c\naccess-list 10 permit b\naccess-list 10 permit a\n", "~ access-list 10 permit b\n"),
        ("juniper_junos", TEXTS["juniper_junos"], TEXTS["juniper_junos"].replace(b"term a", b"term z").replace(b"term b", b"term a"),
         "  firewall\n    filter F\n-     term b\n-       then discard;\n+     term z\n+       then accept;\n      term a\n-       then accept;\n+       then discard;\n"),
        ("fortinet", TEXTS["fortinet"], TEXTS["fortinet"].replace(b"edit 2", b"edit 9").replace(b"edit 1\n", b"edit 2\n").replace(b"edit 9", b"edit 1"),
         "  config firewall policy\n~   edit 1\n    edit 1\n-     set action accept\n+     set action deny\n    edit 2\n-     set action deny\n+     set action accept\n"),
        ("cisco_ios", b"interface X\n shutdown\n", b"interface X\n mtu 1\ninterface Y\n mtu 2\n",
         "  interface X\n-   shutdown\n+   mtu 1\n+ interface Y\n+   mtu 2\n"),
    ],
    ids=["entry moved", "numbered list", "terms", "policies", "lines"],
)  # fmt: skip
def test_a_difference_shows_the_blocks_around_it(name: str, before: bytes, after: bytes, text: str) -> None:
    assert difference(name, before, after) == text


def test_a_page_holds_no_markup_of_a_device() -> None:
    page = as_html(compare(parse(b"", IOS), parse(b"description <script>\x1b[2J\n", IOS), IOS))
    assert page == '<pre class="diff"><span class="add">+ description &lt;script&gt;\N{REPLACEMENT CHARACTER}[2J</span></pre>'


# --- lines that turn one into the other, played on a device that takes lines as IOS does


class Box:
    """A device: blocks are entered, lines are appended, ``no`` takes away, a few lines exist once."""

    def __init__(self, text: bytes) -> None:
        self.root = parse(text, IOS)

    def type(self, path: tuple[bytes, ...], line: bytes) -> None:
        node = self.root
        for key in path:
            node = next(child for child in node.meant() if child.key == key)
        if line.startswith(b"no "):
            body = line[3:]
            node.children = [one for one in node.children if one.noise or not (one.key == body or one.key.startswith(body + b" "))]
            return
        if IOS.singles and (match := IOS.singles.match(line)):
            node.children = [one for one in node.children if one.noise or not one.key.startswith(match[0])]
        if not any(one.key == line for one in node.meant()):
            node.children.append(Node(line))


LINES = st.lists(
    st.sampled_from(
        [
            b"shutdown",
            b"mtu 1500",
            b"mtu 9000",
            b"description a",
            b"description b",
            b"ip ospf cost 1",
            b"ip ospf cost 2",
            b"switchport mode trunk",
        ]
    ),
    max_size=5,
    unique_by=lambda line: ((match := IOS.singles and IOS.singles.match(line)) and match[0]) or line,
)
ENTRIES = st.lists(st.sampled_from([b"permit a", b"permit b", b"deny c", b"remark d"]), max_size=4, unique=True)
NUMBERED = st.lists(st.sampled_from([b"permit a", b"permit b", b"deny c"]), max_size=3, unique=True)


@st.composite
def configs(draw: st.DrawFn) -> bytes:
    blocks = [b"hostname " + draw(st.sampled_from([b"A", b"B"])) + b"\n"]
    for name in draw(st.lists(st.sampled_from([b"1", b"2", b"3"]), unique=True)):
        blocks.append(b"interface Vlan" + name + b"\n" + b"".join(b" " + line + b"\n" for line in draw(LINES)))
    blocks.append(b"ip access-list extended L\n" + b"".join(b" " + line + b"\n" for line in draw(ENTRIES)))
    blocks.append(b"".join(b"access-list 10 " + line + b"\n" for line in draw(NUMBERED)))
    return b"!\n".join(draw(st.permutations(blocks))) + b"end\n"


@given(before=configs(), after=configs())
@settings(max_examples=300, deadline=None)
def test_the_lines_turn_one_configuration_into_the_other(before: bytes, after: bytes) -> None:
    box = Box(before)
    lines = commands(parse(before, IOS), parse(after, IOS), IOS)
    for one in lines:
        box.type(one.path, one.line)
    assert compare(box.root, parse(after, IOS), IOS) == []
    assert commands(parse(after, IOS), parse(after, IOS), IOS) == []


def test_one_line_of_a_numbered_list_takes_the_whole_list_away_first() -> None:
    before, after = parse(b"access-list 10 permit a\naccess-list 10 permit b\n", IOS), parse(b"access-list 10 permit b\n", IOS)
    assert [one.line for one in commands(before, after, IOS)] == [b"no access-list 10", b"access-list 10 permit b"]


def test_a_large_text_takes_milliseconds_not_seconds() -> None:
    text = b"".join(b"interface X%d\n description d\n mtu 1500\n!\n" % number for number in range(20_000))
    assert len(re.findall(rb"interface", render(parse(text, IOS)))) == 20_000
    assert compare(parse(text, IOS), parse(text, IOS), IOS) == []
