"""``python -m wardops check`` as people and CI call it: exit codes, outputs, options."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY

from tests.negative.cases import BASE, HERE


def wardops(*arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        [sys.executable, "-m", "wardops", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "ward"))


def test_a_ward_without_errors(ward: Path) -> None:
    result = wardops("check", "--ward", str(ward))
    assert (result.returncode, result.stderr) == (0, "")
    assert "エラーなし / no errors" in result.stdout
    assert "lgwan/terminals            4" in result.stdout


def test_errors_give_exit_code_1(ward: Path) -> None:
    path = ward / "ledgers" / "sites.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("main", "castle"), encoding="utf-8")
    result = wardops("check", "--ward", "ward", cwd=ward.parent)
    assert result.returncode == 1
    assert result.stdout.startswith("ward/ledgers/sites.csv:3:9: E0208 ")


def test_every_format_gives_the_same_errors(ward: Path) -> None:
    (ward / "ledgers" / "stock.csv").unlink()
    outputs = {name: wardops("check", "--ward", str(ward), "--format", name) for name in ("text", "json", "sarif", "github")}
    assert {result.returncode for result in outputs.values()} == {1}
    assert [problem["code"] for problem in json.loads(outputs["json"].stdout)["problems"]] == ["E0200"]
    assert [result["ruleId"] for result in json.loads(outputs["sarif"].stdout)["runs"][0]["results"]] == ["E0200"]
    assert outputs["github"].stdout.count("::error ") == 1
    assert outputs["text"].stdout.count("E0200") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--ward", "/nowhere"],
        ["check", "--as-of", "R8.11.22"],
        ["check", "--format", "xml"],
        ["check", "--layer", "moon", "--ward", str(BASE)],
        ["chekc"],
        [],
        ["errors", "E9999"],
    ],
)
def test_wrong_usage_gives_exit_code_2(arguments: list[str]) -> None:
    result = wardops(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr


def test_as_of_moves_today(ward: Path) -> None:
    result = wardops("check", "--ward", str(ward), "--as-of", "2027-04-01", "--format", "json")
    assert result.returncode == 1
    assert {problem["code"] for problem in json.loads(result.stdout)["problems"]} == {"E0370", "E0361", "E0933"}


def test_a_layer_is_checked_without_the_others(ward: Path) -> None:
    (ward / "ledgers" / "mn" / "terminals.csv").unlink()
    result = wardops("check", "--ward", str(ward), "--layer", "lgwan", "--format", "json")
    document = json.loads(result.stdout)
    assert (result.returncode, document["problems"]) == (0, [])
    assert "lgwan/terminals" in document["counts"]
    assert "mn/users" not in document["counts"]
    assert any("terminals (--layer lgwan)" in note["ja"] for note in document["notes"])


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"{sys.executable} -m wardops errors | head -n 1"
    result = subprocess.run(["bash", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.startswith("E0100")
    assert result.stderr == ""


@pytest.mark.parametrize("output", ["text", "json", "sarif", "github"])
def test_a_file_name_that_is_no_text_does_not_end_the_run(output: str, ward: Path) -> None:
    os.close(os.open(os.fsencode(ward / "ledgers") + b"/\xff.csv", os.O_CREAT | os.O_WRONLY))
    result = wardops("check", "--ward", str(ward), "--format", output)
    assert (result.returncode, result.stderr) == (1, "")
    assert "E0201" in result.stdout
    if output in ("json", "sarif"):
        json.loads(result.stdout)


def test_a_terminal_without_japanese_gets_an_answer(ward: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "wardops", "check", "--ward", str(ward)]
    result = subprocess.run(command, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60)
    assert "no errors" in result.stdout


def test_explains_codes() -> None:
    result = wardops("errors", "E0303", "dates-reversed")
    assert result.returncode == 0
    assert [line.split()[0] for line in result.stdout.splitlines() if line.startswith("E")] == ["E0303", "E0332"]


def test_only_the_subcommand_that_is_used_is_imported() -> None:
    script = (
        "import sys; from wardops.__main__ import main; main(['errors', 'E0100'])\n"
        "print('loaded:', sorted({'jsonschema_rs', 'yaml', 'ansible', 'wardops.check'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.splitlines()[-1] == "loaded: []"


def test_a_broken_ledger_does_not_hide_the_errors_of_others() -> None:
    text = (HERE / "nonsense" / "N34-many-ledgers-at-once" / "expected.txt").read_text(encoding="utf-8")
    assert [code for code in ("E0104", "E0110", "E0200", "E0208", "E0217", "E0218", "E0301") if code not in text] == []
