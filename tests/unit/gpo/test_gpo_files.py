"""GptTmpl.inf, GPT.INI and the lists of extensions.

covers: E2104, E2105, E2106
"""

from __future__ import annotations

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.gpo import extensions, gpt_ini, gpt_tmpl
from ansible_collections.ward.ops.plugins.module_utils.gpo.gpt_ini import Version
from hypothesis import given, settings
from hypothesis import strategies as st

BOM = b"\xff\xfe"
TEMPLATE = (
    "; made by the vendor\r\n[Unicode]\r\nUnicode=yes\r\n\r\n[System Access]\r\nMinimumPasswordLength = 12\r\n[Vendor Own]\r\nx=1=2\n"
    '[Service General Setting]\r\n"Spooler",4,"D:AR(A;;CC;;;SY)"\r\n'
    '[Registry Values]\r\nMACHINE\\A=7,a\u2028b,\r\n[Version]\r\nsignature="$CHICAGO$"'
)


def test_a_template_keeps_order_unknown_sections_and_every_byte() -> None:
    content = BOM + TEMPLATE.encode("utf-16-le")
    template = gpt_tmpl.decode(content)
    assert gpt_tmpl.encode(template) == content
    found = gpt_tmpl.settings(template)
    assert list(found) == ["", "Unicode", "System Access", "Vendor Own", "Service General Setting", "Registry Values", "Version"]
    assert found["System Access"] == {"MinimumPasswordLength": "12"}
    assert found["Vendor Own"] == {"x": "1=2"}
    assert found["Service General Setting"] == {'"Spooler",4,"D:AR(A;;CC;;;SY)"': None}
    assert found["Registry Values"] == {"MACHINE\\A": "7,a\u2028b,"}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_comes_back(text: str) -> None:
    content = BOM + text.encode("utf-16-le")
    assert gpt_tmpl.encode(gpt_tmpl.decode(content)) == content


@pytest.mark.parametrize("content", [b"", b"[Unicode]\r\n", BOM + b"x", BOM + b"\x00\xd8"])
def test_a_template_that_is_none(content: bytes) -> None:
    with pytest.raises(WardopsError, match="E2104"):
        gpt_tmpl.decode(content)


def test_a_new_template_has_what_windows_asks_for_and_no_broken_line() -> None:
    built = gpt_tmpl.build({"System Access": {"MinimumPasswordLength": "14"}})
    text = gpt_tmpl.encode(built)[2:].decode("utf-16-le")
    assert text.startswith("[Unicode]\r\nUnicode = yes\r\n[System Access]\r\nMinimumPasswordLength = 14\r\n[Version]\r\n")
    assert gpt_tmpl.settings(gpt_tmpl.decode(gpt_tmpl.encode(built))) == gpt_tmpl.settings(built)
    with pytest.raises(WardopsError, match="E2104"):
        gpt_tmpl.build({"System Access": {"a": "1\r\n[Group Membership]"}})


def test_the_halves_of_a_version() -> None:
    assert gpt_ini.version_of(65539) == Version(user=1, machine=3)
    assert gpt_ini.version_of(-1) == Version(65535, 65535)
    assert Version(1, 3).raised(user=False, machine=True).number == 65540
    assert Version(65535, 65535).raised(user=True, machine=True) == Version(1, 1)


def test_a_version_changes_and_nothing_else() -> None:
    content = b"[General]\r\nversion = 65539 \r\ndisplayName=" + "端末".encode("cp932") + b"\r\n"
    assert gpt_ini.read_version(content) == Version(1, 3)
    assert gpt_ini.with_version(content, Version(2, 3)) == content.replace(b"65539", b"131075")
    assert gpt_ini.read_version(gpt_ini.new_file(Version(0, 7))) == Version(0, 7)


@pytest.mark.parametrize(
    "content", [b"", b"[General]\r\nVersion=\r\n", b"Version=1\nVersion=2\n", b"Version=-1", b"Version=99999999999", b"Version=4294967296"]
)
def test_a_version_that_is_none(content: bytes) -> None:
    with pytest.raises(WardopsError, match="E2105"):
        gpt_ini.read_version(content)


def test_extensions_in_the_order_of_their_guids() -> None:
    text = extensions.render(extensions.of_kinds(["preferences-drives", "registry"], machine=False))
    assert text == (
        "[{00000000-0000-0000-0000-000000000000}{2EA1A81B-48E5-45E9-8BB7-A6E3AC170006}]"
        "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F73-3407-48AE-BA88-E8213C6761F1}]"
        "[{5794DAFD-BE60-433F-88A2-1A31939AC01F}{2EA1A81B-48E5-45E9-8BB7-A6E3AC170006}]"
    )
    assert extensions.render(extensions.parse(text.lower())) == text
    assert extensions.parse(" ") == {}


def test_extensions_of_others_stay_and_ours_follow_the_content() -> None:
    other, tool = "{11111111-2222-3333-4444-555555555555}", "{99999999-2222-3333-4444-555555555555}"
    before = extensions.parse(f"[{{00000000-0000-0000-0000-000000000000}}{tool}][{other}{tool}]")
    both = extensions.corrected(before, ["registry", "preferences-files"], machine=True)
    assert other in both
    assert len(both) == 4
    assert extensions.corrected(both, [], machine=True) == before


@pytest.mark.parametrize(
    "text", ["x", "[]", "[{35378EAC}]", "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}", "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"]
)
def test_extensions_of_another_form(text: str) -> None:
    with pytest.raises(WardopsError, match="E2106"):
        extensions.parse(text)
