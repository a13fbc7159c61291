"""The peers of the payment split: read the file, find each row's section, write one file for each section, count rows and yen.

``payment_split.py pandas|polars|pyarrow|csv FILE FOLDER SECTIONS``. Everything stays text, as leading zeros must; quoted line ends are
allowed for. Each does it in its own best way, and hashes input and outputs afterwards; none compares control totals, looks for
duplicates, keeps the bytes of a row, or makes its files durable.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

CODE, YEN = "手続コード", "納付金額"


def with_csv(source: Path, folder: Path, sections: dict[str, str]) -> dict[str, Any]:
    import csv  # noqa: PLC0415 - each peer is a process of its own

    writers: dict[str, Any] = {}
    totals: dict[str, list[int]] = {}
    with source.open(encoding="cp932", newline="") as stream:
        rows = csv.reader(stream)
        header = next(rows)
        code, yen = header.index(CODE), header.index(YEN)
        for row in rows:
            section = sections.get(row[code], "none")
            if section not in writers:
                writers[section] = csv.writer((folder / section).open("w", encoding="cp932", newline=""))
                writers[section].writerow(header)
                totals[section] = [0, 0]
            writers[section].writerow(row)
            totals[section][0] += 1
            totals[section][1] += int(row[yen])
    return totals


def with_pandas(source: Path, folder: Path, sections: dict[str, str]) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415

    frame = pd.read_csv(source, encoding="cp932", dtype=str, keep_default_na=False)
    totals = {}
    for section, part in frame.groupby(frame[CODE].map(sections).fillna("none"), sort=False):
        part.to_csv(folder / section, encoding="cp932", index=False, lineterminator="\r\n")
        totals[section] = [len(part), int(part[YEN].astype("int64").sum())]
    return totals


def with_polars(source: Path, folder: Path, sections: dict[str, str]) -> dict[str, Any]:
    import polars as pl  # noqa: PLC0415

    # reads UTF-8 only; written as UTF-8, too, which spares it the way back
    frame = pl.read_csv(source.read_bytes().decode("cp932").encode(), infer_schema=False)
    frame = frame.with_columns(pl.col(CODE).replace_strict(sections, default="none").alias("section"))
    totals = {}
    for (section,), part in frame.partition_by("section", as_dict=True, include_key=False).items():
        part.write_csv(folder / str(section), line_terminator="\r\n")
        totals[section] = [part.height, part[YEN].cast(pl.Int64).sum()]
    return totals


def with_pyarrow(source: Path, folder: Path, sections: dict[str, str]) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    with source.open("rb") as stream:
        header = stream.readline().decode("cp932").rstrip("\r\n").split(",")
    table = csv.read_csv(
        source,
        read_options=csv.ReadOptions(encoding="cp932"),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
    )
    names = sorted(set(sections.values()))
    place = pc.index_in(table[CODE], value_set=pa.array(list(sections)))
    lanes = pc.take(pa.array([names.index(name) for name in sections.values()]), place)
    order = pc.sort_indices(lanes)
    table, lanes = table.take(order), lanes.take(order)
    totals = {}
    ends = pc.value_counts(lanes)
    begin = 0
    for item in sorted(ends.to_pylist(), key=lambda item: item["values"]):
        part = table.slice(begin, item["counts"])
        begin += item["counts"]
        csv.write_csv(part, folder / names[item["values"]], csv.WriteOptions(quoting_style="needed"))
        totals[names[item["values"]]] = [part.num_rows, pc.sum(part[YEN].cast(pa.int64())).as_py()]
    return totals


def hashes(files: list[Path]) -> list[str]:
    """SHA-256 of each file."""
    found = []
    for file in files:
        with file.open("rb", buffering=0) as stream:
            found.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return found


if __name__ == "__main__":
    peer = {"csv": with_csv, "pandas": with_pandas, "polars": with_polars, "pyarrow": with_pyarrow}[sys.argv[1]]
    found = peer(Path(sys.argv[2]), Path(sys.argv[3]), json.loads(Path(sys.argv[4]).read_text(encoding="utf-8")))
    if len(hashes([Path(sys.argv[2]), *Path(sys.argv[3]).iterdir()])) != len(found) + 1:
        raise SystemExit("some section has no file")
    print(json.dumps({"rows": sum(item[0] for item in found.values()), "yen": sum(item[1] for item in found.values())}))
