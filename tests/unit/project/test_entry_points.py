"""One way to run a check: pre-commit, the hosted CI, ``.ci/run`` and the guides call targets and files that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))
PHONY = set(re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.M)[1].replace("\\\n", " ").split())  # type: ignore[index]
FRAGMENTS = sorted((ROOT / "changelogs/fragments").glob("*.yml"))


def test_every_target_is_phony_and_every_user_s_target_has_a_help_line() -> None:
    assert TARGETS == PHONY
    helped = set(re.findall(r"^([a-z-]+):[^#\n]*## .+/ .+$", MAKEFILE, re.M))
    assert {name for name in TARGETS if not name.startswith(("set-up", "lint-"))} == helped


def test_ci_runs_what_the_guides_name() -> None:
    text = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert re.findall(r"^make (.*)$", text, re.M) == ["lint", "test"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o100


def test_hosted_ci_runs_the_same_script() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    assert "bash .ci/run" in [step.get("run") for step in job["steps"]]
    assert workflow["permissions"] == {"contents": "read"}


def test_commit_hooks_are_local_and_what_they_call_exists() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for hook in config["repos"][0]["hooks"]:
        program, *arguments = shlex.split(hook["entry"])
        if program == "make":
            assert arguments[-1] in TARGETS, hook["entry"]
        elif program.startswith(".venv/bin/"):
            name = program.removeprefix(".venv/bin/")
            assert name == "python" or f"\n{name}==" in locked, hook["entry"]
            assert all((ROOT / word).exists() for word in arguments if "/" in word)
        else:
            assert re.search(rf"^{program} ", (ROOT / "tools/debian-packages.txt").read_text(encoding="utf-8"), re.M), program


def test_make_targets_that_the_guides_name_exist() -> None:
    guides = [ROOT / "CONTRIBUTING.md", *ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")]
    for guide in guides:
        code = re.findall(r"`(make [^`]+)`|^(make .+)$", guide.read_text(encoding="utf-8"), re.M)
        for command in (inline or line for inline, line in code):
            target = next((word for word in command.split()[1:] if not word.startswith("-") and "=" not in word and word != "…"), None)
            assert target is None or target in TARGETS, f"{guide.name}: {command}"


def test_changelog_fragments_have_known_sections_and_say_which_component() -> None:
    config = yaml.safe_load((ROOT / "changelogs/config.yaml").read_text(encoding="utf-8"))
    sections = {name for name, _ in config["sections"]} | {"trivial", "release_summary"}
    for fragment in FRAGMENTS:
        document = yaml.safe_load(fragment.read_text(encoding="utf-8"))
        assert set(document) <= sections, fragment.name
        for entries in document.values():
            assert all(re.match(r"[\w./ -]+ - .+\.$", entry, re.S) for entry in entries), fragment.name
