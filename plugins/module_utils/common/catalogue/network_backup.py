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
    "E1635": Entry(
        "no-fingerprint",
        "指紋でも公開鍵でもありません: {value}",
        "this is neither a fingerprint nor a public key: {value}",
        "コンソールに出た SHA256:…、MD5 の 16 組、または ssh-rsa で始まる公開鍵をそのまま写してください",
        "copy what the console prints: SHA256:…, 16 pairs of MD5, or the public key that begins with ssh-…",
    ),
    "E1636": Entry(
        "fingerprint-differs",
        "機器が示すホスト鍵が、コンソールの指紋と違います（示された鍵: {shown}、コンソール: {given}）",
        "the device shows another host key than its console prints (shown: {shown}; console: {given})",
        "写し間違いでなければ、別の機器か盗聴者が答えています。記録も接続もせず、セキュリティ担当へ連絡してください",
        "unless it was copied wrongly, another device or an eavesdropper answers: do not connect, call the security officer",
    ),
    "E1637": Entry(
        "another-key-recorded",
        "別のホスト鍵が記録されています（記録: {recorded}、いま示された鍵: {shown}）",
        "another host key is recorded (recorded: {recorded}; shown now: {shown})",
        "交換・初期化の記録があり、コンソールの指紋と合うときだけ --replace --reason 理由 を付けてください。@revoked の鍵は使えません",
        "only after a replacement or reset on record: add --replace --reason TEXT; a revoked key is never taken",
    ),
    "E1638": Entry(
        "no-host-key-shown",
        "ホスト鍵を取れません（{address}）: {reason_ja}",
        "the device shows no host key ({address}): {reason}",
        "電源・配線・管理 IP・SSH の設定を確かめ、もう一度実行してください",
        "check power, cables, management address and SSH of the device, and try again",
    ),
    "E1639": Entry(
        "key-in-a-pattern",
        "消す鍵が、ほかの機器も指す行（* や ? のある行）にあります（{address}）",
        "the key that shall go stands in a line with a pattern, which names other devices too ({address})",
        "その行を人が直してから、もう一度実行してください",
        "mend that line by hand, then try again",
    ),
    "E1640": Entry(
        "fingerprint-list-wrong",
        "指紋の一覧の行が使えません: {reason_ja}",
        "this line of the list of fingerprints cannot be used: {reason}",
        "見出し name,fingerprint の CSV に、台帳の機器名とコンソールの指紋を書いてください",
        "a CSV with the header name,fingerprint: the ledger's device name and what its console prints",
    ),
}
