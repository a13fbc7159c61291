"""``patch.replay_noop.80``: 80 approvals that stand are replayed on a WSUS that takes 20 ms for each answer; whole runs of Ansible.

The server is the stand-in of the client's tests (TLS, NTLM with channel binding on each connection) on a free port of 127.0.0.1. The peer
is the usual way: one task for each approval (a loop over our own module, which logs in and looks each time; 10 measured, scaled to 80).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from .harness import BIN, REPOSITORY, Command, Figure, interleaved, median, report

sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "collections")]
from tests.unit.wsus import endpoint as stand_in  # noqa: E402
from tests.unit.wsus import world as held  # noqa: E402

FOLDER = REPOSITORY / "build" / "bench" / "patch_wsus"
APPROVALS, PER_TASK, LATENCY = 80, 10, 0.020


def _ansible(name: str, tasks: list[dict[str, Any]], **more: Any) -> Command:
    play = {"name": name, "hosts": "localhost", "gather_facts": False, "vars": {"layer": "lgwan"}, "tasks": tasks}
    (FOLDER / f"{name}.yml").write_text(yaml.safe_dump([play], allow_unicode=True, sort_keys=False), encoding="utf-8")
    env = {
        "WARDOPS_LAYER": "lgwan",
        "WARDOPS_EVIDENCE": str(FOLDER / "evidence"),
        "WARDOPS_WSUS_USER": held.USER,
        "WARDOPS_WSUS_PASSWORD": stand_in.PASSWORD,
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }
    return Command([str(BIN / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(FOLDER / f"{name}.yml")], env=env, **more)


@contextmanager
def _server() -> Iterator[tuple[stand_in.Endpoint, dict[str, Any], list[dict[str, Any]]]]:
    """The server with everything approved, the arguments for it, and the approvals as data."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    world = held.World(updates=APPROVALS, computers=100)
    items = []
    for number in range(1, APPROVALS + 1):
        update = held.update_guid(number)
        world.approve(update, held.PILOT, deadline="2027-01-22T08:00:00")
        items.append({"update": update, "revision": 200 + number, "group": "先行適用", "deadline": "2027-01-22T17:00:00+09:00"})
    with stand_in.served(world, FOLDER, latency=LATENCY) as server:
        words = {name: value for name, value in server.arguments().items() if name not in ("user", "password")}
        yield server, words, items


def replay_noop() -> None:
    with _server() as (server, words, items):
        counted: list[int] = []

        def stood(output: str) -> None:
            counted.append(server.requests)
            server.requests = 0
            if f"unchanged={APPROVALS}" not in output:
                raise RuntimeError(output[-3000:])

        module = "ward.ops.wsus_update_approvals"
        show = {"name": "Show", "ansible.builtin.debug": {"msg": "unchanged={{ found.plan.counts.unchanged }}"}}
        ours = _ansible("ours", [{"name": "Replay", module: {**words, "approvals": items}, "register": "found"}, show], check=stood)
        start = _ansible("start", [{"name": "Show", "ansible.builtin.debug": {"msg": "nothing"}}])
        measures = interleaved({"ours": ours, "start": start})
        loop = {"name": "One approval", module: {**words, "approvals": ["{{ item }}"]}, "loop": items[:PER_TASK]}
        peers = interleaved({"peer": _ansible("peer", [loop]), "start": start}, runs=1, warmup=0)
        requests = max(counted)
    wall, cpu = (median(measures["ours"], what) - median(measures["start"], what) for what in ("wall", "cpu"))
    peer = (median(peers["peer"], "wall") - median(peers["start"], "wall")) * APPROVALS / PER_TASK
    whole = median(measures["ours"], "wall")
    note = f"whole run {whole:.2f} s; {cpu:.2f} CPU s over Ansible's start-up; {requests} HTTP requests, handshake included"
    report(Figure("patch.replay_noop.80", wall, None, None, "ours <= 1.5", "s wall", note))
    report(Figure("patch.replay_noop.80.requests", requests, None, None, "ours <= 10", "requests", ""))
    note = f"one task for each approval: {PER_TASK} measured once, scaled to {APPROVALS}"
    report(Figure("patch.replay_noop.80.per_task", wall, peer, "a loop over wsus_update_approvals", "ratio >= 10", "s wall", note))


FIGURES = {"patch.replay_noop.80": replay_noop}
