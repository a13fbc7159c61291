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
    "E1740": Entry(
        "pattern-is-none",
        "規則 {rule} のパターンが正規表現になっていません: {pattern}（{reason}）",
        "a pattern of the rule {rule} is no regular expression: {pattern} ({reason})",
        "パターンを直してください（記号そのものを表すには前に \\ を付けます）",
        "mend the pattern; a sign that stands for itself needs a backslash",
    ),
    "E1741": Entry(
        "rule-without-value",
        "規則 {rule} の <{name}> に当たる値が系統 {layer} にありません",
        "the rule {rule} needs <{name}>, which the layer {layer} does not have",
        "compliance.yml の values に書いてください",
        "write it into values of compliance.yml",
    ),
    "E1742": Entry(
        "config-not-compliant",
        "規則に合わない設定があります: {failed} 件（{devices} 台）、設定が一度も取れていない機器 {without} 台",
        "configs break rules: {failed} findings on {devices} devices; {without} devices have no config at all",
        "一覧の不適合を直すか、期限付きの例外（exceptions.yml、種別 config_compliance）の承認を得てください",
        "mend what the list names, or get an exception with an end approved (exceptions.yml, config_compliance)",
    ),
    "E1750": Entry(
        "report-of-nothing",
        "報告する機器がありません（系統 {layer}）",
        "there is no device to report in the layer {layer}",
        "--limit の指定と、台帳 network_devices を確かめてください",
        "check --limit and network_devices",
    ),
    "E1751": Entry(
        "configs-need-attention",
        "確認が要ります: 設定が取れていない機器 {unread} 台、承認時から変わった機器 {drift} 台、保存されていない設定 {unsaved} 台",
        "needs a look: {unread} devices without a fresh config, {drift} changed since approval, {unsaved} not saved on the device",
        "報告の一覧を上から順に確かめ、変更が正しければ python -m wardops configs approve で承認してください",
        "go through the report; approve what is right with python -m wardops configs approve",
    ),
}
