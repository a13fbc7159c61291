"""E1700-E1729: replacement of network devices, and loading of configurations."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1700": Entry(
        "no-dialect",
        "プラットフォーム「{platform}」の設定の書き方が登録されていません（登録済み: {known}）",
        "nothing is known of how {platform} writes its configuration (known: {known})",
        "台帳の os_profile を確認し、新しい機種なら plugins/module_utils/network/dialects.yml に追加してください",
        "look at os_profile in the ledger; add a new platform to plugins/module_utils/network/dialects.yml",
    ),
    "E1701": Entry(
        "unit-not-fit",
        "{name} は使えません: {what_ja}",
        "{name} cannot be used: {what}",
        "台帳 network_devices の状態・製造番号・MAC アドレスを、現物のラベルと照合してください",
        "compare status, serial number and MAC in the ledger network_devices with the label of the unit",
    ),
    "E1702": Entry(
        "other-model",
        "予備機 {spare} の型番 {new} は、故障機 {dead} の型番 {old} と違います",
        "the spare {spare} is a {new}, the dead {dead} is a {old}",
        "同じ型番の予備機を使うか、インターフェース名の対応表(old,new の CSV)を --mapping で渡してください",
        "take a spare of the same model, or give a mapping of interface names (CSV old,new) with --mapping",
    ),
    "E1703": Entry(
        "mapping-unfit",
        "インターフェース名の対応表が使えません: {what_ja}",
        "the mapping of interface names cannot be used: {what}",
        "列 old,new の CSV で、設定に出てくる名前をすべて 1 回ずつ書いてください",
        "write a CSV with the columns old,new, with every name that the configuration has, once",
    ),
    "E1704": Entry(
        "other-platform",
        "予備機 {spare} の OS({new})は故障機 {dead} の OS({old})と違います",
        "the spare {spare} runs {new}, the dead {dead} ran {old}",
        "同じ OS の予備機を使ってください。設定を別の OS に書き換えることはしません",
        "take a spare with the same platform; configurations are not translated",
    ),
    "E1705": Entry(
        "no-good-copy",
        "{name} の設定の控えがありません",
        "there is no stored configuration of {name}",
        "`python -m wardops configs list` で最終成功日時を確認し、なければ同じ階の機器の設定から手で作ってください",
        "see `python -m wardops configs list`; without a copy, make one by hand from a neighbour's",
    ),
    "E1706": Entry(
        "cuts-own-access",
        "流し込むと自分の接続が切れる行があります: {typed}",
        "a line would cut the connection that loads it: {typed}",
        "設定を確認し、その行だけをコンソールから入れてください。何も変更していません",
        "look at the configuration and type that line at the console; nothing was changed",
    ),
    "E1707": Entry(
        "line-refused",
        "機器が {number} 行目を受け付けませんでした（{typed}）。{state_ja}",
        "the device refused line {number} ({typed}); {state}",
        "ファームウェアの版と型番の違いを確認し、その行を直すか外してからもう一度実行してください",
        "compare firmware and model, mend or leave out the line, then run again",
    ),
    "E1708": Entry(
        "verification-failed",
        "流し込んだ設定が意図と {count} か所違います（{first}）。{state_ja}",
        "the running configuration differs from the intended one in {count} places ({first}); {state}",
        "差分を確認し、原因(版の違い・受け付けない行)を直してからもう一度実行してください",
        "look at the differences, mend the cause, then run again",
    ),
    "E1709": Entry(
        "connection-lost",
        "{address} との接続が切れました（{reason}）。{state_ja}",
        "the connection to {address} was lost ({reason}); {state}",
        "配線・電源・管理アドレスを確認し、機器が今動かしている設定を確かめてからもう一度実行してください",
        "check cables, power and the management address, see which configuration the device runs, then run again",
    ),
    "E1710": Entry(
        "no-way-in",
        "{address} に接続できません（{reason}）",
        "cannot connect to {address} ({reason})",
        "電源・管理用の配線・アドレス・利用者を確認してください。ホスト鍵が違うときは、チェックシートの指紋と照合して登録してください",
        "check power, management cable, address and user; when the host key differs, compare its fingerprint on the sheet and record it",
    ),
    "E1711": Entry(
        "cannot-load",
        "{platform} は人が流し込みます（{reason_ja}）。意図した設定と {count} か所違います",
        "a person loads {platform} ({reason}); it differs from the intended configuration in {count} places",
        "下の手順（チェックシートにもあります）をコンソールで行い、もう一度実行してください。照合と控えだけを行います",
        "do the steps at the console, then run this again: it verifies and backs up",
    ),
    "E1712": Entry(
        "links-missing",
        "リンクが上がらないポートがあります: {ports}",
        "ports without link: {ports}",
        "チェックシートのポート表でケーブルを確認し、挿し直してください",
        "look at the port table of the check sheet and plug the cables in again",
    ),
    "E1713": Entry(
        "not-saved",
        "設定は照合済みですが、機器が保存を受け付けませんでした（{reason}）",
        "the configuration is verified, but the device did not save it ({reason})",
        "再起動すると設定が消えます。コンソールで保存し、この手順をもう一度実行してください",
        "a restart would lose it: save at the console and run again",
    ),
    "E1714": Entry(
        "output-folder-shared",
        "{folder} はほかの利用者が読めるため、秘密を含む設定を書き出せません",
        "others can read {folder}: no configuration with secrets is written there",
        "chmod 700 にするか、別のフォルダを指定してください",
        "chmod 700, or give another folder",
    ),
    "E1715": Entry(
        "line-not-typed",
        "流し込めない行があります: {typed}（{reason_ja}）",
        "a line must not be typed: {typed} ({reason})",
        "何も変更していません。保管した設定のその行を確かめ、正しい設定ならコンソールから入れてください。心当たりがなければセキュリティ担当へ連絡してください",
        "nothing was changed; look at that line of the stored configuration; type it at the console if it is right, else tell security",
    ),
    "E1716": Entry(
        "link-record-damaged",
        "リンクの記録が壊れています（{reason}）",
        "the record of links is damaged ({reason})",
        "ファイルを別の名前に変えて残し、`playbooks/record_link_states.yml` で取り直してください。交換そのものには要りません",
        "rename the file and record anew with `playbooks/record_link_states.yml`; a replacement does not need it",
    ),
}
