"""E193x: installing patches on terminals directly."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1930": Entry(
        "patch-install-not-now",
        "今（{moment}）は系統 {layer} の端末に更新を適用できません: {reasons_ja}",
        "patches may not be installed on terminals of layer {layer} now ({moment}): {reasons}",
        "許された時間に実行してください。緊急のときだけ、patch_override_reason に理由を書いて実行します（記録に残ります）",
        "run it at a time that is allowed; only in an emergency, give the reason in patch_override_reason (it is recorded)",
    ),
    "E1931": Entry(
        "patch-install-hours",
        "適用を避ける時間帯、または日時 {value} を読めません",
        "the hours to keep clear of, or the time, cannot be read: {value}",
        "時間帯は 08:30-17:15 の形（開始が終了より前）、日時は 2027-01-14T22:00+09:00 の形で書いてください",
        "write hours like 08:30-17:15, the start before the end, and a time like 2027-01-14T22:00+09:00",
    ),
    "E1932": Entry(
        "patch-install-results-unreadable",
        "前の実行の結果を読めません: {reason_ja}",
        "the results of an earlier run cannot be read: {reason}",
        "ファイルを別の場所に移し、実行し直してください（適用済みの端末は変更されません）",
        "move the file away and run again (terminals that are done are not changed)",
    ),
}
