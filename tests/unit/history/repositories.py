"""Small Git repositories for the tests of history: commits out of texts, by ``git fast-import``."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.ledger.history.timeline import History
from ansible_collections.ward.ops.plugins.module_utils.ledger.schema import load_schemas

REPOSITORY = Path(__file__).resolve().parents[3]
BASE = REPOSITORY / "tests" / "negative" / "base"
SCHEMAS = load_schemas(REPOSITORY / "schemas")
TERMINALS = "ledgers/lgwan/terminals.csv"
HEADER = (BASE / TERMINALS).read_text(encoding="utf-8").splitlines()[0]
ENVIRONMENT = {
    **os.environ,
    "GIT_AUTHOR_NAME": "試験",
    "GIT_AUTHOR_EMAIL": "test@ward.example",
    "GIT_COMMITTER_NAME": "試験",
    "GIT_COMMITTER_EMAIL": "test@ward.example",
    "LC_ALL": "C.UTF-8",
}
START = 1_700_000_000


def row(asset: str, **cells: str) -> str:
    """A line of the terminals ledger."""
    values = {
        "asset_id": asset,
        "computer_name": f"LG26N{asset[-5:]}",
        "serial": f"SYN{asset[-5:]}",
        "model": "合成ノート",
        "form": "note",
        "dept_code": "0101",
        "status": "active",
        **cells,
    }
    return ",".join(values.get(name, "") for name in HEADER.split(","))


def ledger(*rows: str) -> str:
    return "\n".join((HEADER, *rows)) + "\n"


@dataclass
class Repo:
    """A repository with a ward in ``ward/``; ``commit`` takes texts by path below it (``None`` deletes)."""

    folder: Path
    stream: list[bytes] = field(default_factory=list)
    count: int = 0

    @property
    def ward(self) -> Path:
        return self.folder / "ward"

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str, stdin: bytes = b"") -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, env=ENVIRONMENT, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def commit(
        self,
        files: dict[str, str | bytes | None],
        message: str | bytes = "change",
        parents: tuple[int, ...] | None = None,
        *,
        when: int = 0,
        top: str = "ward/",
    ) -> int:
        """Add a commit to the stream; its number (for ``parents``). Without parents it follows the last one."""
        self.count += 1
        number = self.count
        parents = ((number - 1,) if number > 1 else ()) if parents is None else parents
        text = message.encode() if isinstance(message, str) else message
        who = b"Tester <test@ward.example> %d +0900" % (when or START + number * 3600)
        parts = [b"commit refs/heads/main\nmark :%d\nauthor %s\ncommitter %s\ndata %d\n%s\n" % (number, who, who, len(text), text)]
        parts += [b"%s :%d\n" % (b"merge" if place else b"from", parent) for place, parent in enumerate(parents)]
        for path, content in files.items():
            name = (top + path).encode()
            if content is None:
                parts.append(b"D %s\n" % name)
            else:
                data = content.encode() if isinstance(content, str) else content
                parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(data), data))
        self.stream.append(b"".join(parts) + b"\n")
        return number

    def done(self, *, packed: bool = False) -> dict[int, str]:
        """Import the stream; commit ids by number."""
        limit = "0" if packed else "1000000"
        marks = self.folder / ".git" / "marks"
        self.git(
            "-c",
            f"fastimport.unpackLimit={limit}",
            "fast-import",
            "--quiet",
            "--force",
            f"--export-marks={marks}",
            stdin=b"".join(self.stream),
        )
        if packed:
            self.git("repack", "-adfq", "--window=10", "--depth=50")
        self.git("reset", "--quiet", "--hard", "main")
        if not (self.ward / "policies").is_dir():
            self.ward.mkdir(exist_ok=True)
            shutil.copytree(BASE / "policies", self.ward / "policies")
        (self.ward / "ledgers").mkdir(exist_ok=True)
        return {int(line.split()[0][1:]): line.split()[1] for line in marks.read_text(encoding="ascii").splitlines()}

    def history(self, evidence: Path | None = None) -> History:
        return History(Ward(self.ward), SCHEMAS, evidence or self.folder / "no-evidence")
