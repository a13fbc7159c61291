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
    "WARDOPS_NETWORK_PASSWORD": 24,
    "WARDOPS_NETWORK_ENABLE": 24,
    "WARDOPS_CONFIG_MASK_KEY": 32,
    "WARDLAB_OSPF_KEY": 6,  # with its mark at most 16 characters (RFC 2328, appendix D.3)
}
#: what stands in configurations carries this mark, so that a search finds every place into which it got
MARK = "Z3cr3t"
_MARKED = ("WARDOPS_NETWORK_PASSWORD", "WARDOPS_NETWORK_ENABLE", "WARDLAB_OSPF_KEY")


def write_private(path: Path, data: bytes, mode: int = 0o600) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def make_secrets(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for name, size in SECRETS.items():
        mark = MARK if name in _MARKED else ""
        write_private(folder / name, f"{mark}{secrets.token_urlsafe(size)}".encode())


def read_secrets(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8") for name in SECRETS}
