"""Records that prove a step: a file or the number of a record kept elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...common.files import read_bytes, sha256
from ...common.problems import Problem, WardopsError, fail

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
#: formats whose bytes do not show their text; what such a file says is for people to read
_CLOSED = (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff")


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as ``asset_events`` keeps it.

    :param cell: file name and SHA-256 (``wipe.json@…``), or the number of a record (``WIPE-2026-0001``).
    :param data: the file's bytes; empty for a number.
    """

    cell: str
    data: bytes = b""

    def check(self, asset_id: str, serial: str) -> None:
        """A text must name the thing, by its number or its serial.

        :raises WardopsError: E0906 when it is the record of something else.
        """
        if not self.data or self.data.startswith(_CLOSED):
            return
        plain = self.data.replace(b"\x00", b"").upper()  # UTF-16 of ASCII is ASCII with NULs between
        if not any(
            re.search(rb"(?<![0-9A-Z])" + re.escape(word.upper().encode()) + rb"(?![0-9A-Z])", plain) for word in (asset_id, serial) if word
        ):
            raise fail("E0906", file=self.cell.partition("@")[0], asset_id=asset_id, serial=serial or "-")


def proof_of(text: str) -> Proof:
    """A proof from what an operator writes: the path of a file, or a record's number.

    :raises WardopsError: E0907 when it is neither, E0101 when the file cannot be read.
    """
    path = Path(text)
    if path.is_file():
        if not _NAME.fullmatch(path.name):
            params = {
                "what_ja": f"証跡のファイル名「{path.name}」は英数字と . _ - だけにしてください(氏名を入れない)",
                "what": f"the name of the record {path.name!r} may only have letters, digits and . _ -",
            }
            raise WardopsError(Problem("E0907", "", 0, 0, params))
        data = read_bytes(path)
        return Proof(f"{path.name}@{sha256(data)}", data)
    if _NAME.fullmatch(text) and "." not in text:
        return Proof(text)
    params = {
        "what_ja": f"証跡「{text}」はファイルでも記録番号でもありません",
        "what": f"the proof {text!r} is neither a file nor a number",
    }
    raise WardopsError(Problem("E0907", "", 0, 0, params))
