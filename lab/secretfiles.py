"""Random secrets of one lab, in files that only root reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

#: environment variable → bytes of randomness; the file of that name in the secrets folder holds the value
SECRETS = {
    "WARDOPS_RADIUS_SECRET": 24,
    "WARDOPS_RADIUS_STATUS_SECRET": 24,
    "WARDOPS_RADIUS_DB_PASSWORD": 24,
    "WARDOPS_PAYMENT_FILESERVER_PASSWORD": 24,
    "WARDLAB_STAFF_PASSWORD": 24,
}


def write_private(path: Path, data: bytes, mode: int = 0o600) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def make_secrets(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for name, size in SECRETS.items():
        write_private(folder / name, secrets.token_urlsafe(size).encode())


def read_secrets(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8") for name in SECRETS}
