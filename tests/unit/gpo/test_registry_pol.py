"""Registry.pol: the bytes come back as they were, whatever Windows or Samba wrote, and nothing broken is half read.

covers: E2100, E2101, E2102, E2103
"""

from __future__ import annotations

import subprocess
import time

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.gpo import registry_pol as pol
from ansible_collections.ward.ops.plugins.module_utils.gpo.registry_pol import HEADER, Entry, PolicyFile, decode, encode
from ansible_collections.ward.ops.plugins.module_utils.gpo.registry_values import action, encode_data, to_data
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.text(st.characters(exclude_characters="\0"), max_size=12)
TERMINATED = st.builds(Entry, NAMES, NAMES, st.integers(0, 0xFFFFFFFF), st.binary(max_size=24), st.just(True), st.just(True))
ANY = st.builds(Entry, NAMES, NAMES, st.integers(0, 0xFFFFFFFF), st.binary(max_size=24), st.booleans(), st.booleans())


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def raw(key: str, name: str, kind: int, data: bytes) -> bytes:
    """An entry put together by hand; the names are written as given, with or without NUL."""
    head = utf16(f"[{key};{name};")
    return head + kind.to_bytes(4, "little") + utf16(";") + len(data).to_bytes(4, "little") + utf16(";") + data + utf16("]")


def test_a_dword_as_windows_writes_it() -> None:
    content = HEADER + raw("Software\\Policies\\A\0", "NoRun\0", 4, b"\1\0\0\0")
    assert decode(content) == PolicyFile([Entry("Software\\Policies\\A", "NoRun", 4, b"\1\0\0\0")])
    assert encode(decode(content)) == content


@pytest.mark.parametrize("key_end", ["", "\0"])
@pytest.mark.parametrize("name_end", ["", "\0"])
@pytest.mark.parametrize("data", [b"", b"\1\0\0\0", b"\0\0;\0]\0[\0", b"odd", utf16("値;]["), utf16(";\0;\0];")])
def test_names_without_their_nul(key_end: str, name_end: str, data: bytes) -> None:
    one = raw("Software\\課" + key_end, "名前" + name_end, 1, data)
    other = raw("K\0", "N\0", 4, b"\2\0\0\0")
    found = decode(HEADER + one + other)
    assert [(entry.key, entry.name, entry.data) for entry in found.entries] == [("Software\\課", "名前", data), ("K", "N", b"\2\0\0\0")]
    assert (found.entries[0].key_nul, found.entries[0].name_nul) == (bool(key_end), bool(name_end))
    assert encode(found) == HEADER + one + other


def test_names_with_separators_and_misaligned_bytes() -> None:
    # U+3B00 beside a character with a zero byte looks like ";" to a search that forgets the alignment
    key, name = "a;b][\u0100\u3b00\u3000", "x;y;\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")
    entries = [Entry(key, name, 7, utf16("a\0\0\0")), Entry("", "", 0, b"")]
    assert decode(encode(PolicyFile(entries))).entries == entries


def test_a_file_of_no_bytes_and_a_file_of_no_entries() -> None:
    for content in (b"", HEADER):
        assert decode(content).entries == []
        assert encode(decode(content)) == content


@given(st.lists(TERMINATED, max_size=6))
@settings(max_examples=150, deadline=None)
def test_entries_come_back(entries: list[Entry]) -> None:
    content = encode(PolicyFile(entries))
    assert decode(content).entries == entries
    assert encode(decode(content)) == content


@given(st.lists(ANY, max_size=4))
@settings(max_examples=150, deadline=None)
def test_bytes_come_back_where_nuls_are_missing(entries: list[Entry]) -> None:
    """A semicolon in a name without NUL could stand for two splits; the bytes are the same for both."""
    content = encode(PolicyFile(entries))
    try:
        found = decode(content)
    except WardopsError as error:
        assert error.problems[0].code == "E2101"
        assert not all(entry.key_nul and entry.name_nul for entry in entries)
    else:
        assert encode(found) == content


