"""E173x to E175x: reachability, compliance and reports of network devices."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1730": Entry(
        "fping-missing",
        "fping がこの制御ノードにありません",
        "this control node has no fping",
        "パッケージ fping を入れてください",
        "install the package fping",
    ),
    "E1731": Entry(
        "sweep-impossible",
        "疎通確認を実行できません: {reason}",
        "the sweep cannot be run: {reason}",
        "fping を手で実行して確かめてください（権限、経路）",
        "try fping by hand: rights, routes",
    ),
    "E1732": Entry(
        "sweep-of-nothing",
        "疎通を確かめる機器がありません（系統 {layer}）",
        "there is no device to ask in the layer {layer}",
        "--limit の指定と、台帳 network_devices の状態・管理IPアドレスを確かめてください",
        "check --limit, and status and mgmt_ip in network_devices",
    ),
    "E1733": Entry(
        "device-silent",
        "応答がありません（この先で届かない機器: {behind} 台）",
        "does not answer; {behind} devices behind it cannot be reached either",
        "電源・上位の配線・上位機器のポートを順に確かめてください",
        "check power, uplink cable and the port above, in this order",
    ),
}
