"""E160x and E161x: platforms of network devices, and answers that are whole."""

from __future__ import annotations

from .entry import Entry

_INCOMPLETE_JA = "回線と機器の負荷を確かめて、もう一度実行してください（保管済みの設定はそのままです）"
_INCOMPLETE = "check line and load of the device and run again; what is stored stays as it is"

ENTRIES: dict[str, Entry] = {
    "E1600": Entry(
        "platform-unknown",
        "機種 {name} の定義がありません（ある: {known}）",
        "there is no platform {name} (known: {known})",
        "台帳の os_profile を直すか、plugins/module_utils/network/platforms に定義を加えてください",
        "mend os_profile in the ledger, or add a platform file",
    ),
    "E1601": Entry(
        "platform-file-wrong",
        "機種の定義を読めません: {key}（{reason_ja}）",
        "the platform file cannot be used: {key} ({reason})",
        "docs/developers-network.md の項目と見比べて直してください",
        "compare it with docs/developers-network.md",
    ),
    "E1602": Entry(
        "platform-sends-banned",
        "機器に送ってはならないコマンドです: {command}",
        "this must never be sent to a device: {command}",
        "定義から取り除いてください（他の管理者の作業を奪う、再起動や消去になる、または全情報を集めるコマンドです）",
        "take it out: it takes over a session, restarts or empties a device, or collects everything",
    ),
    "E1610": Entry(
        "answer-without-prompt",
        "{platform} の {command} の応答がプロンプトで終わっていません（途中で切れています）",
        "the answer to {command} of {platform} does not end with a prompt: it was cut off",
        _INCOMPLETE_JA,
        _INCOMPLETE,
    ),
    "E1611": Entry(
        "command-refused",
        "{platform} が {command} のコマンドを受け付けませんでした",
        "{platform} refused the command for {command}",
        "利用者の権限と、台帳の os_profile が機器に合っているかを確かめてください",
        "check the user's privilege, and whether os_profile in the ledger fits the device",
    ),
    "E1612": Entry(
        "answer-without-start",
        "{platform} の {command} の応答に、設定の始まりの印がありません",
        "the answer to {command} of {platform} has no start marker",
        _INCOMPLETE_JA,
        _INCOMPLETE,
    ),
    "E1613": Entry(
        "answer-without-end",
        "{platform} の {command} の応答に、設定の終わりの印がありません（途中で切れています）",
        "the answer to {command} of {platform} has no end marker: it was cut off",
        _INCOMPLETE_JA,
        _INCOMPLETE,
    ),
    "E1614": Entry(
        "answer-too-short",
        "{platform} の {command} の応答が短すぎます（{lines} 行、少なくとも {least} 行のはず）",
        "the answer to {command} of {platform} is too short ({lines} lines, at least {least})",
        _INCOMPLETE_JA,
        _INCOMPLETE,
    ),
    "E1615": Entry(
        "answer-not-closed",
        "{platform} の {command} の応答で、開いたブロック {opened} 個と閉じたブロック {closed} 個が合いません",
        "the answer to {command} of {platform} opens {opened} blocks and closes {closed}",
        _INCOMPLETE_JA,
        _INCOMPLETE,
    ),
    "E1616": Entry(
        "config-of-another-device",
        "台帳の {device}（{address}）は、自分を {shown} と名乗りました",
        "{device} of the ledger ({address}) calls itself {shown}",
        "何も保管していません。台帳の管理 IP アドレスと、機器の名前の設定を確かめてください。"
        "名前が違ってよい機器は、policies/network.yml の backup.other_names に書いてください",
        "nothing was stored; check the ledger's management address and the name that is set in the device; "
        "a device that may have another name goes into backup.other_names of policies/network.yml",
    ),
}
