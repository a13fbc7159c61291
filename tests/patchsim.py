"""A simulated WSUS server for tests: the endpoint of ``lab/patchsim`` over a world, with a certificate of its own authority."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.patchsim.control import ask
from lab.patchsim.world import World
from lab.patchsim.wsus.endpoint import Endpoint, Tls

USER, PASSWORD = "WARD\\wsus-ops", "Z3cr3t test only"
REPOSITORY = Path(__file__).resolve().parents[1]
_DAY = dt.timedelta(days=1)


def certificates(folder: Path, address: str = "127.0.0.1") -> tuple[Path, Tls]:
    """:returns: the authority's certificate, and what a server on that address presents."""
    now = dt.datetime.now(dt.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("wardops test CA", "wsus-sim")]
    made = []
    for number, (key, name) in enumerate(zip(keys, names, strict=True)):
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(names[0]).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - _DAY).not_valid_after(now + 30 * _DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=number == 0, path_length=None), critical=True)
        if number:
            where = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName("wsus-sim.ward.example")])
            builder = builder.add_extension(where, critical=False)
        made.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    paths = [folder / name for name in ("ca.pem", "wsus.pem", "wsus.key")]
    plain = serialization.NoEncryption()
    private = keys[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    for path, data in zip(paths, (*made, private), strict=True):
        path.write_bytes(data)
    return paths[0], Tls(paths[1], paths[2])


def endpoint(world: World, folder: Path) -> tuple[Endpoint, Path]:
    """An endpoint over HTTPS that is not started yet, and the authority that a client has to trust."""
    authority, tls = certificates(folder)
    return Endpoint(world, {USER: PASSWORD}, tls), authority


class Running:
    """A simulation that runs as a process. :ivar url: where it listens. :ivar authority: whom a client has to trust."""

    def __init__(self, url: str, control: Path, authority: Path, process: subprocess.Popen[str]) -> None:
        self.url, self.authority, self.process = url, authority, process
        self._control = control

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        """One command of ``lab/patchsim/control.py``."""
        return ask(self._control, do=do, **words)


@contextmanager
def running(folder: Path, world: Mapping[str, Any]) -> Iterator[Running]:
    """``python -m lab.patchsim wsus`` over a world (the words of ``worldfile.build``, times as text)."""
    authority, tls = certificates(folder)
    (folder / "world.json").write_text(json.dumps(world, ensure_ascii=False), encoding="utf-8")
    files = ["--world", "world.json", "--control", "control", "--certificate", str(tls.certificate), "--key", str(tls.key)]
    paths = os.pathsep.join(map(str, (REPOSITORY, REPOSITORY / "collections")))
    env = {**os.environ, "WARDOPS_SIM_PASSWORD": PASSWORD, "PYTHONPATH": paths}
    command = [sys.executable, "-m", "lab.patchsim", "wsus", *files, "--user", USER]
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the simulation did not start"
            yield Running(json.loads(line)["url"], folder / "control", authority, process)
        finally:
            process.terminate()
