"""A bundle is taken whole and as it was signed, or not at all. Keys are made by ssh-keygen, which also verifies.

covers: E1920, E1921, E1922, E1923, E1924, E1925, E1926, E1927, E1928
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import bundle
from ansible_collections.ward.ops.plugins.module_utils.common.bundle import Manifest
from ansible_collections.ward.ops.plugins.module_utils.common.files import sha256
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.signing import sign
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CONTENTS = {"cycle/plan.yml": b"cycle: 2027-01\n", "cycle/decisions.yml": "承認\n".encode() * 20, "policy/rings.yml": b""}


def manifest(number: int = 1, previous: str = "", **more: object) -> Manifest:
    words = {"kind": "patch_cycle", "source": "inet", "target": "lgwan", "made_at": "2027-01-14T00:00:00+00:00", **more}
    return Manifest(number=number, previous=previous, purpose="2027-01 適用", application="申請-1", medium="MD-2026-0003", **words)  # type: ignore[arg-type]


class Desk:
    """Where bundles are made: keys of two people, the list of signers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.signers = folder, folder / "signers"
        self.keys = {name: folder / name for name in ("tanto", "stranger")}
        for name, key in self.keys.items():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)], check=True)
        self.allow()

    def allow(self, options: str = "") -> None:
        public = (self.folder / "tanto.pub").read_text("ascii")
        self.signers.write_text(f"tanto@ward.example {options} {public}", encoding="ascii")

    def make(self, name: str = "medium", key: str = "tanto", **more: object) -> Path:
        whole = bundle.filled(manifest(**more), CONTENTS)  # type: ignore[arg-type]
        return bundle.make(self.folder / name, whole, CONTENTS, self.keys[key])

    def open(self, place: Path, layer: str = "lgwan", **more: Path) -> bundle.Opened:
        return bundle.open_bundle(place, layer, self.signers, **more)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def place(desk: Desk, tmp_path: Path) -> Path:
    return desk.make(str(tmp_path / "medium"))


def codes(work: Callable[[], object]) -> set[str]:
    with pytest.raises(WardopsError) as caught:
        work()
    return {problem.code for problem in caught.value.problems}


def test_what_was_packed_comes_out_and_the_same_is_the_same_bytes(desk: Desk, place: Path, tmp_path: Path) -> None:
    opened = desk.open(place)
    assert dict(opened.contents) == CONTENTS
    assert opened.signer == "tanto@ward.example"
    assert opened.digest == sha256((place / "manifest.json").read_bytes())
    again = desk.make(str(tmp_path / "again"))
    files = [path.relative_to(place) for path in sorted(place.rglob("*")) if path.is_file()]
    assert [(place / one).read_bytes() for one in files] == [(again / one).read_bytes() for one in files]
    assert codes(lambda: desk.make(str(tmp_path / "again"))) == {"E1923"}
    # ssh-keygen by itself says the same
    words = ["ssh-keygen", "-Y", "verify", "-f", str(desk.signers), "-I", "tanto@ward.example", "-n", "wardops-bundle"]
    signed = (place / "manifest.json").read_bytes()
    subprocess.run([*words, "-s", str(place / "manifest.json.sig")], input=signed, check=True, capture_output=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_bit_a_cut_or_a_swap_is_never_taken(desk: Desk, place: Path, tmp_path: Path, data: st.DataObject) -> None:
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(place, copy)
    victim = data.draw(st.sampled_from(sorted(path for path in copy.rglob("*") if path.is_file())))
    content = victim.read_bytes()
    at = data.draw(st.integers(0, max(0, len(content) - 1)))
    match data.draw(st.sampled_from(("bit", "cut", "more", "gone"))):
        case "bit" if content:
            changed = bytearray(content)
            changed[at] ^= 1 << data.draw(st.integers(0, 7))
            victim.write_bytes(changed)
            if victim.suffix == ".sig" and _same_signature(content, bytes(changed)):
                return
        case "cut" if content:
            victim.write_bytes(content[:at])
        case "more" if victim.suffix != ".sig":
            victim.write_bytes(content + b"\n")
        case _:
            victim.unlink()
    assert codes(lambda: desk.open(copy)) <= {"E1921", "E1924", "E0100"}


def _same_signature(before: bytes, after: bytes) -> bool:
    """A line feed that became another blank, or text around the armour, leaves the signature what it was."""
    inner = [one.split(b"-----BEGIN SSH SIGNATURE-----")[-1].split(b"-----END SSH SIGNATURE-----")[0] for one in (before, after)]
    return b"".join(inner[0].split()) == b"".join(inner[1].split())


def test_only_people_of_the_list_count(desk: Desk, place: Path, tmp_path: Path) -> None:
    strange = desk.make(str(tmp_path / "strange"), key="stranger")
    assert codes(lambda: desk.open(strange)) == {"E1921"}
    revoked = tmp_path / "revoked"
    shutil.copy(desk.folder / "tanto.pub", revoked)
    assert codes(lambda: desk.open(place, revoked=revoked)) == {"E1921"}
    desk.allow('valid-before="20200101"')
    assert codes(lambda: desk.open(place)) == {"E1921"}
    desk.allow('namespaces="git"')
    assert codes(lambda: desk.open(place)) == {"E1921"}
    desk.allow()
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(desk.keys["tanto"])]
    other = subprocess.run(words, input=(place / "manifest.json").read_bytes(), capture_output=True, check=True)
    (place / "manifest.json.sig").write_bytes(other.stdout)
    assert codes(lambda: desk.open(place)) == {"E1921"}, "signed for another purpose"
    assert codes(lambda: sign(b"x", tmp_path / "none")) == {"E1920"}
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "passphrase", "-f", str(tmp_path / "locked")], check=True)
    assert codes(lambda: sign(b"x", tmp_path / "locked")) == {"E1920"}, "nobody is asked for a passphrase at night"


