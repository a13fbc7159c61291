"""Signatures of people over files that travel, made and checked by OpenSSH (ssh-keygen(1), ``-Y sign`` and ``-Y verify``).

Everybody signs with a key of his or her own (a file, an agent, a hardware token); ``allowed_signers`` says whose keys count and until when,
``revoked_keys`` which no longer do. Keys never come near this code.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from .problems import fail

#: what the signature is for: one made for another purpose does not fit
NAMESPACE = "wardops-bundle"
_TIMEOUT = 60.0


def sign(data: bytes, key: Path) -> bytes:
    """The signature, as PEM.

    :param key: a private key file; a public one (``.pub``): the agent or a token holds the private one.
    :raises WardopsError: E1920.
    """
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), *(["-U"] if key.suffix == ".pub" else [])]
    if not key.is_file():
        raise fail("E1920", str(key), reason="no such file")
    done = _run(words, data)
    if done.returncode or b"SSH SIGNATURE" not in done.stdout:
        raise fail("E1920", str(key), reason=_said(done))
    return done.stdout


def verify(data: bytes, signature: bytes, allowed: Path, revoked: Path | None = None) -> str:
    """Who signed: the principal of ``allowed_signers``.

    :raises WardopsError: E1921 (no valid signature of anybody who may sign), E0100 (no list of signers).
    """
    if not allowed.is_file():
        raise fail("E0100", str(allowed))
    with tempfile.TemporaryDirectory(prefix="wardops-") as folder:
        path = Path(folder) / "signature"
        path.write_bytes(signature)
        found = _run(["ssh-keygen", "-Y", "find-principals", "-s", str(path), "-f", str(allowed)], b"")
        principals = found.stdout.decode("utf-8", "replace").split()
        if found.returncode or not principals:
            raise fail("E1921", reason=_said(found))
        words = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", principals[0], "-n", NAMESPACE, "-s", str(path)]
        done = _run([*words, *(["-r", str(revoked)] if revoked and revoked.is_file() else [])], data)
        if done.returncode:
            raise fail("E1921", reason=_said(done))
    return principals[0]


def _run(words: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Without a terminal: whoever has a passphrase uses an agent."""
    quiet = {**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
    try:
        return subprocess.run(words, input=data, env=quiet, capture_output=True, timeout=_TIMEOUT, check=False, start_new_session=True)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 1, b"", b"no answer")


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return re.sub(r"[^\x20-\x7e]", "?", lines[-1])[:200] if lines else "no signature"
