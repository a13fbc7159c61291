"""E06xx: evidence."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E0601": Entry(
        "evidence-unwritable",
        "証跡を記録できません（{reason}）。記録できない変更は行いません。何も変更していません",
        "the evidence cannot be recorded ({reason}); what cannot be recorded is not done; nothing was changed",
        "証跡フォルダの空き容量と権限を確認して、もう一度実行してください",
        "check free space and permissions of the evidence folder, then run again",
    ),
    "E0602": Entry(
        "evidence-altered",
        "証跡 {seq} の内容が記録時と異なります（改ざんまたは破損）",
        "the content of record {seq} is not what was recorded (altered or damaged)",
        "このファイルを保全し、監査担当に連絡してください",
        "keep the file as it is and tell the auditor",
    ),
    "E0603": Entry(
        "evidence-missing",
        "証跡 {seq} がありません",
        "record {seq} is missing",
        "バックアップと照合し、監査担当に連絡してください",
        "compare with the backup and tell the auditor",
    ),
    "E0604": Entry(
        "evidence-broken-link",
        "証跡 {seq} が直前の証跡とつながっていません（入れ替え、挿入、または削除）",
        "record {seq} does not continue the record before it (replaced, inserted or removed)",
        "バックアップと照合し、監査担当に連絡してください",
        "compare with the backup and tell the auditor",
    ),
    "E0605": Entry(
        "evidence-unreadable",
        "証跡ファイルを読めません（{reason}）",
        "the record cannot be read ({reason})",
        "バックアップと照合し、監査担当に連絡してください",
        "compare with the backup and tell the auditor",
    ),
    "E0606": Entry(
        "evidence-cut-off",
        "証跡の最後が控え（第 {seq} 号 {head}）と一致しません（末尾の削除など）",
        "the chain does not reach or match the noted head (record {seq}, {head})",
        "控えの出所とバックアップを照合し、監査担当に連絡してください",
        "compare the note's origin and the backup, and tell the auditor",
    ),
    "E0607": Entry(
        "evidence-not-closed",
        "実行は終わりましたが、証跡を閉じられません（{reason}）。計画は pending ファイルに残っています",
        "the run is over, but its record cannot be closed ({reason}); its plan stands in the pending file",
        "変更は適用済みの可能性があります。空き容量と権限を確認し、何か 1 つ実行すると証跡が閉じられます。対象の状態を確認してください",
        "changes may have been made: check free space and permissions; the next run closes the record; look at what was changed",
    ),
    "E0608": Entry(
        "evidence-folder-shared",
        "証跡フォルダにほかの人が書き込めます（権限 {mode}、所有者 {owner}）。何も変更していません",
        "others can write in the evidence folder (mode {mode}, owner {owner}); nothing was changed",
        "所有者を実行者か root にし、chmod go-w で書込権限を外してください",
        "make the operator or root its owner, and take the right to write from others (chmod go-w)",
    ),
}
