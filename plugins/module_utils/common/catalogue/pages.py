"""E12xx: reports and pages."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1201": Entry(
        "page-layer",
        "系統 {layer} はありません",
        "there is no layer {layer}",
        "networks.yml の系統を指定してください: {known}",
        "name a layer of networks.yml: {known}",
    ),
    "E1202": Entry(
        "page-folder",
        "書き出し先 {folder} に書けません: {reason}",
        "cannot write to the folder {folder}: {reason}",
        "フォルダの権限と空き容量を確かめるか、--out でほかの場所を指定してください",
        "look at the folder's permissions and the free space, or name another place with --out",
    ),
}
