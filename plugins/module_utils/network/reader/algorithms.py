"""SSH algorithms that are offered to a device: everybody's, and what its platform file adds for old ones (RFC 9142 says what is old)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: the cheap ones first
_KEX = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group18-sha512",
)
_CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "chacha20-poly1305@openssh.com",
)
_MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
_HOST_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
#: what devices of the years before 2018 speak and nothing newer; offered after all others, and only by ``legacy: true``. RFC 9142 leaves
#: these to deployments that need them; diffie-hellman-group1-sha1, which it forbids, has to be named by a platform file itself.
_LEGACY = {
    "kex": ("diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1"),
    "encryption": ("aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"),
    "mac": ("hmac-sha1",),
    "host_key": ("ssh-rsa",),
}


@dataclass(frozen=True, slots=True)
class Algorithms:
    """Names as in RFC 4253, in the order of preference; hashable, so that connections that are alike share their options."""

    kex: tuple[str, ...] = _KEX
    encryption: tuple[str, ...] = _CIPHERS
    mac: tuple[str, ...] = _MACS
    host_key: tuple[str, ...] = _HOST_KEYS

    @classmethod
    def of(cls, ssh: Mapping[str, Any]) -> Algorithms:
        """:param ssh: the part ``ssh`` of a platform file: ``legacy``, and lists ``kex``, ``encryption``, ``mac``, ``host_key``."""
        usual = cls()
        chosen = {name: getattr(usual, name) + (_LEGACY[name] if ssh.get("legacy") else ()) for name in _LEGACY}
        return cls(**{name: tuple(dict.fromkeys([*before, *map(str, ssh.get(name, ()))])) for name, before in chosen.items()})
