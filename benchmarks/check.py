"""``check.*``: what ``make check`` does on the full sample ward; its schema stage beside the ``jsonschema`` library; ten times the data.

``python -m benchmarks.check ours|peer WARD`` is one measured process: read all ledgers, validate every row against its schema, print
the number of rows, of refused rows, and the CPU seconds of the validation. ``ours`` is the validator's schema stage (with keys and
order), ``peer`` the ``jsonschema`` library on the same rows as objects.
"""

from __future__ import annotations

import gc
import re
import statistics
import sys
import time
from functools import partial
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
    """The schema stage alone, as each process accounts for it: start-up, imports and reading are the same on both sides."""
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    commands = {
        who: Command([PYTHON, "-m", "benchmarks.check", who, str(SAMPLE)], check=partial(_stage, seconds=found))
        for who, found in seconds.items()
    }
    measures = interleaved(commands)
    ours, peer = (statistics.median(found[-len(measures[who]) :]) for who, found in seconds.items())
    whole = {who: median(found, "cpu") for who, found in measures.items()}
    note = f"the stage inside whole processes; these took {whole['ours']:.2f} and {whole['peer']:.2f} CPU s"
    report(Figure("check.schemas", ours, peer, "jsonschema", "ratio >= 20", "CPU s", note))


def _stage(output: str, seconds: list[float]) -> None:
    found = re.fullmatch(r"[0-9]+ rows, 0 refused, ([0-9.]+) s", output.strip())
    if found is None:
        raise RuntimeError(output[-2000:])
    seconds.append(float(found[1]))


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

    ledgers = []
    for name, one in schema.load_schemas(REPOSITORY / "schemas").ledgers.items():
        for path in sorted([*ward.glob(f"ledgers/{name}.csv"), *ward.glob(f"ledgers/*/{name}.csv")]):
            table = read_ledger(path, str(path)).table
            if table is None:
                raise RuntimeError(f"{path} cannot be read")
            ledgers.append(Ledger(name, "", one, table))
    import jsonschema  # noqa: PLC0415 - on both sides, before the clock starts

    gc.disable()
    start = time.process_time()
    refused = 0
    for ledger in ledgers:
        if who == "ours":
            check_ledger(ledger)
            refused += len({row for rows in ledger.bad.values() for row in rows})
        else:
            validator = jsonschema.Draft202012Validator(ledger.schema.document, format_checker=jsonschema.FormatChecker())
            refused += sum(not validator.is_valid(record) for record in records(ledger))
    seconds = time.process_time() - start
    print(f"{sum(map(len, ledgers))} rows, {refused} refused, {seconds:.4f} s")


FIGURES = {"check.sample_ward": sample_ward, "check.schemas": schemas, "check.tenfold": tenfold}

if __name__ == "__main__":
    _validate(sys.argv[1], Path(sys.argv[2]))
