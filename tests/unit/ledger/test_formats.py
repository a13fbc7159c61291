"""The four outputs: what a terminal, a program, a code-scanning service and hosted CI read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.catalogue import CATALOGUE
from ansible_collections.ward.ops.plugins.module_utils.common.problems import Problem
from ansible_collections.ward.ops.plugins.module_utils.ledger import codes, formats
from ansible_collections.ward.ops.plugins.module_utils.ledger.check import Report

from tests.negative.cases import HERE, run

HOSTILE = "a%b\r\n::error::c,d:e"


def report(path: str = "ledgers/lgwan/端末 1,2:3.csv") -> Report:
    values = {"column": "model", "title": "機種", "value": HOSTILE, "allowed": "a | b"}
    found = [
        Problem("E0208", path, 3, 7, values),
        Problem("E0200", "ledgers/stock.csv", 0, 0, {"kind_ja": "台帳", "kind": "ledger", "name": "stock"}),
    ]
    notes = [Problem("E0300", "", 0, 0, {"rule": "references", "what": "stock"})]
    return Report("inventories/sample", "2026-11-22", found, notes, {"lgwan/terminals": 3000, "sites": 20}, 10, 34)


def test_text_ends_with_counts_and_time() -> None:
    text = formats.as_text(report(), 0.456)
    assert text.startswith("ledgers/lgwan/端末 1,2:3.csv:3:7: E0208 機種（model）の値「a%b\\x0d\\x0a::error::c,d:e」は選択肢にありません\n")
    assert text.endswith(
        "\n\ninventories/sample（基準日 2026-11-22）\n"
        "  lgwan/terminals   3,000\n"
        "  sites                20\n"
        "台帳 2 件 3,020 行、ポリシー 10 件、規則 34 件 / 2 ledgers, 3,020 rows, 10 policies, 34 rules\n"
        "エラー 2 件 / 2 errors、未検査の規則 1 件 / 1 rules not checked in full（0.46 秒 / s）\n"
    )


def test_text_without_errors_says_so() -> None:
    clean = Report("w", "2026-11-22", [], [], {"sites": 20}, 1, 1)
    assert formats.as_text(clean, 0.1).splitlines()[-1] == "エラーなし / no errors（0.10 秒 / s）"


def test_json_has_both_languages_and_places() -> None:
    document = json.loads(formats.as_json(report(), 0.4567))
    assert document["seconds"] == 0.457
    assert document["counts"] == {"lgwan/terminals": 3000, "sites": 20}
    assert document["problems"][1] == {
        "code": "E0200",
        "name": "ledger-missing",
        "path": "ledgers/stock.csv",
        "line": 0,
        "column": 0,
        "ja": "台帳「stock」のファイルがありません",
        "en": "the ledger stock has no file",
        "remedy_ja": "Git の版に戻してください。行のない台帳は見出し行だけのファイルにします",
        "remedy_en": "restore it from Git; a ledger without rows is a file with the header line only",
    }
    assert [note["code"] for note in document["notes"]] == ["E0300"]


def test_sarif_has_what_the_standard_demands() -> None:
    document = json.loads(formats.as_sarif(report(), 0.4))
    assert document["version"] == "2.1.0"
    (run_object,) = document["runs"]
    rules = run_object["tool"]["driver"]["rules"]
    assert run_object["columnKind"] == "unicodeCodePoints"
    for result in run_object["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
    first, second = run_object["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "ledgers/lgwan/%E7%AB%AF%E6%9C%AB%201%2C2%3A3.csv"
    assert place["region"] == {"startLine": 3, "startColumn": 7}
    assert "region" not in second["locations"][0]["physicalLocation"]  # a line 0 does not exist
    (note,) = run_object["invocations"][0]["toolExecutionNotifications"]
    assert note["descriptor"]["id"] == "E0300"


def test_hosted_ci_annotations_cannot_be_broken_out_of() -> None:
    lines = formats.as_github(report(), 0.4).splitlines()
    assert lines[0].startswith("::error file=ledgers/lgwan/端末 1%2C2%3A3.csv,line=3,col=7,title=E0208 not-in-list::機種（model）の値")
    assert "値「a%25b\\x0d\\x0a::error::c,d:e」" in lines[0]
    assert lines[1].startswith("::error file=ledgers/stock.csv,title=E0200 ledger-missing::台帳「stock」")
    assert lines[2].startswith("::notice title=E0300 rule-not-checked::")
    assert sum(line.startswith("::") for line in lines) == 3


def test_escaping_of_annotations() -> None:
    assert formats._data("100%\r\nok") == "100%25%0D%0Aok"
    assert formats._property("a:b,c%") == "a%3Ab%2Cc%25"


def test_every_text_of_the_catalogue_is_complete() -> None:
    """A value that a text names and that nobody fills in would show as ``{name}``."""
    for code in sorted(CATALOGUE):
        for name in ("ja", "en", "remedy_ja", "remedy_en"):
            assert getattr(CATALOGUE[code], name).strip(), (code, name)


@pytest.mark.parametrize("case", sorted(path.parent for path in HERE.glob("**/expected.txt")), ids=lambda path: path.name)
def test_no_message_has_a_hole(case: Path, tmp_path: Path) -> None:
    result = run(case, tmp_path)
    for problem in [*result.problems, *result.notes]:
        for name in ("ja", "en", "remedy_ja", "remedy_en"):
            holes = [word for word in problem.params if "{" + word + "}" in problem.text(name)]
            assert "{" not in problem.text(name).replace("{dept_code}", "").replace("]{", "") or not holes, problem.text(name)


def test_codes_are_found_by_prefix_and_by_name() -> None:
    assert codes.codes_of(["e0303"]) == ["E0303"]
    assert codes.codes_of(["serial-twice"]) == ["E0303"]
    assert codes.codes_of(["E9"]) == []
    assert codes.codes_of([]) == sorted(CATALOGUE)
