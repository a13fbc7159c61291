"""``wardops hostkeys``: nothing is recorded that a console has not confirmed. Devices are simulated (sim), fingerprints are ssh-keygen's.

covers: E1635, E1636, E1637, E1638, E1639, E1640
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.netsim.fleet import Fleet
from tests.netsim import Faults, Wanted, fleet

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("HON-SW-01", "HON-SW-02", "HON-SW-03")
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.71.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def running(port: int) -> Iterator[Fleet]:
    wanted = [Wanted(name=name, address=f"127.71.0.{number}", port=port) for number, name in enumerate(NAMES[:2], 1)]
    silent = Wanted(name=NAMES[2], address="127.71.0.3", port=port, faults=Faults(tcp="refuse"))
    with fleet(*wanted, silent) as made:
        yield made


@pytest.fixture
def command(tmp_path: Path, port: int) -> Command:
    (tmp_path / "ward/ledgers").mkdir(parents=True)
    rows = [f"{name},cisco_ios,127.71.0.{number},HON,lgwan,active" for number, name in enumerate(NAMES, 1)]
    header = "name,os_profile,mgmt_ip,site,layer,status"
    (tmp_path / "ward/ledgers/network_devices.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    known = {"WARDOPS_NETWORK_KNOWN_HOSTS": str(tmp_path / "known"), "WARDOPS_EVIDENCE": str(tmp_path / "evidence")}

    def call(action: str, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        whole = [sys.executable, "-m", "wardops", "hostkeys", action, *words, "--ward", str(tmp_path / "ward"), "--port", str(port)]
        surroundings = {**os.environ, "WARDOPS_LAYER": "lgwan", **known}
        done = subprocess.run(whole, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return call


def console(running: Fleet, name: str, tmp_path: Path, form: str = "sha256") -> str:
    """What the device's console prints: made by ssh-keygen from the simulator's key."""
    line = next(line for line in running.known_hosts.splitlines() if f"127.71.0.{NAMES.index(name) + 1}]" in line)
    path = tmp_path / f"{name}.pub"
    path.write_text(line.split(maxsplit=1)[1] + "\n", encoding="ascii")
    if form == "key":
        return path.read_text("ascii")
    done = subprocess.run(["ssh-keygen", "-l", "-E", form, "-f", str(path)], capture_output=True, text=True, check=True)
    return done.stdout.split()[1]


def test_from_nothing_to_known(tmp_path: Path, running: Fleet, command: Command) -> None:
    assert "3 of 3" in command("list", code=1).stderr
    rows = json.loads(command("scan", "--format", "json", code=1).stdout)
    assert {(row["name"], row["verdict"]) for row in rows} == {(NAMES[0], "unknown"), (NAMES[1], "unknown"), (NAMES[2], "")}
    first, second = (console(running, name, tmp_path, form) for name, form in ((NAMES[0], "sha256"), (NAMES[1], "md5")))
    assert first in {row["sha256"] for row in rows}
    assert second in {row["md5"] for row in rows}

    command("record", NAMES[0], first, "--check")
    assert not (tmp_path / "known").exists()
    assert not (tmp_path / "evidence").exists()

    listing = tmp_path / "seen.csv"
    listing.write_text(f"name,fingerprint\n{NAMES[0]},{first}\n{NAMES[1]},{second}\n{NAMES[2]},{first}\n", encoding="utf-8-sig")
    done = command("record", "--from", str(listing), code=1)
    assert "E1638" in done.stderr, "the silent one is named, the others are recorded"
    found = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(tmp_path / "known")], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(found) == 2
    assert any(first in line for line in found)
    assert "1 of 3" in command("list", code=1).stderr
    before = (tmp_path / "known").read_bytes()
    assert "記録済み" in command("record", NAMES[0], console(running, NAMES[0], tmp_path, "key")).stdout
    assert (tmp_path / "known").read_bytes() == before
    record = json.loads(next((tmp_path / "evidence").glob("0*.json")).read_bytes())
    assert [item["name"] for item in record["plan"]["items"]] == list(NAMES[:2])


def test_another_key_is_refused_until_a_reason_is_given(tmp_path: Path, running: Fleet, command: Command) -> None:
    first = console(running, NAMES[0], tmp_path)
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(tmp_path / "other")], check=True)
    wrong = (tmp_path / "other.pub").read_text("ascii").strip()
    other = subprocess.run(["ssh-keygen", "-lf", str(tmp_path / "other")], capture_output=True, text=True, check=True).stdout.split()[1]
    assert "E1636" in command("record", NAMES[0], other, code=1).stderr
    assert not (tmp_path / "known").exists()

    # the spare in the dead device's place: the address has the key of another device; a hashed name, a list of names
    port = running.devices[0].port
    old = f"# comment\n[127.71.0.1]:{port},[127.71.0.9]:{port} {wrong}\n"
    (tmp_path / "known").write_text(old, encoding="ascii")
    assert "記録と違う" in command("scan", NAMES[0], code=1).stdout
    refused = command("record", NAMES[0], first, code=1)
    assert "E1637" in refused.stderr
    assert other in refused.stderr
    assert first in refused.stderr
    command("record", NAMES[0], first, "--replace", code=2)
    assert (tmp_path / "known").read_text("ascii") == old

    command("record", NAMES[0], first, "--replace", "--reason", "WO-1 交換")
    left = (tmp_path / "known").read_text("ascii").splitlines()
    assert left[:2] == ["# comment", f"[127.71.0.9]:{port} {wrong}"]
    assert "記録済み" in command("scan", NAMES[0]).stdout

    (tmp_path / "known").write_text(f"[127.71.0.1]:{port} {wrong}\n", encoding="ascii")
    subprocess.run(["ssh-keygen", "-H", "-f", str(tmp_path / "known")], check=True, capture_output=True)
    command("record", NAMES[0], first, "--replace", "--reason", "WO-1")
    assert len((tmp_path / "known").read_text("ascii").splitlines()) == 1

    (tmp_path / "known").write_text(f"[127.71.0.*]:{port} {wrong}\n", encoding="ascii")
    assert "E1639" in command("record", NAMES[0], first, "--replace", "--reason", "WO-1", code=1).stderr

    (tmp_path / "known").write_text(f"@revoked * {console(running, NAMES[0], tmp_path, 'key')}", encoding="ascii")
    assert "E1637" in command("record", NAMES[0], first, "--replace", "--reason", "WO-1", code=1).stderr


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("name,fingerprint\nHON-SW-01,hello\n", "E1635"),
        ("name,fingerprint\nHON-SW-01,ssh-rsa ***\n", "E1635"),
        ("device,fp\nHON-SW-01,x\n", "E1640"),
        ("name,fingerprint\nHON-SW-01\n", "E1640"),
        ("name,fingerprint\nHON-SW-01,x\nHON-SW-01,y\n", "E1640"),
        ("name,fingerprint\nHON-SW-99,x\n", "E1640"),
        ("", "E1640"),
    ],
)
@pytest.mark.usefixtures("running")
def test_a_wrong_list(tmp_path: Path, command: Command, content: str, code: str) -> None:
    (tmp_path / "seen.csv").write_text(content, encoding="utf-8")
    assert code in command("record", "--from", str(tmp_path / "seen.csv"), code=1).stderr
    assert not (tmp_path / "known").exists()
