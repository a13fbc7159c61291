"""The modules four times: check says changed, a probe sees nothing changed, the real run changes, the second run changes nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.radius import playbook

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
PARTS = {"terminals": "skysea_terminal_registration", "usb_devices": "skysea_usb_registration"}


def sim(folder: Path, part: str, *words: str | Path) -> str:
    argv = [sys.executable, "-m", "lab.skysea_sim", "--policy", ROOT / "inventories/sample/policies/skysea.yml", "--part", part]
    done = subprocess.run([*argv, "--state", folder / f"{part}.json", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def task(folder: Path, part: str, *words: str) -> dict[str, Any]:
    arguments = {
        "ward": str(ROOT / "inventories/sample"),
        "layer": "lgwan",
        "export": str(folder / "export"),
        "folder": str(folder / "out"),
    }
    return playbook.run(folder, f"ward.ops.{PARTS[part]}", arguments, *words)


@pytest.mark.parametrize("part", PARTS)
def test_four_steps_then_equality(tmp_path: Path, part: str) -> None:
    sim(tmp_path, part, "export", tmp_path / "export")
    planned = task(tmp_path, part, "--check", "--diff")
    assert planned["changed"] and not (tmp_path / "out").exists(), "an independent look: nothing was written"
    count = planned["plan"]["counts"]["add"]
    assert planned["diff"]["before"] == "" and planned["diff"]["after"].count("\n") == count
    done = task(tmp_path, part)
    assert done["changed"] and done["plan"] == planned["plan"] and "diff" not in done
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert [item["name"] for item in manifest["files"]] == [Path(name).name for name in done["files"]]
    assert not task(tmp_path, part)["changed"]
    taken = sim(tmp_path, part, "import", *done["files"])
    assert f"→ {count} 件" in taken, "the console has what the plan said"
    sim(tmp_path, part, "export", tmp_path / "export")
    proved = task(tmp_path, part)
    assert proved["equal"] and proved["files"] == [] and proved["rest"] == []


def test_an_error_names_code_and_remedy_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes("管理番号,ベンダーID\r\n".encode("cp932"))
    found = task(tmp_path, "usb_devices")
    assert found["failed"] and found["problems"][0]["code"] == "E1501" and "check_skysea_profile.yml" in found["msg"]
    assert "Traceback" not in found["output"]


def test_the_playbooks_end_with_an_error_exactly_when_a_human_must_look(tmp_path: Path) -> None:
    ward = tmp_path / "sample"
    shutil.copytree(ROOT / "inventories/sample", ward)
    export = tmp_path / "export"
    sim(tmp_path, "usb_devices", "export", export)
    words = ["-i", ward / "lgwan", "-e", f"skysea_usb_export={export}", "-e", f"skysea_folder={tmp_path / 'out'}"]
    first = playbook.ansible(tmp_path, ROOT / "playbooks/register_skysea.yml", *words)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "追加 900" in first.stdout and "SKYSEAデバイス_new_01.txt" in first.stdout
    second = playbook.ansible(tmp_path, ROOT / "playbooks/register_skysea.yml", *words)
    assert second.returncode == 2 and "取り込まれていない" in second.stdout, "the files were not imported"
    kit = ["-i", ward / "lgwan", "-e", "skysea_subject=usb_devices", "-e", f"skysea_export={export}"]
    assert playbook.ansible(tmp_path, ROOT / "playbooks/check_skysea_profile.yml", *kit).returncode == 0
    export.write_bytes(export.read_bytes().replace("管理番号".encode("utf-16-le"), "資産番号".encode("utf-16-le")))
    bad = playbook.ansible(tmp_path, ROOT / "playbooks/check_skysea_profile.yml", *kit)
    assert bad.returncode == 2 and "NG 管理番号" in bad.stdout
