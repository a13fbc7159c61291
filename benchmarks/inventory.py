"""``inventory.*``: the inventory plugin and the exporter beside what Ansible users have otherwise.

CPU seconds of whole processes. For ``list_hosts`` the start-up of Ansible (an inventory without hosts) is measured in the same turn
and subtracted from everything; the three inventories hold the same hosts, variables and groups (the check compares them once).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from . import wards
from .harness import BIN, PYTHON, REPOSITORY, Command, Figure, Measure, interleaved, median, report

PEERS = Path(__file__).parent / "peers"
HOSTS = 30_000
_ENV = {"WARDOPS_LAYER": "lgwan"}
_PLAIN = {"ANSIBLE_INVENTORY_PLUGINS": str(PEERS), "ANSIBLE_INVENTORY_ENABLED": "plain_csv"}
_YAML = {"ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml"}


def _says(hosts: int) -> Callable[[str], None]:
    def check(output: str) -> None:
        if f"hosts ({hosts})" not in output:
            raise RuntimeError(f"expected {hosts} hosts: {output[:400]}")

    return check


def _list_hosts(source: Path, hosts: int, **env: str) -> Command:
    argv = [str(BIN / "ansible"), "-i", str(source), "all", "--list-hosts"]
    return Command(argv, {**_ENV, **env}, check=_says(hosts))


def _empty() -> Command:
    argv = [str(BIN / "ansible"), "-i", str(wards.empty()), "all", "--list-hosts"]
    return Command(argv, {**_ENV, **_YAML})


def _contents(source: Path, **env: str) -> object:
    """An inventory as parsed JSON, without the marks of trust, which a static inventory's texts do not have."""
    command = [str(BIN / "ansible-inventory"), "-i", str(source), "--list"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=REPOSITORY, env={**os.environ, **_ENV, **env})
    document = json.loads(done.stdout, object_hook=lambda item: item.get("__ansible_unsafe", item) if len(item) == 1 else item)
    document["all"]["children"].sort()
    for group in document.values():
        if "hosts" in group:
            group["hosts"].sort()
    return document


def _same_data() -> None:
    """:raises RuntimeError: when the peers' inventories are not the same as ours (compared at 500 hosts)."""
    source = wards.ward(500)
    ours = _contents(source)
    if _contents(wards.static_yaml(source), **_YAML) != ours or _contents(wards.plain_csv(source), **_PLAIN) != ours:
        raise RuntimeError("the inventories of the peers differ from ours")


def list_hosts() -> None:
    wards.bytecode()
    _same_data()
    source, large = wards.ward(HOSTS), wards.ward(100_000)
    commands = {
        "empty": _empty(),
        "ours": _list_hosts(source, HOSTS),
        "ours 100k": _list_hosts(large, 100_000),
        "plain": _list_hosts(wards.plain_csv(source), HOSTS, **_PLAIN),
        "yaml": _list_hosts(wards.static_yaml(source), HOSTS, **_YAML),
    }
    # the static YAML inventory takes a minute a run; its warm-up would tell nothing
    measures: dict[str, list[Measure]] = interleaved(commands, warmup=0)
    start = median(measures["empty"], "cpu")
    cost = {name: median(found, "cpu") - start for name, found in measures.items()}
    note = f"start-up {start:.2f} s subtracted; {HOSTS} hosts, 12 variables, 400 groups"
    name = "inventory.list_hosts.30k"
    report(Figure(name, cost["ours"], cost["yaml"], "static YAML", "ratio >= 60", "CPU s", note))
    report(Figure(f"{name}.plain", cost["ours"], cost["plain"], "CSV plugin with add_host and set_variable", "ratio >= 6", "CPU s", note))
    growth = cost["ours 100k"] / cost["ours"]
    report(Figure(f"{name}.growth", growth, None, None, "ours <= 4", "cost of 100,000 hosts / cost of 30,000", note))


def export() -> None:
    wards.bytecode()
    source = wards.ward(HOSTS)
    argv = ["-i", str(source), "--list"]
    measures = interleaved(
        {
            "ours": Command([PYTHON, "-m", "wardops", "inventory", *argv], _ENV),
            "peer": Command([str(BIN / "ansible-inventory"), *argv], _ENV),
        }
    )
    ours, peer = median(measures["ours"], "cpu"), median(measures["peer"], "cpu")
    report(Figure("inventory.export.30k", ours, peer, "ansible-inventory --list", "ratio >= 40", "CPU s"))


FIGURES = {"inventory.list_hosts.30k": list_hosts, "inventory.export.30k": export}
