"""``tools/setup_apt.sh``: no service starts while packages are installed, and the machine's own policy is there again afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OWN = "#!/bin/sh\n# the machine's own policy\nexit 0\n"


class Machine:
    """The script with its three absolute paths moved into a folder, and a stand-in for apt-get."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.policy = root / "usr/sbin/policy-rc.d"
        self.cluster = root / "etc/postgresql-common/createcluster.d/wardops-setup.conf"
        self.log = root / "apt.log"
        for folder in ("usr/sbin", "run/lock", "bin"):
            (root / folder).mkdir(parents=True)
        text = (ROOT / "tools/setup_apt.sh").read_text(encoding="utf-8")
        for prefix in ("/usr/sbin/", "/etc/", "/run/lock/"):
            text = text.replace(prefix, f"{root}{prefix}")
        self.script = root / "setup_apt.sh"
        self.script.write_text(text, encoding="utf-8")
        self.apt("true")

    def apt(self, body: str) -> None:
        """What apt-get does when it installs, after noting what it was asked and what the policy says."""
        path = self.root / "bin/apt-get"
        lines = [
            f"#!{shutil.which('bash')}",
            f'echo "$DEBIAN_FRONTEND $*" >>{self.log}',
            '[[ " $* " == *" install "* ]] || exit 0',
            f'sh {self.policy}; echo "policy $?" >>{self.log}',
            f"cat {self.cluster} >>{self.log}",
            body,
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        path.chmod(0o755)

    def start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"}
        return subprocess.Popen(["bash", self.script, "freeradius", "postgresql"], env=environment, stdout=subprocess.DEVNULL)

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file() and "sbin" in str(path))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_services_do_not_start_and_nothing_is_left(machine: Machine) -> None:
    assert machine.start().wait(timeout=30) == 0
    update, install, policy, *cluster = machine.log.read_text(encoding="utf-8").splitlines()
    assert update.startswith("noninteractive ")
    assert update.endswith(" update")
    assert "DPkg::Lock::Timeout=300" in install
    assert "--no-install-recommends" in install
    assert install.endswith(" freeradius postgresql")
    assert policy == "policy 101"
    assert "create_main_cluster = false" in cluster
    assert machine.files() == []
    assert not machine.cluster.exists()


@pytest.mark.parametrize(("body", "code"), [("true", 0), ("exit 100", 100)])
def test_the_machine_s_own_policy_comes_back(machine: Machine, body: str, code: int) -> None:
    machine.policy.write_text(OWN, encoding="utf-8")
    machine.apt(body)
    assert machine.start().wait(timeout=30) == code
    assert "policy 101" in machine.log.read_text(encoding="utf-8")
    assert machine.policy.read_text(encoding="utf-8") == OWN
    assert machine.files() == ["usr/sbin/policy-rc.d"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_an_interrupted_run_puts_it_back(machine: Machine, how: signal.Signals) -> None:
    machine.policy.write_text(OWN, encoding="utf-8")
    machine.apt("sleep 1")
    run = machine.start()
    while not machine.log.exists() or "policy 101" not in machine.log.read_text(encoding="utf-8"):
        time.sleep(0.02)
    run.send_signal(how)
    assert run.wait(timeout=30) in {129, 130, 143, 0 if how is signal.SIGINT else 143}
    assert machine.policy.read_text(encoding="utf-8") == OWN
    assert machine.files() == ["usr/sbin/policy-rc.d"]


def test_what_a_killed_run_left_is_put_right_by_the_next(machine: Machine) -> None:
    machine.policy.write_text(OWN, encoding="utf-8")
    machine.apt("sleep 3")
    run = machine.start()
    while not machine.log.exists() or "policy 101" not in machine.log.read_text(encoding="utf-8"):
        time.sleep(0.02)
    run.kill()
    run.wait(timeout=30)
    assert "exit 101" in machine.policy.read_text(encoding="utf-8")
    machine.apt("true")
    assert machine.start().wait(timeout=30) == 0
    assert machine.policy.read_text(encoding="utf-8") == OWN
    assert machine.files() == ["usr/sbin/policy-rc.d"]
