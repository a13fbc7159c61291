"""E04xx: layers and inventory."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E0401": Entry(
        "layer-undeclared",
        "この管理端末の系統（三層分離の層）が宣言されていません",
        "this control node declares no network layer",
        "{file} に lgwan などの系統名を 1 語で書くか、環境変数 {variable} を設定してください",
        "write one word such as lgwan into {file}, or set {variable}",
    ),
    "E0402": Entry(
        "layer-contradiction",
        "この管理端末の系統は {declared} ですが、環境変数は {asked} を指定しています",
        "this control node declares {declared}, but the environment says {asked}",
        "対象の系統の管理端末で実行してください",
        "run this on a control node of the layer that you mean",
    ),
    "E0403": Entry(
        "layer-crossing",
        "この管理端末の系統は {declared} ですが、{asked} の機器を対象にしようとしました。何も実行していません",
        "this control node belongs to {declared}, but the run asks for {asked}; nothing was done",
        "対象の系統の管理端末で実行してください。系統をまたぐ実行はできません",
        "run this on a control node of that layer; a run never crosses layers",
    ),
    "E0404": Entry(
        "inventory-source",
        "インベントリの定義が不正です（{reason_ja}）",
        "the inventory source is wrong ({reason})",
        "ansible-doc -t inventory ward.ops.ledger の例のとおりに書いてください",
        "write it as the examples of ansible-doc -t inventory ward.ops.ledger",
    ),
    "E0405": Entry(
        "layer-unknown",
        "系統 {layer} は networks.yml にありません（登録済み: {known}）",
        "networks.yml knows no layer {layer} (it has: {known})",
        "系統名の綴りを確認してください",
        "check the spelling of the layer",
    ),
    "E0406": Entry(
        "layer-without-network",
        "系統 {layer} の機器はネットワークにつながっていません（台帳のみ）",
        "the devices of the layer {layer} are on no network (ledgers only)",
        "この系統は台帳と結果ファイルで管理します。インベントリにはできません",
        "this layer is kept by ledgers and result files; it cannot be an inventory",
    ),
    "E0407": Entry(
        "bad-host-name",
        "「{name}」はホスト名にできません",
        "{name} cannot be a host name",
        "英数字、ハイフン、ピリオド、下線で 1〜63 文字にしてください（all、localhost などは使えません）",
        "use 1-63 letters, digits, hyphens, dots or underscores (not all, localhost …)",
    ),
    "E0408": Entry(
        "duplicate-host",
        "ホスト名 {name} は {other} で既に使われています（大文字と小文字は区別しません）",
        "the host name {name} is already used at {other} (upper and lower case are the same)",
        "どちらが正しいか機器を確認して、一方を直してください",
        "look at the devices and correct one of the two",
    ),
    "E0409": Entry(
        "host-named-like-group",
        "ホスト名 {name} はグループ名と同じです",
        "the host {name} is named like a group",
        "ホスト名を変えてください。同じ名前では対象を正しく選べません",
        "rename the host: a pattern could not tell the two apart",
    ),
    "E0410": Entry(
        "no-group-name",
        "「{value}」からグループ名を作れません（英数字がありません）",
        "no group can be named after {value} (it has no letter or digit)",
        "型番などは英数字で書いてください",
        "write model names and the like with letters and digits",
    ),
    "E0411": Entry(
        "column-not-a-variable",
        "列 {column} はホスト変数 {variable} にできません（接続を変える名前か、ほかの列と重複します）",
        "the column {column} cannot become the host variable {variable} (it would steer connections, or another column has that name)",
        "列名を変えてください",
        "rename the column",
    ),
    "E0412": Entry(
        "cell-type",
        "「{value}」は {type} ではありません",
        "{value} is no {type}",
        "integer は半角の整数、boolean は true か false で書いてください",
        "an integer is plain digits, a boolean is true or false",
    ),
    "E0413": Entry(
        "bad-schema",
        "スキーマとして読めません（{reason}）",
        "this is no schema ({reason})",
        "Git の版に戻してください",
        "restore it from Git",
    ),
    "E0414": Entry(
        "variables-not-readable",
        "変数ファイルとして読めません（{reason_ja}）",
        "this file cannot be read as variables ({reason})",
        "キーと値の YAML で書いてください。全体を暗号化したファイルは ansible-inventory で書き出してください",
        "write YAML keys and values; export a file that is encrypted as a whole with ansible-inventory",
    ),
    "E0415": Entry(
        "unknown-host",
        "系統 {layer} に機器 {name} はありません",
        "the layer {layer} has no host {name}",
        "名前の綴りと系統を確認してください",
        "check the name and the layer",
    ),
    "E0416": Entry(
        "host-incomplete",
        "機器 {host} の {variables} が空です",
        "the host {host} lacks {variables}",
        "台帳のこの行を埋めてください",
        "fill in this row of the ledger",
    ),
    "E0417": Entry(
        "host-outside-layer",
        "機器 {host} は系統 {layer} の台帳から来ていません（{ledger}）",
        "the host {host} does not come from a ledger of the layer {layer} ({ledger})",
        "この系統のインベントリだけを指定して実行してください",
        "run with the inventory of this layer only",
    ),
}
