"""The catalogue of error codes: one entry per code, the only place where their texts stand.

``docs/reference/errors.md`` is generated from it; every code has a negative fixture (``tests/negative``).
Ranges: E01xx files, text and guards, E02xx schemas, E03xx rules across ledgers, E04xx layers and inventory,
E05xx RADIUS and MAC addresses, E06xx evidence. A retired code is never used again.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Texts of one code; ``{name}`` is filled with the problem's value of that name."""

    name: str
    ja: str
    en: str
    remedy_ja: str
    remedy_en: str


CATALOGUE: dict[str, Entry] = {
    # E01xx files, text, tables, guards
    "E0100": Entry(
        "file-unreadable",
        "ファイルを読めません（{reason}）",
        "the file cannot be read ({reason})",
        "パス、権限、リンク先を確認してください",
        "check the path, its permissions and where links lead",
    ),
    "E0101": Entry(
        "file-too-large",
        "ファイルが大きすぎます（{size} バイト、上限 {limit} バイト）",
        "the file is too large ({size} bytes, limit {limit})",
        "正しいファイルか確認してください。台帳でないファイルが置かれた可能性があります",
        "check that it is the right file; something else may have been put in the ledger's place",
    ),
    "E0102": Entry(
        "not-a-regular-file",
        "通常のファイルではありません（フォルダ、パイプ、デバイス）",
        "not a regular file (a folder, a pipe or a device)",
        "台帳のファイルを置き直してください",
        "put the ledger's file back in its place",
    ),
    "E0103": Entry(
        "nul-byte",
        "NUL バイトがあります（先頭から {offset} バイト目）",
        "there is a NUL byte (at byte offset {offset})",
        "ファイルが壊れているか UTF-16 です。Git の版に戻すか、取込機能で読み直してください",
        "the file is damaged or UTF-16: restore it from Git, or import it",
    ),
    "E0104": Entry(
        "byte-order-mark",
        "先頭に BOM があります",
        "the file begins with a byte order mark",
        "BOM なしの UTF-8 で保存してください（Excel の場合は取込機能を使ってください）",
        "save it as UTF-8 without BOM (from Excel: use the import)",
    ),
    "E0105": Entry(
        "file-unwritable",
        "ファイルに書き込めません（{reason}）。元のファイルは変わっていません",
        "the file cannot be written ({reason}); the old file is unchanged",
        "空き容量と権限を確認して、もう一度実行してください",
        "check free space and permissions, then run again",
    ),
    "E0106": Entry(
        "locked",
        "ほかの処理が使用中です（{wait} 秒待ちました）",
        "another process is using it (waited {wait} s)",
        "先に動いている処理の終了を待って、もう一度実行してください",
        "wait until the other run has ended, then run again",
    ),
    "E0107": Entry(
        "bad-header",
        "見出し行が不正です（{reason_ja}）",
        "the header line is wrong ({reason})",
        "1 行目を台帳の定義（docs/reference/ledgers.md）どおりに直してください",
        "make line 1 as docs/reference/ledgers.md says",
    ),
    "E0108": Entry(
        "bad-quoting",
        "CSV の引用符が不正です（{reason_ja}）",
        "the CSV quoting is wrong ({reason})",
        'この行の「"」の数を確認してください',
        "check the double quotes of this line",
    ),
    "E0109": Entry(
        "blank-line",
        "空の行があります",
        "there is a blank line",
        "空の行を削除してください",
        "delete the blank line",
    ),
    "E0110": Entry(
        "bad-encoding",
        "文字コード {encoding} として読めないバイト {byte} があります（先頭から {offset} バイト目）",
        "byte {byte} at offset {offset} is not valid {encoding}",
        "UTF-8 で保存し直してください（Excel の CSV は取込機能を使ってください）",
        "save it as UTF-8 again (a CSV from Excel: use the import)",
    ),
    "E0111": Entry(
        "bad-date",
        "日付「{value}」を解釈できません",
        "{value} is not a date",
        "2026-04-01 または 令和8年4月1日 の形で書いてください",
        "write it as 2026-04-01 or 令和8年4月1日",
    ),
    "E0112": Entry(
        "two-digit-year",
        "日付「{value}」の年が 2 桁です（西暦か和暦か判断できません）",
        "the date {value} has a two-digit year, which is ambiguous",
        "西暦 4 桁か、元号を付けて書いてください",
        "write four digits, or name the era",
    ),
    "E0113": Entry(
        "date-outside-era",
        "日付「{value}」は {era} の期間外です（{era} は {start} から）",
        "the date {value} is outside the era {era} (it began on {start})",
        "元号と年を確認してください",
        "check the era and the year",
    ),
    "E0114": Entry(
        "carriage-return",
        "改行が CRLF か、CR が含まれています",
        "the file has CRLF line ends or a carriage return",
        "改行を LF にして保存してください",
        "save it with LF line ends",
    ),
    "E0115": Entry(
        "no-final-newline",
        "最後の行に改行がありません（途中で切れた可能性があります）",
        "the last line has no line end (the file may have been cut off)",
        "最後の行が完全か確認し、改行を付けてください",
        "check that the last line is complete and end it",
    ),
    "E0116": Entry(
        "wrong-cell-count",
        "セルの数が {cells} です（見出しは {width} 列）",
        "the row has {cells} cells (the header has {width})",
        'コンマの過不足を直してください。コンマを含む値は「"」で囲みます',
        "mend the commas; a value that contains one is quoted",
    ),
    "E0117": Entry(
        "bad-yaml",
        "YAML として読めません（{reason}）",
        "this is not YAML ({reason})",
        "この位置の字下げ、コロン、引用符を確認してください",
        "check indentation, colons and quotes at this place",
    ),
    "E0118": Entry(
        "duplicate-key",
        "キー「{key}」が 2 回書かれています",
        "the key {key} is given twice",
        "どちらか一方を削除してください",
        "delete one of the two",
    ),
    "E0120": Entry(
        "guard-remove",
        "削除が {planned} 件あり、上限 {allowed} 件を超えます（現在 {actual} 件、上限は {count} 件かつ {percent} %）。何も変更していません",
        "the plan removes {planned} of {actual}, the limit is {allowed} ({count} and {percent} %); nothing was changed",
        "--check --diff で内容を確認し、正しければ削除の許可数（{planned}）を指定して実行してください",
        "look at --check --diff; if it is right, run again with the allowed number of removals set to {planned}",
    ),
    "E0121": Entry(
        "guard-change",
        "変更が {planned} 件あり、上限 {allowed} 件を超えます（現在 {actual} 件、上限は {count} 件かつ {percent} %）。何も変更していません",
        "the plan changes {planned} of {actual}, the limit is {allowed} ({count} and {percent} %); nothing was changed",
        "--check --diff で内容を確認し、正しければ変更の許可数（{planned}）を指定して実行してください",
        "look at --check --diff; if it is right, run again with the allowed number of changes set to {planned}",
    ),
    "E0123": Entry(
        "missing-column",
        "列 {column} がありません",
        "there is no column {column}",
        "見出し行を台帳の定義（docs/reference/ledgers.md）どおりに直してください",
        "make the header as docs/reference/ledgers.md says",
    ),
    # E02xx schemas
    # E03xx rules across ledgers
    # E04xx layers and inventory
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
    # E05xx RADIUS and MAC addresses
    "E0501": Entry(
        "mac-two-owners",
        "MAC アドレス {mac} の持ち主が 2 つあります（{owner} と {other}、もう一方は {place}）",
        "the MAC address {mac} has two owners ({owner} and {other}; the other stands at {place})",
        "現物のラベルを確認し、誤っている行の MAC アドレスを直してください",
        "look at the labels of both devices and correct the wrong row",
    ),
    "E0502": Entry(
        "mac-not-a-device",
        "{owner} の {mac} はマルチキャストの MAC アドレスで、機器を表しません",
        "{mac} of {owner} is a multicast address and identifies no device",
        "機器の MAC アドレスを書き写し直してください",
        "copy the address of the device again",
    ),
    "E0503": Entry(
        "radius-store-failed",
        "RADIUS のデータベースを使えません（{reason}）。何も変更していません",
        "the RADIUS database cannot be used ({reason}); nothing was changed",
        "サーバーの稼働、名前、証明書、利用者名とパスワード、表の権限を確認してください",
        "check that the server runs, its name and certificate, user and password, and the permissions on its tables",
    ),
    "E0504": Entry(
        "vlan-missing",
        "{owner} の VLAN を決められません（{reason}）",
        "no VLAN can be found for {owner} ({reason})",
        "台帳の vlan 列か、policies/radius.yml と networks.yml の VLAN を直してください",
        "mend the row's vlan, or the VLANs in policies/radius.yml and networks.yml",
    ),
    "E0505": Entry(
        "radius-busy",
        "別の同期が実行中です（{holder}。{wait} 秒待ちました）。何も変更していません",
        "another sync is running ({holder}; waited {wait} s); nothing was changed",
        "その実行の終了を待って、もう一度実行してください",
        "wait until it has ended, then run again",
    ),
    "E0506": Entry(
        "radius-connection-lost",
        "適用中にデータベースとの接続が切れ、復旧しませんでした（{reason}）。登録内容は変更前か変更後のどちらかで、途中の状態はありません",
        "the connection was lost while applying and did not come back ({reason}); the server holds the old or the new set, never a part",
        "データベースの復旧後に、もう一度実行してください",
        "run again when the database is back",
    ),
    "E0507": Entry(
        "radius-read-back-differs",
        "適用後に読み直した内容が計画と {count} 件異なります（{first}）",
        "after applying, {count} entries differ from the plan ({first})",
        "ほかの人やツールが同時に変更していないか確認し、もう一度実行してください",
        "see whether somebody or another tool changes the same entries, then run again",
    ),
    "E0508": Entry(
        "not-a-rollback-file",
        "戻し用ファイルとして読めません（{reason}）",
        "this is not a rollback file ({reason})",
        "同期の結果に表示された rollback_file を指定してください",
        "give the rollback_file that a sync has reported",
    ),
    "E0509": Entry(
        "radius-changed-meanwhile",
        "計画した後に、ほかの人かツールが同じ登録を変更しました。何も変更していません",
        "somebody or another tool changed the same entries after they were read; nothing was changed",
        "--check --diff で内容を確認し、もう一度実行してください",
        "look at --check --diff, then run again",
    ),
    "E0510": Entry(
        "bad-mac",
        "「{value}」は MAC アドレスではありません",
        "{value} is not a MAC address",
        "16 進 12 桁で書いてください（例 00005e005301）。1.23E+11 の形は Excel が壊した値です。元の資料から写し直してください",
        "write 12 hex digits (00005e005301); a value like 1.23E+11 was damaged by Excel: copy it again from its source",
    ),
    "E0511": Entry(
        "host-unknown",
        "{layer} の台帳に「{name}」は見つかりません（該当 {count} 台）",
        "the ledgers of {layer} do not know {name} ({count} found)",
        "コンピュータ名、機器名、資産番号のどれかを正確に指定してください",
        "give the exact computer name, device name or asset number",
    ),
    "E0512": Entry(
        "layer-without-radius",
        "系統 {layer} には RADIUS がありません",
        "the layer {layer} has no RADIUS",
        "policies/radius.yml の layers と networks.yml の quarantine_vlan を確認してください",
        "see layers in policies/radius.yml and quarantine_vlan in networks.yml",
    ),
    # E06xx evidence
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
}
