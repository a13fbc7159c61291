"""``python -m wardops <subcommand>``: finds the core by itself and imports only the subcommand that is used."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: the folder that makes the tree the collection ``ward.ops``
COLLECTIONS = HERE.parent / "collections"


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand; exit code 0, 1 (a human must look) or 2 (wrong usage)."""
    arguments = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that is no UTF-8, or a terminal without Japanese, must not end a run
            stream.reconfigure(errors="backslashreplace")
    if str(COLLECTIONS) not in sys.path:
        sys.path.insert(0, str(COLLECTIONS))
    parser = argparse.ArgumentParser(
        prog="wardops", description="区役所 IT 運用の構成管理 / configuration management of a ward office's IT"
    )
    # a given name spares argparse the import of what it formats help with
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", prog="wardops")
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    chosen = next((word for word in arguments if not word.startswith("-")), "").replace("-", "_")
    modules = {name: importlib.import_module(f"wardops.{name}") for name in ([chosen] if chosen in names else names)}
    for module in modules.values():
        if hasattr(module, "add_parser"):
            module.add_parser(sub)
    options = parser.parse_args(arguments)
    return _run(modules[options.command.replace("-", "_")].run, options)


def _run(run: object, options: argparse.Namespace) -> int:
    from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError  # noqa: PLC0415 - needs sys.path

    try:
        return int(run(options))  # type: ignore[operator]
    except WardopsError as error:
        for problem in error.problems:
            print(problem.render(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("中断しました / interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader (``head``) has gone; Python must not complain again at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
