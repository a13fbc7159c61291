"""``check.*``: what ``make check`` does on the full sample ward; its schema stage beside the ``jsonschema`` library; ten times the data.

``python -m benchmarks.check ours|peer|read WARD`` is one measured process: read all ledgers, validate every row against its schema,
print the number of rows and of refused rows. ``ours`` is the validator's schema stage, ``peer`` the ``jsonschema`` library on the
same rows as objects, ``read`` stops after reading.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from .harness import PYTHON, REPOSITORY, Command, Figure, interleaved, median, report

SAMPLE = REPOSITORY / "inventories" / "sample"
TENFOLD = REPOSITORY / "build" / "bench" / "ward10"


def _check(ward: Path) -> Command:
    return Command([PYTHON, "-m", "wardops", "check", "--ward", str(ward)], check=_no_errors)


def _no_errors(output: str) -> None:
    if "no errors" not in output:
        raise RuntimeError(output[-2000:])


def _rows(output: str) -> int:
    found = re.search(r"([0-9,]+) rows", output)
    return int(found[1].replace(",", "")) if found else 0


def sample_ward() -> None:
    rows = []
    command = Command(_check(SAMPLE).argv, check=lambda output: rows.append(_rows(output)) or _no_errors(output))
    measures = interleaved({"ours": command})["ours"]
    note = f"{rows[-1]} rows, all rules, cold process; {median(measures, 'cpu'):.2f} CPU s, {median(measures, 'rss'):.0f} MiB"
    report(Figure("check.sample_ward", median(measures, "wall"), None, None, "ours <= 1", "s wall", note))


def schemas() -> None:
    """The schema stage alone: start-up, imports and reading are measured beside (mode ``read``) and subtracted from both."""
    modes = ("ours", "peer", "read")
    commands = {who: Command([PYTHON, "-m", "benchmarks.check", who, str(SAMPLE)], check=_nothing_refused) for who in modes}
    measures = interleaved(commands)
    ours, peer, read = (median(measures[who], "cpu") for who in modes)
    note = f"whole processes {ours:.3f} and {peer:.3f} CPU s, less {read:.3f} for start-up and reading all ledgers"
    report(Figure("check.schemas", ours - read, peer - read, "jsonschema", "ratio >= 20", "CPU s", note))


def _nothing_refused(output: str) -> None:
    if not output.strip().endswith(" 0 refused"):
        raise RuntimeError(output[-2000:])


def tenfold() -> None:
    """Not a peer: what ten times the data costs, in times of the sample ward's cost."""
    if not (TENFOLD / "ledgers").is_dir():
        from .harness import run_once  # noqa: PLC0415

        run_once(Command([PYTHON, "tools/generate_sample.py", "--scale", "10", "--out", str(TENFOLD)]))
    measures = interleaved({"one": _check(SAMPLE), "ten": _check(TENFOLD)})
    one, ten = median(measures["one"], "cpu"), median(measures["ten"], "cpu")
    report(Figure("check.tenfold", ten / one, None, None, "ours <= 11", "times", f"{one:.2f} and {ten:.2f} CPU s, whole processes"))


def _validate(who: str, ward: Path) -> None:
    sys.path.insert(0, str(REPOSITORY / "collections"))
    from ansible_collections.ward.ops.plugins.module_utils.ledger import schema  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.cells import check_ledger, records  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.data import Ledger  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.ledger.reading import read_ledger  # noqa: PLC0415

    total = refused = 0
    for name, one in schema.load_schemas(REPOSITORY / "schemas").ledgers.items():
        for path in sorted([*ward.glob(f"ledgers/{name}.csv"), *ward.glob(f"ledgers/*/{name}.csv")]):
            table = read_ledger(path, str(path)).table
            if table is None:
                raise RuntimeError(f"{path} cannot be read")
            ledger = Ledger(name, "", one, table)
            total += len(ledger)
            if who == "ours":
                check_ledger(ledger)
                refused += len({row for rows in ledger.bad.values() for row in rows})
            elif who == "peer":
                from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

                validator = Draft202012Validator(one.document, format_checker=FormatChecker())
                refused += sum(not validator.is_valid(record) for record in records(ledger))
    print(f"{total} rows, {refused} refused")


FIGURES = {"check.sample_ward": sample_ward, "check.schemas": schemas, "check.tenfold": tenfold}

if __name__ == "__main__":
    _validate(sys.argv[1], Path(sys.argv[2]))
