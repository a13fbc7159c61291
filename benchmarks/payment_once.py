"""One measured process of ``pufure.*``: ``python -m benchmarks.payment_once FILE FOLDER SHA256``.

The whole job as in production on an archived file, with the hashes of input (compared with the archive's) and outputs, counts, sums,
the search for duplicates, the index of seen payments, and durable files. It loads what the job needs and nothing of the harness.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
DAY = dt.date(2026, 11, 22)
SECTIONS = 60


def rules() -> dict[str, Any]:
    """60 procedures, each for a section of its own."""
    route = [
        {"code": str(100001 + 7 * n), "name_ja": "手続", "routes": [{"dept_code": f"{n:04d}", "valid_from": "2026-04-01"}]}
        for n in range(SECTIONS)
    ]
    return {
        "folder": "{dept_code}/{date}",
        "file_name": "収納結果_{date}_{dept_code}",
        "unrouted": "未振分",
        "duplicates": "重複",
        "counts_on": "収納日時",
        "procedures": route,
        "tax_items": [],
        "rules": [],
    }


def work(path: Path, folder: Path, sha256: str) -> None:
    sys.path.insert(0, str(REPOSITORY / "collections"))
    from ansible_collections.ward.ops.plugins.module_utils.payment import layout, routing, seen  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.payment import split as splitting  # noqa: PLC0415

    from tools import payment_day  # noqa: PLC0415

    columns = (payment_day.COLUMNS + payment_day.WIDE).split(",")
    roles = {
        "procedure": "手続コード",
        "tax_item": "税目料金番号",
        "amount": "納付金額",
        "number": "納付番号",
        "kind": "納付区分",
        "time": "収納日時",
    }
    form = layout.load(
        {"use": "wide", "profiles": [{"name": "wide", "encoding": "cp932", "header": True, "columns": columns, "roles": roles}]}
    )
    given = splitting.Input(path, path.name, DAY, sha256)
    staged = splitting.split(given, folder / "stage", form, routing.Routing(rules(), form, [], DAY), seen.Index(folder / "seen"))
    total = staged.manifest.totals["sections"]
    print(json.dumps({"rows": total.rows, "yen": total.yen}))


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
