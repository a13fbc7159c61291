"""One record for each playbook run, and the proof of the chain, through ansible-playbook itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PLAYBOOK = """
- name: Change one file
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Write it
      ansible.builtin.copy:
        content: x
        dest: "{{ target }}"
"""


def play(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "WARDOPS_EVIDENCE": str(folder), "WARDOPS_LAYER": "lgwan"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", *words]
    return subprocess.run(command, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def records(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("0*.json"))]


def test_one_record_a_run_and_none_in_check_mode(tmp_path: Path) -> None:
    book, folder, target = tmp_path / "change_file.yml", tmp_path / "evidence", tmp_path / "written"
    book.write_text(PLAYBOOK, encoding="utf-8")
    words = [str(book), "-e", f"target={target}", "-e", '{"password": "s3cret-value"}']
    checked = play(folder, *words, "--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not folder.exists()
    for expected in (1, 0):
        done = play(folder, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "証跡" in done.stdout
        record = records(folder)[-1]
        assert record["purpose"] == "change_file"
        assert record["layer"] == "lgwan"
        assert record["result"]["status"] == "ok"  # type: ignore[index]
        assert record["result"]["tasks"]["changed"] == expected  # type: ignore[index]
        assert record["result"]["changed_tasks"] == ({"Write it": 1} if expected else {})  # type: ignore[index]
        assert record["extra_variables"] == ["(structured)", "target"]
    assert "s3cret-value" not in "".join(path.read_text(encoding="utf-8") for path in folder.glob("0*.json"))
    assert play(folder, "playbooks/verify_evidence.yml").returncode == 0


def test_a_failing_run_is_recorded_as_failed(tmp_path: Path) -> None:
    book, folder = tmp_path / "fail.yml", tmp_path / "evidence"
    book.write_text(PLAYBOOK, encoding="utf-8")
    assert play(folder, str(book), "-e", "target=/nonexistent/folder/file").returncode == 2
    record = records(folder)[-1]
    assert record["result"]["status"] == "failed"  # type: ignore[index]
    assert record["result"]["failed"] == [{"host": "localhost", "task": "Write it"}]  # type: ignore[index]


def test_a_run_that_cannot_be_recorded_does_nothing(tmp_path: Path) -> None:
    book, target = tmp_path / "change_file.yml", tmp_path / "written"
    book.write_text(PLAYBOOK, encoding="utf-8")
    blocked = tmp_path / "evidence"
    blocked.write_text("a file in the folder's place", encoding="utf-8")
    done = play(blocked, str(book), "-e", f"target={target}")
    assert done.returncode != 0
    assert "E0601" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not target.exists()


def test_a_broken_chain_is_shown_with_its_place(tmp_path: Path) -> None:
    book, folder = tmp_path / "change_file.yml", tmp_path / "evidence"
    book.write_text(PLAYBOOK, encoding="utf-8")
    for _ in range(3):
        assert play(folder, str(book), "-e", f"target={tmp_path / 'written'}").returncode == 0
    second = sorted(folder.glob("0*.json"))[1]
    second.write_text(second.read_text(encoding="utf-8").replace('"ok"', '"ko"'), encoding="utf-8")
    done = play(folder, "playbooks/verify_evidence.yml")
    assert done.returncode == 2
    assert "E0602" in done.stdout
    assert second.name in done.stdout


def test_parts_of_secrets_are_no_names(tmp_path: Path) -> None:
    book, folder = tmp_path / "change_file.yml", tmp_path / "evidence"
    book.write_text(PLAYBOOK, encoding="utf-8")
    words = ["-e", f"target={tmp_path / 'written'}", "-e", 'db_password="correct horse=battery"', "-e", "vault = S3cretPassw0rd=="]
    assert play(folder, str(book), *words).returncode == 0
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("0*.json"))
    assert "horse" not in text
    assert "S3cret" not in text
    assert "db_password" in text


def test_a_broken_chain_stops_the_run_before_its_first_task(tmp_path: Path) -> None:
    book, folder, target = tmp_path / "change_file.yml", tmp_path / "evidence", tmp_path / "written"
    book.write_text(PLAYBOOK, encoding="utf-8")
    folder.mkdir(mode=0o750)
    (folder / "99999998-20260101T000000Z-cccccccc.json").write_text("garbage", encoding="utf-8")
    done = play(folder, str(book), "-e", f"target={target}")
    assert done.returncode != 0
    assert "E0605" in done.stderr
    assert not target.exists()
