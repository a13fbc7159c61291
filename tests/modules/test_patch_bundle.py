"""``export_bundle.yml`` and ``import_bundle.yml``: check mode, the run, the second run, a bundle that somebody touched."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.unit.bundle.test_cycle_bundles import CYCLE, Pair, Side

ROOT = Path(__file__).resolve().parents[2]


def play(side: Side, name: str, *words: str) -> tuple[int, str]:
    command = ["ansible-playbook", "-i", str(side.root / side.layer), f"playbooks/{name}.yml", *words]
    mine = {"WARDOPS_LAYER": side.layer, "WARDOPS_EVIDENCE": str(side.asked.evidence), "WARDOPS_PATCH_STATE": str(side.asked.state)}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **mine}, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def test_from_layer_to_layer(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.outer.planned()
    given = {"cycle": CYCLE, "bundle_target": "lgwan", "bundle_folder": pair.medium, "bundle_medium": pair.parcel.medium}
    words = [word for name, value in {**given, "bundle_key": pair.key}.items() for word in ("-e", f"{name}={value}")]
    code, said = play(pair.outer, "export_bundle", *words, "--check")
    assert code == 0, said
    assert "changed=1" in said
    assert not pair.medium.exists()
    code, said = play(pair.outer, "export_bundle", *words)
    assert code == 0, said
    bundle = pair.medium / "inet-lgwan-00004"
    assert bundle.is_dir()

    plan = bundle / "files/cycle/plan.yml"
    before = plan.read_bytes()
    plan.write_bytes(before.replace(b"R1", b"R2"))
    code, said = play(pair.inner, "import_bundle", "-e", f"bundle={bundle}")
    assert code == 2
    assert "E1924" in said
    assert not pair.inner.folder.exists()
    plan.write_bytes(before)
    code, said = play(pair.inner, "import_bundle", "-e", f"bundle={bundle}")
    assert code == 0, said
    assert "tanto@ward.example" in said
    assert (pair.inner.folder / "plan.yml").read_bytes() == before
    code, said = play(pair.inner, "import_bundle", "-e", f"bundle={bundle}")
    assert code == 2
    assert "E1926" in said