@given(
    st.one_of(st.binary(max_size=200), st.lists(ANY, min_size=1, max_size=3).map(lambda entries: encode(PolicyFile(entries)))),
    st.data(),
)
@settings(max_examples=300, deadline=None)
def test_damaged_bytes_are_refused_or_kept(content: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (content[:cut], HEADER + content[cut:], content[:cut] + b"\x5d" + content[cut + 1 :]):
        try:
            found = decode(damaged)
        except WardopsError as error:
            assert error.problems[0].code in ("E2100", "E2101")
        else:
            assert encode(found) == damaged


def test_a_truncated_file_is_refused_at_every_length() -> None:
    content = encode(PolicyFile([Entry("Software\\A", "B", 1, utf16("C\0"))]))
    for length in range(1, len(content)):
        if length != len(HEADER):
            with pytest.raises(WardopsError, match=r"E210[01]"):
                decode(content[:length])


def test_a_hostile_file_ends_soon() -> None:
    started = time.process_time()
    with pytest.raises(WardopsError, match="E2101"):
        decode(HEADER + utf16("[" + ";" * 2_000_000))
    assert time.process_time() - started < 2


def test_what_cannot_be_written() -> None:
    with pytest.raises(WardopsError, match="E2102"):
        encode(PolicyFile([Entry("a\0b", "c", 1, b"")]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NoRun", ("set", "NoRun")),
        ("**del.NoRun", ("delete", "NoRun")),
        ("**Del.a;b", ("delete", "a;b")),
        ("**delvals.", ("delete-all-values", "")),
        ("**DelVals", ("delete-all-values", "")),
        ("**DeleteValues", ("delete-values", "")),
        ("**DeleteKeys ", ("delete-keys", "")),
        ("**SecureKey", ("secure-key", "")),
        ("**soft.x", ("set-if-missing", "x")),
        ("**unknown", ("set", "**unknown")),
    ],
)
def test_instructions(name: str, expected: tuple[str, str]) -> None:
    assert action(Entry("K", name, 1, b" \0\0\0")) == expected


@pytest.mark.parametrize(
    ("kind", "data", "form"),
    [
        (1, utf16("値\0"), {"type": "REG_SZ", "data": "値"}),
        (1, utf16("値"), {"type": "REG_SZ", "data": "値", "terminated": False}),
        (1, b"", {"type": "REG_SZ", "data": "", "terminated": False}),
        (2, utf16("%TEMP%\0"), {"type": "REG_EXPAND_SZ", "data": "%TEMP%"}),
        (1, utf16("a\0b\0"), {"type": "REG_SZ", "hex": "6100000062000000"}),
        (1, b"odd", {"type": "REG_SZ", "hex": "6f6464"}),
        (1, b"\x00\xd8\0\0", {"type": "REG_SZ", "hex": "00d80000"}),
        (3, b"\1\2", {"type": "REG_BINARY", "hex": "0102"}),
        (4, b"\1\0\0\0", {"type": "REG_DWORD", "data": 1}),
        (4, b"\1", {"type": "REG_DWORD", "hex": "01"}),
        (5, b"\0\0\0\1", {"type": "REG_DWORD_BIG_ENDIAN", "data": 1}),
        (11, b"\1" + b"\0" * 7, {"type": "REG_QWORD", "data": 1}),
        (7, utf16("a\0b\0\0"), {"type": "REG_MULTI_SZ", "data": ["a", "b"]}),
        (7, utf16("\0\0"), {"type": "REG_MULTI_SZ", "data": []}),
        (7, utf16("a\0\0b\0\0"), {"type": "REG_MULTI_SZ", "data": ["a", "", "b"]}),
        (7, utf16("a\0b"), {"type": "REG_MULTI_SZ", "data": ["a", "b"], "terminated": False}),
        (7, utf16("a\0"), {"type": "REG_MULTI_SZ", "hex": "61000000"}),
        (0x20000, b"x", {"type": 0x20000, "hex": "78"}),
    ],
)
def test_data_in_a_readable_form_and_back(kind: int, data: bytes, form: dict[str, object]) -> None:
    assert to_data(Entry("K", "N", kind, data)) == form
    assert encode_data(form) == (kind, data)


@given(st.integers(0, 12), st.binary(max_size=12) | st.text(max_size=6).map(lambda text: text.encode("utf-16-le", "surrogatepass")))
@settings(max_examples=300, deadline=None)
def test_any_data_comes_back(kind: int, data: bytes) -> None:
    assert encode_data(to_data(Entry("K", "N", kind, data))) == (kind, data)


@pytest.mark.parametrize(
    "form",
    [
        {"type": "REG_DWORD", "data": -1},
        {"type": "REG_DWORD", "data": True},
        {"type": "REG_DWORD", "data": "1"},
        {"type": "REG_QWORD", "data": 1 << 64},
        {"type": "REG_SZ", "data": "a\0b"},
        {"type": "REG_SZ", "data": "\ud800"},
        {"type": "REG_MULTI_SZ", "data": "a"},
        {"type": "REG_BINARY", "hex": "zz"},
        {"type": "REG_NOTHING", "data": 1},
        {"type": True, "hex": ""},
    ],
)
def test_data_that_does_not_fit_its_type(form: dict[str, object]) -> None:
    with pytest.raises(WardopsError, match="E2103"):
        encode_data(form)


def test_samba_reads_the_same_entries() -> None:
    """The oracle that is not ours: Debian's python3-samba, in its own interpreter."""
    entries = [Entry("Software\\課", "値", 1, utf16("あ\0")), Entry("K", "**del.x", 1, utf16(" \0")), Entry("K", "n", 4, b"\7\0\0\0")]
    program = (
        "import sys; from samba.dcerpc import preg; from samba.ndr import ndr_unpack\n"
        "for e in ndr_unpack(preg.file, sys.stdin.buffer.read()).entries: print(ascii((e.keyname, e.valuename, e.type)))"
    )
    shown = subprocess.run(["/usr/bin/python3", "-c", program], input=encode(PolicyFile(entries)), capture_output=True, check=True).stdout
    assert shown.decode().splitlines() == [ascii((entry.key, entry.name, entry.type)) for entry in entries]
    assert pol.decode(encode(PolicyFile(entries))).entries == entries
