"""A simulated WSUS server for tests: the endpoint of ``lab/patchsim`` over a world, with a certificate of its own authority."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.patchsim.world import World
from lab.patchsim.wsus.endpoint import Endpoint, Tls

USER, PASSWORD = "WARD\\wsus-ops", "Z3cr3t test only"
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
