"""The demo's stage: a copy of the ward of its own, its evidence and logs, and the ways to run things in the lab."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.mac import MacFormat
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward

LAYERS = ("lgwan", "mn", "inet")
SERVERS = {"lgwan": "10.200.0.21", "mn": "10.200.0.22", "inet": "10.200.0.23"}
#: as a switch of another make spells it; the server must understand any spelling
SWITCH = MacFormat(".", 4, upper=False)


def need(condition: object, text: str) -> None:
    """Raise ``AssertionError`` unless the condition holds (``assert`` would vanish under ``python -O``)."""
    if not condition:
        raise AssertionError(text)


class Stage:
    """The demo's own copy of the ward, its evidence, and the ways to run things in the lab."""

    def __init__(self, repository: Path, work: Path) -> None:
        self.repository = repository
        self.work = work
        self.inventories = work / "inventories"
        self.evidence = work / "evidence"
        shutil.copytree(repository / "inventories", self.inventories)
        self.ward = Ward(self.inventories / "sample")
        self._logs = itertools.count(1)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "helpdesk")
        self.git("config", "user.email", "helpdesk@ward.example")
        self.save("台帳")

    def command(self, words: list[str], env: Mapping[str, str] | None = None, *, name: str = "", good: tuple[int, ...] = (0,)) -> str:
        """Run a program, keep its output in a log; any exit code but the good ones raises."""
        environment = {**os.environ, "WARDOPS_EVIDENCE": str(self.evidence), "ANSIBLE_NOCOLOR": "1", **(env or {})}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run(
            words, cwd=self.repository, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        output = done.stdout + done.stderr
        (self.work / f"{next(self._logs):02d}-{name or Path(words[0]).name}.log").write_text(output, encoding="utf-8")
        if done.returncode not in good:
            raise subprocess.CalledProcessError(done.returncode, words, output)
        return output

    def git(self, *words: str) -> str:
        """Git on the ward's own repository."""
        return self.command(["git", "-C", str(self.inventories), "-c", "core.quotePath=false", *words], name="git")

    def save(self, message: str) -> None:
        """Commit the ward as it is."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")

    def wardops(self, *words: str, good: tuple[int, ...] = (0,)) -> str:
        """A command of ``python -m wardops`` on the demo's ward."""
        return self.command([sys.executable, "-m", "wardops", *words, "--ward", str(self.ward.root)], name=words[0], good=good)

    def lab(self, *words: str, env: Mapping[str, str] | None = None, name: str = "lab", good: tuple[int, ...] = (0,)) -> str:
        return self.command([sys.executable, "-m", "lab", *words], env, name=name, good=good)

    def play(self, playbook: str, layer: str, *words: str, good: tuple[int, ...] = (0,), declared: str = "") -> str:
        """Run a playbook on the lab's control host, which declares the layer."""
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        inventory = str(self.inventories / "lab" / layer)
        arguments = ["run", "--", program, "-i", inventory, f"playbooks/{playbook}.yml", *words]
        return self.lab(*arguments, env={"WARDOPS_LAYER": declared or layer}, name=f"{playbook}-{layer}", good=good)

    def counts(self) -> list[dict[str, int]]:
        """What the newest evidence record says was planned, for each server of the layer."""
        newest = max(self.evidence.glob("0*.json"))
        return [step["plan"]["counts"] for step in json.loads(newest.read_bytes())["steps"]]

    def ask(self, layer: str, mac: str) -> tuple[str, str]:
        """Ask the layer's RADIUS server about a MAC, from the NAS, with FreeRADIUS' own client: answer and VLAN."""
        spelled = SWITCH.render(mac)
        request = (
            f'User-Name = "{spelled}"\nUser-Password = "{spelled}"\nCalling-Station-Id = "{MacFormat("-", 2, upper=True).render(mac)}"\n'
            "Service-Type = Call-Check\nNAS-Port-Type = Ethernet\nMessage-Authenticator = 0x00\n"
        )
        with tempfile.NamedTemporaryFile("w", suffix=".txt", dir=self.work) as file:
            file.write(request)
            file.flush()
            # the secret is read from its file by the shell of the NAS, so that it is in no argument list
            script = 'exec radclient -x -r 2 -t 2 -S "$WARDLAB_DIR/secrets/WARDOPS_RADIUS_SECRET" -f "$1" "$2" auth'
            output = self.lab(
                "run", "--on", "nas1", "--", "sh", "-c", script, "sh", file.name, SERVERS[layer], name="radclient", good=(0, 1)
            )
        answer = re.search(r"Received (Access-\w+)", output)
        vlan = re.search(r'Tunnel-Private-Group-Id:?\w* = "?(\d+)', output)
        return (answer[1] if answer else "no answer", vlan[1] if vlan else "")

    def rows(self, layer: str) -> list[dict[str, str]]:
        return self.ward.table("terminals", layer).dicts()

    def terminal(self, layer: str, status: str, number: int = 0) -> dict[str, str]:
        return [row for row in self.rows(layer) if row["status"] == status and row["mac_lan"]][number]
