"""``setup.warm``: ``make check`` from a shell on a clone that is set up."""

from __future__ import annotations

from .harness import Command, Figure, interleaved, median, report


def warm() -> None:
    measures = interleaved({"ours": Command(["make", "-s", "check"])})
    report(Figure("setup.warm", median(measures["ours"], "wall"), None, None, "ours <= 3", "s wall"))


FIGURES = {"setup.warm": warm}
