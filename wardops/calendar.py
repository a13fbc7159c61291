"""``wardops calendar``: next year's calendar, reception hours, shift templates, monthly batch schedule; days and notices."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} は日付ではありません（例 2026-11-22） / is not a date (2026-11-22)") from None


def _year(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1948 <= int(text) <= 2200:
        raise argparse.ArgumentTypeError(f"{text!r} は年度ではありません（例 2027） / is not a fiscal year (2027)")
    return int(text)


def _month(text: str) -> tuple[int, int]:
    try:
        day = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} は年月ではありません（例 2027-01） / is not a month (2027-01)") from None
    return day.year, day.month


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser(
        "calendar", help="来年度カレンダー・受付時間・勤務予定・月間スケジュール / calendars and tables"
    )
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    for kind, words in (
        ("year", "年度カレンダー(取込ファイル・検証表) / the year's calendar"),
        ("reception", "電話受付時間 / hours of the telephone"),
    ):
        _files(kinds.add_parser(kind, help=words), months=False)
    for kind, words in (
        ("shifts", "勤務予定雛形 12 か月 / shift templates"),
        ("jobs", "バッチ月間スケジュール表 / monthly batch schedule"),
    ):
        _files(kinds.add_parser(kind, help=words), months=True)
    days = kinds.add_parser("days", help="ある日・期間の開庁と受付 / what kind of day it is")
    days.add_argument("first", type=_date, metavar="DATE")
    days.add_argument("last", type=_date, metavar="DATE", nargs="?")
    notices = kinds.add_parser("notices", help="定期保守の周知の期日 / due days of maintenance notices")
    notices.add_argument("--from", dest="first", type=_date, metavar="DATE", help="この日から / from (default: today)")
    notices.add_argument("--days", type=int, default=62, help="日数 / how many days")
    for one in (days, notices):
        _ward(one)


def _ward(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ward", type=Path, default=REPOSITORY / "inventories" / "sample", help="データのフォルダ / the ward's folder")


def _files(parser: argparse.ArgumentParser, *, months: bool) -> None:
    if months:
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--year", type=_year, metavar="YEAR", help="年度の 12 か月 / twelve months of a fiscal year")
        when.add_argument("--month", type=_month, metavar="YYYY-MM", help="この月だけ / one month")
    else:
        parser.add_argument("--year", type=_year, metavar="YEAR", help="年度（なければ来年度） / fiscal year (default: the next one)")
    parser.add_argument("--profiles", type=Path, default=REPOSITORY / "profiles" / "calendar", help="様式のフォルダ / folder of the forms")
    parser.add_argument("--out", type=Path, default=Path("build/calendar"), metavar="FOLDER", help="書き出し先 / folder to write to")
    _ward(parser)


def run(args: argparse.Namespace) -> int:
    """0; every finding is raised as a WardopsError."""
    return {"days": _days, "notices": _notices}.get(args.kind, _publish)(args)


def _publish(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.calendar import fiscal_year  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.output import write_files  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.schedule.publishing import Publisher  # noqa: PLC0415

    ward = Ward(args.ward)
    month = getattr(args, "month", None)
    year = fiscal_year(dt.date(month[0], month[1], 1)) if month else args.year or fiscal_year(ward.today) + 1
    files = Publisher(ward, args.profiles).build(args.kind, year, [month[1]] if month else ())
    write_files(args.out, files)
    for name in files:
        print(args.out / name)
    return 0


def _days(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.report import japanese_date  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415

    calendar = Calendar.of(Ward(args.ward))
    for number in range(((args.last or args.first) - args.first).days + 1):
        day = args.first + dt.timedelta(days=number)
        why, hours = calendar.why_closed(day), calendar.reception(day)
        print(f"{japanese_date(day)}　{f'閉庁（{why}）' if why else '開庁'}　電話受付 {hours or 'なし'}")
    return 0


def _notices(args: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar  # noqa: PLC0415 - start-up speed
    from ansible_collections.ward.ops.plugins.module_utils.common.report import japanese_date  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.schedule.notices import notice_dates  # noqa: PLC0415

    ward = Ward(args.ward)
    calendar, first = Calendar.of(ward), args.first or ward.today
    for window in calendar.maintenance(first, first + dt.timedelta(days=max(args.days, 1) - 1)):
        due = notice_dates(calendar, window.start, window.end, ward.today)
        start, end = (f"{japanese_date(moment.date())} {moment:%H:%M}" for moment in (window.start, window.end))
        print(f"{window.system}　{start} ～ {end}")
        late = "（1 週間前を過ぎています。至急）" if due.late else ""
        print(f"  メール・掲示板（メンテナンス用）{japanese_date(due.mail)}{late}")
        print(f"  案内放送文の提出　{japanese_date(due.announcement)}\n  掲示板（通常業務用）{japanese_date(due.back)}")
    return 0
