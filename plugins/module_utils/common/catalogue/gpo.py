"""E210x-E214x: Group Policy as code: files of a GPO, sources, backups."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E2100": Entry(
        "gpo-registry-header",
        "Registry.pol ではありません（先頭 8 バイト {found}）",
        "this is not a Registry.pol (its first 8 bytes: {found})",
        "ファイルを SYSVOL かバックアップから取り直してください（先頭は PReg と版 1）",
        "fetch the file from SYSVOL or the backup again (it begins with PReg and version 1)",
    ),
    "E2101": Entry(
        "gpo-registry-entry",
        "Registry.pol の {number} 番目の項目が壊れています（位置 {offset}／全 {size} バイト、内容 {found}）",
        "entry {number} of the Registry.pol is broken (offset {offset} of {size} bytes: {found})",
        "何も変更していません。ファイルが途中で切れていないか確かめ、取り直してください",
        "nothing was changed: see whether the file was cut off, and fetch it again",
    ),
    "E2102": Entry(
        "gpo-registry-unwritable",
        "Registry.pol に書けない項目です: {key} / {name}",
        "this entry cannot be written to a Registry.pol: {key} / {name}",
        "キーと値の名前に NUL を含めず、種類とデータの大きさを 32 ビットに収めてください",
        "key and name must hold no NUL; type and size of the data must fit 32 bits",
    ),
    "E2103": Entry(
        "gpo-registry-value",
        "レジストリ値 {name} のデータを {type} にできません: {value}",
        "the data of the registry value {name} is no {type}: {value}",
        "種類に合うデータにしてください（DWORD は 0 から 4294967295 の整数、MULTI_SZ は文字列のリスト、そのほかは hex）",
        "give data that fits the type (DWORD: integer 0 to 4294967295, MULTI_SZ: list of strings, others: hex)",
    ),
    "E2104": Entry(
        "gpo-template-text",
        "セキュリティ テンプレートを読めません: {reason_ja}",
        "the security template cannot be read: {reason}",
        "UTF-16LE（BOM あり）の GptTmpl.inf か確かめてください",
        "see whether it is a GptTmpl.inf in UTF-16LE with a byte order mark",
    ),
    "E2105": Entry(
        "gpo-version",
        "GPT.INI の版を使えません: {found}",
        "the version in GPT.INI cannot be used: {found}",
        "[General] に Version=（0 から 4294967295）が一つだけあるようにしてください",
        "[General] must have exactly one Version= (0 to 4294967295)",
    ),
    "E2106": Entry(
        "gpo-extensions",
        "拡張の一覧（gPC…ExtensionNames）の形が違います: {found}",
        "the list of extensions (gPC…ExtensionNames) has another form: {found}",
        "[{{拡張 GUID}}{{ツール GUID}}…] の並びにしてください",
        "it is a row of [{{extension GUID}}{{tool GUID}}…]",
    ),
}
