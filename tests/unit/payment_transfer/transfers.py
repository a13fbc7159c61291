"""Sources, targets and staged results for tests of fetching and delivery."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.payment.delivery import Delivery
from ansible_collections.ward.ops.plugins.module_utils.payment.fetch import Fetched
from ansible_collections.ward.ops.plugins.module_utils.payment.manifest import Amounts, Manifest, StagedFile

DAY = "20261120"


def source(folder: Path | str, **other: Any) -> dict[str, Any]:
    """A drop folder that is looked at without waiting."""
    return {
        "name": "drop",
        "kind": "folder",
        "folder": str(folder),
        "files": ["MPN_{yyyymmdd}_*"],
        "control_suffix": "",
        "stable_seconds": 0,
        "max_bytes": 1 << 30,
        "attempts": 2,
        "timeout": 10,
        "environment": "WARDOPS_TEST",
        "closed": [],
        **other,
    }


def target(folder: Path | str, readers: Mapping[str, list[str]], **other: Any) -> dict[str, Any]:
    """A local folder; ``readers``: section → who else but root may use it."""
    return {
        "name": "place",
        "kind": "folder",
        "folder": str(folder),
        "attempts": 2,
        "timeout": 10,
        "environment": "WARDOPS_TEST",
        "readers": {
            "always": [{"principal": name, "title_ja": "配信"} for name in ("user:root", "group:root")],
            "sections": {section: [{"principal": name, "title_ja": "課"} for name in names] for section, names in readers.items()},
        },
        **other,
    }


def policy(*, sources: list[dict[str, Any]] | None = None, targets: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    found_sources, found_targets = sources or [source("/nonexistent")], targets or [target("/nonexistent", {})]
    use = {"source": found_sources[0]["name"], "target": found_targets[0]["name"]}
    return {"use": use, "sources": found_sources, "targets": found_targets}


def stage(folder: Path, files: Mapping[str, bytes], run_id: str = "run-1", day: str = DAY) -> Manifest:
    """A staged result: section → content."""
    made = []
    for section, content in files.items():
        name = f"収納結果_{section}_{day}.csv"
        (folder / section).mkdir(parents=True, exist_ok=True)
        (folder / section / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        made.append(StagedFile(section, f"{section}課", f"{section}/{day}", name, "section", True, digest, len(content), Amounts()))
    return Manifest(run_id, f"{day[:4]}-{day[4:6]}-{day[6:]}", {}, {}, made, {"input": Amounts()}, None, {}, [])


def codes(result: Fetched | Delivery) -> list[str]:
    return [problem.code for problem in result.problems]


def states(result: Delivery) -> list[str]:
    return [file.state for file in result.files]


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
