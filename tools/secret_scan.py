"""Looks for what must never enter Git: secrets, personal numbers, addresses of package indexes, paths of one machine.

Reads the tracked files (and those about to be), or the files named. A find that is meant is listed in
``tools/secret_scan_allowed.txt`` with its reason; an entry that matches nothing any more is an error too.

usage: python tools/secret_scan.py [FILE ...]     exit code 1 when something was found
"""

from __future__ import annotations

import fnmatch
import math
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.ward.ops.plugins.module_utils.ledger.personal import individual_numbers  # noqa: E402 - found through the link

ALLOWED = Path("tools/secret_scan_allowed.txt")
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Find:
    """One find. The text found is not shown in full: it may be a secret, and logs are kept."""

    path: str
    line: int
    rule: str
    excerpt: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.excerpt}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern whose group ``v`` (or whole match) is the find, if ``accept`` agrees."""

    name: str
    pattern: re.Pattern[str]
    values: bool = False  # the group is a value that may also be a reference or a placeholder


KEYWORD = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|api_?key|access_?key|private_?key|credential|community|pin_?code)s?"
    r"(?:_(?:key|value|text|plain|b64|hash|md5|id))?[0-9]*"
)
RULES = (
    Rule("private-key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[23]:")),
    Rule(
        "secret-literal",
        # password: value   password = "value"   'token': 'value'   PASSWORD=value
        re.compile(rf"(?i)(?:^|[\s\"'{{(,;])[\w.-]*{KEYWORD}[\"']?\s*(?::|=(?!=)|=>)\s*(?P<v>[\"'][^\"'\n]+[\"']|[^\s\"'#,;)}}\]]+)"),
        values=True,
    ),
    Rule("url-with-password", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{}]+:(?P<v>[^\s/@\"'{}]+)@"), values=True),
    Rule(
        "known-token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,}|pypi-[\w-]{40,})")
    ),
    Rule("password-hash", re.compile(r"\$(?:1|2[aby]|5|6|y)\$[./A-Za-z0-9$=,]{20,}|\b[0-9a-fA-F]{32}:[0-9a-fA-F]{32}\b")),
    Rule(
        "index-address",
        re.compile(
            r"(?i)--(?:extra-)?index-url\b|--find-links\b|--trusted-host\b|https?://[\w.-]*(?:pypi|pythonhosted|npmjs|artifactory|nexus)[\w.-]*"
        ),
    ),
    Rule(
        "machine-path",
        re.compile(r"(?<![\w.$}~/-])(?:/root/|/home/(?!ansible\b)[a-z]|/work/|/Users/[a-z]|[A-Z]:\\Users\\[a-z])|file:///(?!\{)"),
    ),
)
REFERENCE = re.compile(
    r"[{$<%(\[*!]|^[\"']?(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)[\"']?$|^(?:none|null|true|false|omit|str|int|bool|bytes|any|os\.|self\.|env\b|lookup|vault)|\.{3}|[a-z_]+[.(]",
    re.I,
)
CODE_SUFFIXES = {".py", ".sh"}


def entropy(text: str) -> float:
    """Bits a character."""
    return -sum((n := text.count(c) / len(text)) * math.log2(n) for c in set(text))


def is_secret_value(value: str, path: str) -> bool:
    """Whether what stands behind ``password:`` is a literal secret, and no reference, type, name or placeholder."""
    quoted = value[0] in "\"'"
    text = value.strip("\"'")
    if len(text) < 6 or REFERENCE.search(text):
        return False
    if Path(path).suffix in CODE_SUFFIXES:
        # in code an unquoted word is an expression
        return quoted and " " not in text and not re.fullmatch(r"[a-z_]+", text)
    if Path(path).suffix == ".md" and not quoted:
        return entropy(text) > 3.5 and any(c.isdigit() for c in text)
    return not re.fullmatch(r"[a-z_.]*(?:_password|_secret|_token|_key|_file|_path)[a-z_]*", text)


def scan_line(path: str, number: int, line: str) -> Iterator[Find]:
    for rule in RULES:
        for match in rule.pattern.finditer(line):
            value = match["v"] if rule.values else match[0]
            if rule.values and not is_secret_value(value, path):
                continue
            shown = match[0].strip()[: max(0, match.start("v") - match.start())] + "…" if rule.values else match[0].strip()
            yield Find(path, number, rule.name, shown)
    for _, digits in individual_numbers(line):
        yield Find(path, number, "personal-number", f"{digits[:4]}…")


def scan_text(path: str, text: str) -> Iterator[Find]:
    """All finds of one file, in order."""
    if text.startswith("$ANSIBLE_VAULT;"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        yield from scan_line(path, number, line)
    if re.search(r"(?:^|/)vault[^/]*\.ya?ml$", path):
        yield Find(path, 1, "vault-not-encrypted", "the name says vault, the content is plain")


def decode(data: bytes) -> str:
    """Text of a file as the scan sees it; UTF-16 and CP932 too, since exports come in them."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp932", errors="replace")


def tracked(root: Path) -> list[str]:
    """Tracked files and new ones that are not ignored."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    return sorted({name for name in names if name} - {str(ALLOWED)})


@dataclass(slots=True)
class Allowance:
    """A line of the list: path pattern, rule, a piece of the line, reason."""

    path: str
    rule: str
    piece: str
    reason: str
    used: bool = False


def read_allowed(path: Path) -> list[Allowance]:
    """The allowances: four fields separated by ``|``; ``*`` as piece takes every line.

    :raises ValueError: a line without four fields or without a reason.
    """
    allowances = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 4 or not all(fields):
            raise ValueError(f"{path}:{number}: not 'path | rule | piece of the line | reason'")
        allowances.append(Allowance(fields[0], fields[1], fields[2], fields[3]))
    return allowances


def is_allowed(find: Find, line: str, allowances: list[Allowance]) -> bool:
    for item in allowances:
        if item.rule == find.rule and fnmatch.fnmatch(find.path, item.path) and (item.piece == "*" or item.piece in line):
            item.used = True
            return True
    return False


def scan(root: Path, names: Sequence[str], allowances: list[Allowance]) -> list[Find]:
    """Finds in the named files of a tree, less what is allowed. Links and missing files are passed over."""
    finds: list[Find] = []
    for name in names:
        path = root / name
        if path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size > MAX_BYTES:
            finds.append(Find(name, 1, "too-large", f"more than {MAX_BYTES} bytes do not belong into Git"))
            continue
        data = path.read_bytes()
        if b"\0" in data[:8192] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        text = decode(data)
        lines = text.splitlines() or [""]
        finds += [find for find in scan_text(name, text) if not is_allowed(find, lines[find.line - 1], allowances)]
    return finds


def main(arguments: Sequence[str]) -> int:
    try:
        allowances = read_allowed(ROOT / ALLOWED)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    finds = scan(ROOT, [name for name in arguments if name != str(ALLOWED)] if arguments else tracked(ROOT), allowances)
    for find in finds:
        print(find)
    unused = [] if arguments else [item for item in allowances if not item.used]
    for item in unused:
        print(f"{ALLOWED}: nothing matches any more: {item.path} | {item.rule} | {item.piece}")
    if finds:
        print("Take it out; a secret that was committed must be changed too. If it is meant, list it with its reason in", ALLOWED)
    return 1 if finds or unused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
