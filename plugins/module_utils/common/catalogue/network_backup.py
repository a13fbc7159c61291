"""E163x to E165x: reading the configs of network devices, host keys."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1630": Entry(
        "known-hosts-damaged",
        "ホスト鍵の一覧の行が読めません: {reason_ja}",
        "this line of the list of host keys cannot be read: {reason}",
        "行を直すか、機器のコンソールで指紋を確かめてから記録し直してください（手引き「設定バックアップ」）",
        "mend the line, or record the key again after comparing its fingerprint at the console",
    ),
    "E1631": Entry(
        "backup-of-nothing",
        "設定を取る機器がありません（系統 {layer}）",
        "there is no device to read in the layer {layer}",
        "--limit の指定と、台帳 network_devices の状態・設定バックアップを確かめてください",
        "check --limit, and status and config_backup in network_devices",
    ),
    "E1632": Entry(
        "no-account",
        "機器に入るアカウントがありません: {reason_ja}",
        "there is no account for the devices: {reason}",
        "user と、password か key を vault か環境変数から渡してください",
        "give user, and password or key, from the vault or the environment",
    ),
    "E1633": Entry(
        "config-policy-wrong",
        "network.yml の {key} の値が使えません: {value}",
        "network.yml: {key} cannot be {value}",
        "python -m wardops check で確かめて直してください",
        "look with python -m wardops check, and mend it",
    ),
    "E1634": Entry(
        "backup-needs-a-look",
        "設定が取れていない機器があります: {failed} 台（{by_status}）",
        "configs were not read of {failed} devices ({by_status})",
        "一覧の結果ごとに、手引き「設定バックアップ」の表に従って対処してください",
        "do for each result what the operators' guide network-backup.md says",
    ),
}
