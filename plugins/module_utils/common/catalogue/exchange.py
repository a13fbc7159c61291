"""E08xx: changes of ledgers, exchange with Excel, merging, allocation."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E0801": Entry(
        "no-such-row-or-column",
        "台帳 {ledger}：{what_ja}",
        "ledger {ledger}: {what}",
        "台帳・列・キーの名前を確認してください（docs/reference/ledgers.md）",
        "look at the names of ledgers, columns and keys (docs/reference/ledgers.md)",
    ),
    "E0802": Entry(
        "ledger-not-usable",
        "台帳を変更できる状態ではありません：{what_ja}",
        "the ledger is not in a state to be changed: {what}",
        "make check がすべての誤りを示します。先に直してください",
        "make check names every error; mend them first",
    ),
    "E0803": Entry(
        "changed-meanwhile",
        "読み込んだ後に、別の人かプログラムがこの台帳を変更しました。何も書き込んでいません",
        "somebody else changed this ledger after it was read; nothing was written",
        "もう一度実行してください。新しい内容をもとに計算し直します",
        "start again: the new content is then taken into account",
    ),
    "E0804": Entry(
        "save-not-finished",
        "台帳の書込みが途中で止まっています（電源断や強制終了）。内容は失われていません",
        "a save of the ledgers was interrupted (power, kill); nothing is lost",
        "python -m wardops recover で残りを書き込んでください",
        "finish it: python -m wardops recover",
    ),
    "E0805": Entry(
        "git-refused",
        "Git が処理を断りました（{reason}）。台帳は変更していません",
        "Git refused ({reason}); no ledger was changed",
        "Git の管理下か、ブランチ名、git config user.name / user.email を確認してください",
        "is it a Git repository; is the branch name right; are git config user.name and user.email set",
    ),
    "E0806": Entry(
        "uncommitted-change",
        "この台帳にはコミットしていない変更があります。何も書き込んでいません",
        "this ledger has changes that are not committed; nothing was written",
        "先にコミットするか元に戻してください。手元のファイルに書くなら --write を使います",
        "commit or take them back first; --write works on the files as they are",
    ),
    "E0807": Entry(
        "branch-exists",
        "ブランチ {branch} は既にあります（以前の実行か別の人のもの）。何も書き込んでいません",
        "the branch {branch} exists already (an earlier run's or somebody else's); nothing was written",
        "別の名前にするか、不要なら git branch -D で消してください",
        "choose another name, or delete it with git branch -D when nobody needs it",
    ),
    "E0820": Entry(
        "number-not-recorded",
        "{title}「{value}」は採番台帳にある {prefix} の最後の番号 {last} より先の番号です（このファイルに {count} 件）",
        "{column}: {value} is beyond the last number of {prefix} in the ledger numbers, {last} ({count} in this file)",
        "番号を手で付けたか、マージで採番台帳が古い側に戻っています。python -m wardops allocate settle --write で記録してください",
        "a number was made up by hand, or a merge took the older numbers.csv: python -m wardops allocate settle --write records it",
    ),
    "E0821": Entry(
        "numbers-used-up",
        "接頭辞 {prefix} の番号（{digits} 桁）を使い切りました",
        "the numbers of the prefix {prefix} ({digits} digits) are used up",
        "policies/numbering.yml で桁数か接頭辞を見直してください。古い番号は再利用しません",
        "give numbering.yml more digits or another prefix; old numbers are not used again",
    ),
    "E0822": Entry(
        "no-free-address",
        "空きアドレスがありません（系統 {layer}、拠点 {site}、{floor} 階、ゾーン {zone}、{cidr}）",
        "there is no free address (layer {layer}, site {site}, floor {floor}, zone {zone}, {cidr})",
        "返却済み端末のアドレスを解放するか、別の階にするか、サブネットを増やしてください。解放したアドレスは休止日数が過ぎるまで使いません",
        "release addresses of returned terminals, choose another floor or add a subnet; a released address rests for some days first",
    ),
    "E0823": Entry(
        "no-such-subnet",
        "系統 {layer}、拠点 {site}、{floor} 階、ゾーン {zone} のサブネットがありません",
        "there is no subnet for layer {layer}, site {site}, floor {floor}, zone {zone}",
        "拠点と階を確認してください。正しければサブネット台帳に行を加えます",
        "look at site and floor; if they are right, add the subnet to the ledger subnets",
    ),
    "E0824": Entry(
        "no-number-form",
        "{what_ja}の番号の形が決まっていません",
        "no form of number is laid down for {what}",
        "policies/numbering.yml（系統の接頭辞は networks.yml）に加えてください",
        "add it to policies/numbering.yml (prefixes of layers: networks.yml)",
    ),
}
