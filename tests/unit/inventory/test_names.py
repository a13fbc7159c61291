"""Names of hosts, groups and variables."""

from __future__ import annotations

import pytest
from ansible.utils.vars import validate_variable_name
from ansible.vars.reserved import get_reserved_names
from ansible_collections.ward.ops.plugins.module_utils.inventory.names import RESERVED, are_host_names, code, slug, variable_name
from hypothesis import given
from hypothesis import strategies as st


def test_reserved_names_cover_those_of_ansible() -> None:
    assert get_reserved_names() - RESERVED == set()


@pytest.mark.parametrize(
    ("column", "variable"),
    [("serial", "serial_no"), ("name", "ledger_name"), ("port", "ledger_port"), ("ip", "ip"), ("tags", "ledger_tags"), ("in", "ledger_in")],
)
def test_variable_names(column: str, variable: str) -> None:
    assert variable_name(column) == variable


def test_connection_variables_never_come_from_a_ledger() -> None:
    assert variable_name("ansible_connection") is None
    assert variable_name("ansible_python_interpreter") is None


@given(st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True))
def test_every_column_gives_a_variable_that_ansible_takes(column: str) -> None:
    name = variable_name(column)
    if name is not None:
        validate_variable_name(name)
        assert name not in get_reserved_names()


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("LIFEBOOK U7413/K", "lifebook_u7413_k"),
        ("Windows 11 24H2", "windows_11_24h2"),
        ("ＶｅｒｓａＰｒｏ", "versapro"),
        ("--", ""),
    ],
)
def test_slug(value: str, part: str) -> None:
    assert slug(value) == part


def test_values_of_another_script_never_share_a_group() -> None:
    assert slug("京セラ") != slug("富士通")
    assert slug("ノート 2") != slug("デスクトップ 2")


def test_codes_keep_upper_case() -> None:
    assert (code("HON"), code("R1"), code("0105")) == ("HON", "R1", "0105")


@given(st.text())
def test_a_part_is_plain(value: str) -> None:
    for part in (slug(value), code(value)):
        assert part.isascii()
        assert not part or part.replace("_", "a").isalnum()


@pytest.mark.parametrize("name", ["LG25N00001", "HON-01-CR-01", "a", "a.b", "x" * 63])
def test_host_names(name: str) -> None:
    assert are_host_names([name])


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "a b", "a,b", "a/b", "a:b", "a[1:3]", "{{ x }}", "all", "ALL", "localhost", "端末", "x" * 64, "a\n"]
)
def test_bad_host_names(name: str) -> None:
    assert not are_host_names(["good", name])