@pytest.mark.parametrize("kind", ["more", "above", "link", "folder-link", "pipe", "bundle-link"])
def test_what_the_manifest_does_not_name_is_refused(desk: Desk, place: Path, tmp_path: Path, kind: str) -> None:
    files = place / "files"
    opened = place
    match kind:
        case "more":
            (files / "cycle/more.yml").write_bytes(b"")
        case "above":
            (place / "autorun.inf").write_bytes(b"")
        case "link":
            (files / "cycle/plan.yml").unlink()
            (files / "cycle/plan.yml").symlink_to("/etc/hostname")
        case "folder-link":
            shutil.move(files / "cycle", tmp_path / "elsewhere")
            (files / "cycle").symlink_to(tmp_path / "elsewhere")
        case "pipe":
            (files / "cycle/plan.yml").unlink()
            os.mkfifo(files / "cycle/plan.yml")
        case _:
            opened = tmp_path / "link"
            opened.symlink_to(place)
    assert codes(lambda: desk.open(opened)) == {"E1924"}


BAD = [
    {"number": 0},
    {"number": True},
    {"kind": "../x"},
    {"purpose": "a\nb"},
    {"facts": []},
    {"previous": "x"},
    {"format": 2},
    {"more": 1},
    *(
        {"files": [[path, 0, sha256(b"")]]}
        for path in ("../x", "/x", "a/../../x", "a//b", ".git/config", "con", "a\\b", "x" * 200, "a/b/c/d/e")
    ),
    {"files": [["a", 0, sha256(b"")], ["A", 0, sha256(b"")]]},
    {"files": [["a", -1, sha256(b"")]]},
    {"files": [["a", 0]]},
    {"beside": [["a/b", 0, sha256(b"")]]},
]


@pytest.mark.parametrize("wrong", BAD, ids=str)
def test_a_wrong_manifest_is_refused_even_if_it_is_signed(desk: Desk, place: Path, wrong: dict[str, object]) -> None:
    content = json.loads((place / "manifest.json").read_bytes())
    data = json.dumps({**content, **wrong}).encode()
    (place / "manifest.json").write_bytes(data)
    (place / "manifest.json.sig").write_bytes(sign(data, desk.keys["tanto"]))
    assert codes(lambda: desk.open(place)) == {"E1922"}


def test_wrong_layer_and_large_files_beside(desk: Desk, tmp_path: Path) -> None:
    big = tmp_path / "export.xml.gz"
    big.write_bytes(os.urandom(3_000_000))
    place = desk.make(str(tmp_path / "medium"), beside=(bundle.measured(big),))
    assert codes(lambda: desk.open(place, layer="mn")) == {"E1925"}
    assert codes(lambda: desk.open(place)) == {"E1924"}, "nobody said where it is"
    assert desk.open(place, beside=tmp_path).manifest.beside[0].size == 3_000_000
    with big.open("r+b") as stream:
        stream.seek(2_000_000)
        stream.write(b"x" * 16)
    assert codes(lambda: desk.open(place, beside=tmp_path)) == {"E1924"}
    big.unlink()
    assert codes(lambda: desk.open(place, beside=tmp_path)) == {"E0100"}


def test_order_is_kept() -> None:
    first = manifest()
    bundle.follows(first, 0, "")
    second = manifest(2, bundle.digest_of(first))
    bundle.follows(second, 1, bundle.digest_of(first))
    assert codes(lambda: bundle.follows(first, 1, bundle.digest_of(first))) == {"E1926"}
    assert codes(lambda: bundle.follows(second, 2, bundle.digest_of(second))) == {"E1926"}
    assert codes(lambda: bundle.follows(second, 0, "")) == {"E1927"}
    assert codes(lambda: bundle.follows(second, 1, "0" * 64)) == {"E1928"}
