"""Payment days of any size, the same for the same arguments: clean, or as dirty as a real one. For tests, benchmarks and the demo.

``python tools/payment_day.py --rows 100000 --day 2026-11-22 --dirty day.csv``. Nobody real: numbers are counted, names are words.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import IO

COLUMNS = (
    "処理日,収納機関番号,納付番号,確認番号,納付区分,手続コード,手続名,申請受付番号,納付金額,収納日時,金融機関コード,金融機関店舗コード,"
    "収納チャネル区分,税目料金番号,処理結果コード,処理結果"
)
#: four more columns for the benchmark's 20
WIDE = ",摘要,施設名,予備,通知日"
PROCEDURES = 35
#: names as they hurt: needless quotes, commas, line ends, doubled quotes, trail bytes 5C and 7C, vendor and private characters
_NAMES = (
    "住民票の写し",
    '"特別区民税・都民税（普通徴収）"',
    '"保育料,延長分"',
    '"施設予約\r\n第二ホール"',
    "ソフト表ポンプ能力",
    '"①㈱髙﨑 ""本店"""',
    "ｺﾋﾟｰ代ﾀﾞｲ",
    "～－∥外字\ue000",
)
_TEXTS = ('"備考, その一"', "第二庁舎 三階", "=1+2", "@SUM", '"改行\nあり"', "+81", "-", "ABCDEFGHIJKLMNO")
BATCH = 10_000


def rows(count: int, day: dt.date, *, first: int = 0, wide: bool = False, sections: int = PROCEDURES) -> Iterator[bytes]:
    """Clean rows in batches, CP932 with CRLF; every row has another payment number."""
    date = f"{day:%Y%m%d}"
    more = [f",{_TEXTS[n % 8]},区民施設{n % 50:02d}号館 ｼｾﾂ 大ホール 二階,{n * 31:012d},{date}" if wide else "" for n in range(200)]
    for begin in range(first, first + count, BATCH):
        lines = []
        for n in range(begin, min(begin + BATCH, first + count)):
            code = 100001 + 7 * (n * 7919 % sections)
            seconds = n * 37 % 86400
            time = f"{date}{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
            lines.append(
                f"{date},13999,{n:020d},{n % 1000000:06d},{n % 9 + 1},{code},{_NAMES[n % 8]},U{n:011d},{n * 37 % 100000},{time},"
                f"{n % 7 + 1:04d},{n % 13:03d},{n % 9:02d},{n % 6 + 1:03d},00,正常{more[n % 200]}\r\n"
            )
        yield "".join(lines).encode("cp932")


def dirty(count: int, day: dt.date) -> Iterator[bytes]:
    """Rows of a bad day: one in a hundred is out of the ordinary, in eleven ways; each needs its own answer."""
    for batch in rows(count, day):
        records = batch.split(b"\r\n20")
        parts = [records[0] + b"\r\n", *(b"20" + record + b"\r\n" for record in records[1:])]
        parts[-1] = parts[-1].removesuffix(b"\r\n")
        yield b"".join(_spoilt(part, number) for number, part in enumerate(parts))


def _spoilt(record: bytes, number: int) -> bytes:
    if number % 100:
        return record
    fields = record.split(b",", 9)
    kind = number // 100 % 11
    if kind == 0:
        fields[8 if len(fields) > 8 else -1] = b"-500"  # a cancellation
    elif kind in (1, 2):
        fields[5] = b"999999"  # an unknown procedure; the tax number knows better, or not
        if kind == 2:
            fields[9] = b",".join([b"999" if place == 4 else field for place, field in enumerate(fields[9].split(b","))])
    elif kind == 3:
        return record + record  # twice
    elif kind == 4:
        return record.replace(b"\r\n", b"\n")
    elif kind == 5:
        fields[6] = b"\xff\xfe\x81"  # not a character at all
    elif kind == 6:
        fields[6] = b"\x87\x90\xed\x40\xfa\x54"  # NEC and IBM extensions that do not survive a round trip
    elif kind == 7:
        return record + b"\r\n"  # a blank line
    elif kind == 8:
        return record.replace(b",", b"", 1)  # a column too few
    elif kind == 9:
        fields[2] = b'"' + fields[2] + b'"'
    else:
        fields[4] = b"=cmd|1"
    return b",".join(fields)


def write(
    stream: IO[bytes], count: int, day: dt.date, *, spoil: bool = False, wide: bool = False, first: int = 0, sections: int = PROCEDURES
) -> None:
    """A whole file: header, rows, and on a bad day no final line end."""
    stream.write((COLUMNS + (WIDE if wide else "")).encode("cp932") + b"\r\n")
    last = b""
    for batch in dirty(count, day) if spoil else rows(count, day, first=first, wide=wide, sections=sections):
        stream.write(last)
        last = batch
    stream.write(last.removesuffix(b"\n").removesuffix(b"\r") if spoil else last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--day", type=dt.date.fromisoformat, default=dt.date(2026, 11, 22))
    parser.add_argument("--dirty", action="store_true", help="as a bad day")
    parser.add_argument("--wide", action="store_true", help="20 columns")
    parser.add_argument("--first", type=int, default=0, help="number of the first payment")
    parser.add_argument("--sections", type=int, default=PROCEDURES, help="number of procedure codes")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    with args.out.open("wb") as stream:
        write(stream, args.rows, args.day, spoil=args.dirty, wide=args.wide, first=args.first, sections=args.sections)


if __name__ == "__main__":
    main()
