"""E15xx: SKYSEA Client View registration."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1501": Entry(
        "skysea-file-differs",
        "SKYSEA の出力ファイルがプロファイルの形と違います：{reason_ja}",
        "the SKYSEA export is not what the profile says: {reason}",
        "出力の設定を確認し、playbooks/check_skysea_profile.yml で列ごとの違いを見てください。何も書き出していません",
        "look at the console's export settings, and at the columns with playbooks/check_skysea_profile.yml; nothing was written",
    ),
    "E1502": Entry(
        "skysea-row-unreadable",
        "SKYSEA の出力に読めない行があります：{reason_ja}",
        "a row of the SKYSEA export cannot be read: {reason}",
        "出力し直すか、policies/skysea.yml の列の定義を直してください。何も書き出していません",
        "export again, or mend the columns in policies/skysea.yml; nothing was written",
    ),
    "E1503": Entry(
        "skysea-value-unfit",
        "SKYSEA の列「{title}」に入れられない値です：{reason_ja}",
        "the value does not fit SKYSEA's column {title}: {reason}",
        "台帳の値か policies/skysea.yml を直してください。この行だけ登録を見送りました",
        "mend the ledger's value or policies/skysea.yml; only this row was left out",
    ),
    "E1504": Entry(
        "skysea-licences",
        "登録する端末 {count} 台が SKYSEA のライセンス数 {licences} を超えます",
        "{count} terminals are to be registered, but there are {licences} SKYSEA licences",
        "返却した端末の状態を確かめるか、ライセンスを追加して policies/skysea.yml の数を改めてください。何も書き出していません",
        "look for returned terminals, or buy licences and raise the number in policies/skysea.yml; nothing was written",
    ),
    "E1505": Entry(
        "usb-not-identified",
        "USB機器 {device} を一つに決められません（シリアルも、機種で許可する理由もありません）",
        "USB device {device} is not identified: neither a serial nor a reason to allow the whole model",
        "シリアルを台帳に書くか、identify_by を model にして理由と承認者を書いてください",
        "write its serial, or identify it by model with reason and approver",
    ),
    "E1506": Entry(
        "usb-identity-twice",
        "USB機器 {device} と {first} の VID・PID・シリアルが同じです（{identity}）。どちらも登録を見送りました",
        "USB devices {device} and {first} have the same VID, PID and serial ({identity}); neither was registered",
        "現物を確認し、誤った行を直してください",
        "look at the devices and mend the wrong row",
    ),
    "E1507": Entry(
        "skysea-export-old",
        "SKYSEA の出力ファイルが古すぎます（{days} 日前、上限 {limit} 日）",
        "the SKYSEA export is too old ({days} days, limit {limit})",
        "コンソールから出力し直してください。古い状態と比べると、余計な登録・削除になります",
        "export again: a comparison with an old state would register or delete too much",
    ),
    "E1508": Entry(
        "skysea-key-twice",
        "SKYSEA の出力に「{value}」が 2 行あります",
        "{value} is in the SKYSEA export twice",
        "コンソールで重複を解消し、出力し直してください",
        "remove the duplicate in the console and export again",
    ),
    "E1509": Entry(
        "skysea-no-console",
        "系統 {layer} には SKYSEA のコンソールがありません（policies/skysea.yml の licences）",
        "the layer {layer} has no SKYSEA console (licences in policies/skysea.yml)",
        "WARDOPS_LAYER とインベントリを確認してください",
        "look at WARDOPS_LAYER and the inventory",
    ),
    "E1510": Entry(
        "skysea-ledger-row-unusable",
        "台帳の行から登録を決められません：{reason_ja}。コンソールの今の内容は変えません",
        "nothing can be registered from this row of the ledger: {reason}; what the console has stays as it is",
        "make check の誤りを直してから、もう一度実行してください",
        "mend what make check finds, then run again",
    ),
}
