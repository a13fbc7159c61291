"""E11xx: history of ledgers."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1101": Entry(
        "not-in-history",
        "「{subject}」は、台帳のどの履歴にも証跡にもありません",
        "{subject} is found in no version of the ledgers and in no evidence record",
        "番号や綴りを確認してください。管理番号、IP・MACアドレス、コンピュータ名、製造番号、課コード・課名などで探せます",
        "look at the spelling; asset numbers, IP and MAC addresses, computer names, serial numbers, section codes and names are understood",
    ),
    "E1102": Entry(
        "history-git-refused",
        "Git の履歴を読めません（{reason}）",
        "the history cannot be read from Git ({reason})",
        "台帳のフォルダが Git の管理下にあるか、所有者と権限が正しいか、git fsck で異常がないかを確認してください",
        "is the ledgers' folder in a Git repository, do its owner and mode fit, does git fsck find damage",
    ),
    "E1103": Entry(
        "nothing-committed",
        "このフォルダの台帳は、まだ一度もコミットされていません",
        "the ledgers of this folder were never committed",
        "台帳をコミットしてから実行してください",
        "commit the ledgers first",
    ),
    "E1104": Entry(
        "sample-without-assets",
        "抽出の対象になる資産がありません（{reason_ja}）",
        "there is no asset to draw a sample from ({reason})",
        "期間や番号の一覧を見直してください",
        "look at the days, or at the list of numbers",
    ),
}
