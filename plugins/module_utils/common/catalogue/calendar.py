"""E18xx: calendar, holidays, schedules."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1801": Entry(
        "holiday-file-layout",
        "内閣府の祝日ファイルの様式ではありません（列 {columns} 個、見出し: {found}）",
        "this is not the layout of the Cabinet Office's holiday file ({columns} columns, header: {found})",
        "syukujitsu.csv を内閣府のページから取り直し、1 行目が「国民の祝日・休日月日,国民の祝日・休日名称」であることを確かめてください",
        "fetch syukujitsu.csv anew; its header has two columns (the layout of 2018 with three years side by side is refused)",
    ),
    "E1802": Entry(
        "holiday-row",
        "祝日ファイルの行を使えません: {row}（{reason_ja}）",
        "a row of the holiday file cannot be used: {row} ({reason})",
        "手で直さず、内閣府のページから取り直してください",
        "do not mend it by hand: fetch the file anew",
    ),
    "E1803": Entry(
        "day-not-covered",
        "{day} は祝日ファイルの対象外です（対象 {first} ～ {last}）",
        "the holiday file does not cover {day} (it covers {first} to {last})",
        "翌年の祝日は 2 月に公表されます。新しい syukujitsu.csv を policies に置いてください",
        "the next year's holidays are published in February: put the new syukujitsu.csv into policies",
    ),
    "E1804": Entry(
        "holiday-file-encoding",
        "祝日ファイルの文字コードが CP932 ではありません",
        "the holiday file is not CP932",
        "表計算ソフトで保存し直さず、内閣府のファイルをそのまま置いてください",
        "put the published file there as it is; do not save it again with a spreadsheet program",
    ),
    "E1805": Entry(
        "calendar-unknown",
        "カレンダー {calendar} は calendars.yml にありません（ある: {known}）",
        "calendars.yml has no calendar {calendar} (known: {known})",
        "コードを直すか、calendars.yml に加えてください",
        "mend the code, or add it to calendars.yml",
    ),
}
