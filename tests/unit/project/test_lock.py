"""``requirements.txt`` (hashes, no addresses, nothing missing) and ``requirements.yml`` against what is used and installed."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import ansible_collections
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# where Ansible content and its tests stand
#: benchmarks are left out: an execution environment has no need of what they compare us with
CONTENT = ("playbooks", "roles", "tests", "library", "plugins", "lab", "group_vars", "inventories")


def stanzas() -> dict[str, tuple[str, str | None, int]]:
    """Version, marker and number of hashes by name."""
    found = {}
    for stanza in re.split(r"\n(?=[A-Za-z0-9])", "\n" + re.sub(r"(?m)^#.*\n", "", LOCK)):
        if not stanza.strip():
            continue
        first = stanza.strip().split("\n")[0].rstrip(" \\")
        requirement, _, marker = first.partition(";")
        name, version = requirement.strip().split("==")
        found[canonicalize_name(name)] = (version, marker.strip() or None, stanza.count("--hash=sha256:"))
    return found


def test_every_package_is_pinned_with_hashes_and_no_line_is_anything_else() -> None:
    for line in LOCK.splitlines():
        assert re.fullmatch(r"#.*|[a-z0-9-]+==[0-9][\w.]*( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
    assert all(count > 0 for _, _, count in stanzas().values())


def test_the_lock_names_no_index_no_address_and_no_path() -> None:
    assert not re.search(r"[a-z]:/|(?m:^-)|index-url|find-links|trusted|(?<=[ =])/", LOCK)


def test_the_lock_satisfies_every_direct_dependency() -> None:
    locked = stanzas()
    groups = PROJECT["dependency-groups"]
    for text in [*PROJECT["project"]["dependencies"], *groups["dev"], *groups["build"]]:
        requirement = Requirement(text)
        version = locked[canonicalize_name(requirement.name)][0]
        assert requirement.specifier.contains(version), f"{text}: locked {version}; run make lock"


def test_every_direct_dependency_has_bounds_and_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = ""
    for line in text.splitlines():
        if match := re.fullmatch(r"  # (.+)", line):
            section = match[1]
        elif match := re.fullmatch(r'  "([^"]+)",(?:\s*# (.+))?', line):
            assert Requirement(match[1]).specifier, f"{match[1]}: no bound"
            assert match[2] or section or match[1].startswith(("pytest>", "types-")), f"{match[1]}: no line why"


def test_installed_is_what_the_lock_says() -> None:
    installed = {canonicalize_name(d.metadata["Name"]): d.version for d in distributions()}
    wanted = {name: version for name, (version, marker, _) in stanzas().items() if not marker or Marker(marker).evaluate()}
    assert {name: installed.get(name) for name in wanted} == wanted


def installed_collections() -> dict[str, str]:
    """Version of every collection of the ansible package."""
    found = {}
    for folder in ansible_collections.__path__:
        for manifest in Path(folder).glob("*/*/MANIFEST.json"):
            info = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]
            found[f"{info['namespace']}.{info['name']}"] = info["version"]
    return found


def used_collections(known: set[str]) -> set[str]:
    """Collections that the tree names by a full name (namespace.collection.plugin)."""
    used = set()
    for folder in CONTENT:
        for path in (ROOT / folder).rglob("*"):
            if (
                path.suffix in {".yml", ".yaml", ".py", ".j2", ".cfg"}
                and path.is_file()
                and ROOT / "tests/unit/project" not in path.parents
            ):
                # a Python import of the same name (ansible.utils.vars) is Ansible itself
                text = re.sub(r"(?m)^\s*(?:from|import) .*", "", path.read_text(encoding="utf-8", errors="replace"))
                used |= {name for name in re.findall(r"\b([a-z][a-z0-9_]+\.[a-z][a-z0-9_]+)\.[a-z]", text) if name in known}
    return used


def test_requirements_yml_names_exactly_the_collections_used_at_the_installed_versions() -> None:
    installed = installed_collections()
    assert len(installed) > 50
    named = {
        item["name"]: item["version"] for item in yaml.safe_load((ROOT / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    }
    assert named == {name: installed[name] for name in used_collections(set(installed))}


def test_the_execution_environment_is_built_from_the_same_lists() -> None:
    environment = yaml.safe_load((ROOT / "awx" / "execution-environment.yml").read_text(encoding="utf-8"))
    assert (ROOT / "awx" / environment["dependencies"]["galaxy"]).resolve() == ROOT / "requirements.yml"
    assert (ROOT / "awx" / environment["additional_build_files"][0]["src"]).resolve() == ROOT / "requirements.txt"
    assert environment["dependencies"]["ansible_core"]["package_pip"] == f"ansible-core=={stanzas()['ansible-core'][0]}"
