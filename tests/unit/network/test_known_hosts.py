"""Host keys: OpenSSH's form, judged as ssh judges, compared with ssh-keygen."""

from __future__ import annotations

import subprocess
from pathlib import Path

import asyncssh
import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network.known_hosts import Verdict, parse, read

ONE, OTHER = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))


def line(names: str, key: asyncssh.SSHKey = ONE) -> bytes:
    return names.encode() + b" " + key.export_public_key().strip() + b"\n"


def test_plain_port_list_pattern_and_revoked() -> None:
    known = parse(
        b"# comment\n\n" + line("192.0.2.1,host") + line("[192.0.2.2]:2222") + line("10.28.*,!10.28.0.9") + line("@revoked *", OTHER)
    )
    data = ONE.public_data
    assert known.judge("192.0.2.1", 22, data) is Verdict.KNOWN
    assert known.judge("192.0.2.1", 2222, data) is Verdict.UNKNOWN
    assert known.judge("192.0.2.2", 2222, data) is Verdict.KNOWN
    assert known.judge("10.28.0.1", 22, data) is Verdict.KNOWN
    assert known.judge("10.28.0.9", 22, data) is Verdict.UNKNOWN
    assert known.judge("192.0.2.1", 22, OTHER.public_data) is Verdict.CHANGED
    assert known.judge("192.0.2.7", 22, OTHER.public_data) is Verdict.CHANGED, "revoked, wherever it is shown"


def test_names_that_ssh_keygen_has_hashed(tmp_path: Path) -> None:
    path = tmp_path / "known"
    path.write_bytes(line("192.0.2.1") + line("[192.0.2.2]:2222", OTHER))
    subprocess.run(["ssh-keygen", "-H", "-f", str(path)], check=True, capture_output=True)
    assert b"192.0.2" not in path.read_bytes()
    known = read(path)
    assert known.judge("192.0.2.1", 22, ONE.public_data) is Verdict.KNOWN
    assert known.judge("192.0.2.2", 2222, ONE.public_data) is Verdict.CHANGED
    shown = subprocess.run(["ssh-keygen", "-l", "-F", "192.0.2.1", "-f", str(path)], check=True, capture_output=True, text=True).stdout
    assert known.keys("192.0.2.1")[0].fingerprint in shown


def test_every_line_that_cannot_be_read_is_named() -> None:
    """covers: E1630"""
    bad = b"nothing\n" + b"@cert-authority " + line("*") + b"host ssh-ed25519 ???\nhost ssh-rsa " + line("x").split()[2] + b"\n|1|x ssh a\n"
    with pytest.raises(WardopsError) as caught:
        parse(bad, "known_hosts")
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [("E1630", number) for number in range(1, 6)]
    assert len(parse(line("192.0.2.1")).exact) == 1
