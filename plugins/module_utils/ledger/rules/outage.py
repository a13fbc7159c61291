"""The planned outage: a graph without cycles that holds every server exactly once, or leaves it out with a reason.

Source: specification VI-2-(1), (2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...common.problems import Problem
from ..data import Data, Ledger
from .registry import Rule


def edges_lead_somewhere(data: Data) -> Iterator[Problem]:
    """E0381 (dependency on a node that is not in the plan), E0384 (phase unknown), E0386 (node twice)."""
    policy = data.policy("outage")
    nodes = policy.value["nodes"]
    names = {node["node"] for node in nodes}
    phases = {phase["number"] for phase in policy.value["phases"]}
    seen: set[str] = set()
    for index, node in enumerate(nodes):
        if node["node"] in seen:
            yield policy.problem("E0386", ["nodes", index, "node"], value=node["node"])
        seen.add(node["node"])
        if node["phase"] not in phases:
            yield policy.problem("E0384", ["nodes", index, "phase"], value=node["node"], phase=node["phase"])
        for position, target in enumerate(node["depends_on"]):
            if target not in names:
                yield policy.problem("E0381", ["nodes", index, "depends_on", position], value=target, node=node["node"])


def phases_follow(data: Data) -> Iterator[Problem]:
    """E0385: a node stops in an earlier phase than one that depends on it."""
    policy = data.policy("outage")
    phase = {node["node"]: node["phase"] for node in policy.value["nodes"]}
    for index, node in enumerate(policy.value["nodes"]):
        for position, target in enumerate(node["depends_on"]):
            if phase.get(target, node["phase"]) < node["phase"]:
                params = {"node": node["node"], "phase": node["phase"], "value": target, "target_phase": phase[target]}
                yield policy.problem("E0385", ["nodes", index, "depends_on", position], **params)


def no_cycle(data: Data) -> Iterator[Problem]:
    """E0380: every cycle, named once, beginning with its first node in alphabetical order."""
    policy = data.policy("outage")
    graph = {node["node"]: list(node["depends_on"]) for node in policy.value["nodes"]}
    places = {node["node"]: index for index, node in enumerate(policy.value["nodes"])}
    for cycle in find_cycles(graph):
        yield policy.problem("E0380", ["nodes", places[cycle[0]], "depends_on"], cycle=" → ".join([*cycle, cycle[0]]))


def find_cycles(graph: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """At least one cycle of every group of nodes that reach each other; depth first, without recursion.

    A finished node is never entered again, so the work is linear in nodes and edges.
    """
    state: dict[str, int] = {}
    found: set[tuple[str, ...]] = set()
    for root in graph:
        if root in state:
            continue
        path, stack = [root], [iter(graph[root])]
        state[root] = 1
        while stack:
            target = next(stack[-1], None)
            if target is None:
                state[path.pop()] = 2
                stack.pop()
            elif state.get(target) == 1:
                cycle = path[path.index(target) :]
                start = cycle.index(min(cycle))
                found.add((*cycle[start:], *cycle[:start]))
            elif target in graph and target not in state:
                state[target] = 1
                path.append(target)
                stack.append(iter(graph[target]))
    return [list(cycle) for cycle in sorted(found)]


def nodes_and_servers(data: Data) -> Iterator[Problem]:
    """E0382 (node without a server), E0383 (server neither in the plan nor left out with a reason)."""
    policy, servers = data.policy("outage"), data.one("servers")
    nodes = {node["node"]: index for index, node in enumerate(policy.value["nodes"])}
    names = servers.column("name")
    if servers.whole("name"):
        known = set(names)
        for name, index in nodes.items():
            if name not in known:
                yield policy.problem("E0382", ["nodes", index, "node"], value=name)
    else:
        data.note("servers")
    rules = [item["match"] for item in policy.value["excluded"] if item["ledger"] == "servers"]
    for row, (name, status) in enumerate(servers.rows("name", "status")):
        if name and name not in nodes and status not in ("disposed", "stopped", "setup", "") and not _excluded(servers, row, rules):
            yield servers.problem("E0383", row, "name", value=name, plan=policy.value["plan"])


def _excluded(ledger: Ledger, row: int, rules: Sequence[Mapping[str, str]]) -> bool:
    return any(all(column in ledger.columns and ledger.column(column)[row] == value for column, value in rule.items()) for rule in rules)


RULES = (
    Rule("edges_lead_somewhere", edges_lead_somewhere, ("E0381", "E0384", "E0386")),
    Rule("phases_follow", phases_follow, ("E0385",)),
    Rule("no_cycle", no_cycle, ("E0380",)),
    Rule("nodes_and_servers", nodes_and_servers, ("E0382", "E0383")),
)
