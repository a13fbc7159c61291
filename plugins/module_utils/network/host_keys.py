"""First and changed host keys of devices: asked of the device, compared with what its console prints, and only then recorded.

What a device shows over the network proves nothing; what somebody read at its console does (RFC 4251, section 4.1). So a key is recorded
when it fits a fingerprint, or the key itself, that came another way: ``SHA256:…``, ``MD5:aa:bb:…`` (all that old devices print),
or a line ``ssh-rsa AAAA…``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncssh

from ..common.problems import Problem, WardopsError, fail
from .known_hosts import Key, KnownHosts, Verdict, name_of, parse
from .model import Device
from .platform import load
from .reader.algorithms import Algorithms

_AT_ONCE = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """The keys that a device shows, one of each type; ``trouble`` says why there is none, in Japanese and English."""

    device: Device
    keys: tuple[Key, ...] = ()
    trouble: tuple[str, str] = ("", "")


def scan(devices: Sequence[Device], patience: float = 10.0) -> list[Shown]:
    """Ask all devices at once, without logging in.

    :param patience: seconds for each device.
    """

    async def every() -> list[Shown]:
        gate = asyncio.Semaphore(_AT_ONCE)
        return await asyncio.gather(*(_shown(device, patience, gate) for device in devices))

    return asyncio.run(every())


async def _shown(device: Device, patience: float, gate: asyncio.Semaphore) -> Shown:
    try:
        algorithms = Algorithms.of(load(device.platform).ssh)
    except WardopsError as error:
        return Shown(device, (), (error.problems[0].text("ja"), error.problems[0].text("en")))
    families: dict[str, list[str]] = {}
    for name in algorithms.host_key:
        families.setdefault("rsa" if "rsa" in name else name, []).append(name)
    keys: list[Key] = []
    trouble = ("応答がない", "no answer")
    async with gate:
        try:
            async with asyncio.timeout(patience):
                for names in families.values():
                    try:
                        keys.append(await _key(device, algorithms, names))
                    except asyncssh.KeyExchangeFailed:
                        trouble = ("SSH の暗号方式が合わない", "no SSH algorithm in common")
        except TimeoutError:
            pass
        except asyncssh.Error as error:
            trouble = (f"SSH の接続が切れた（{type(error).__name__}）", f"SSH broke off ({type(error).__name__})")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            trouble = (f"接続できない（{reason}）", f"no connection ({reason})")
    return Shown(device, tuple(keys), ("", "") if keys else trouble)


async def _key(device: Device, algorithms: Algorithms, names: Sequence[str]) -> Key:
    options = asyncssh.SSHClientConnectionOptions(encryption_algs=algorithms.encryption, mac_algs=algorithms.mac, config=None)
    key = await asyncssh.get_server_host_key(
        device.address, device.port, kex_algs=algorithms.kex, server_host_key_algs=names, config=None, options=options
    )
    if key is None:
        raise asyncssh.KeyExchangeFailed("no host key")
    return Key(key.public_data[4 : 4 + int.from_bytes(key.public_data[:4], "big")].decode("ascii", "replace"), key.public_data)


def digests(key: Key) -> tuple[str, str]:
    """Both fingerprints that consoles print: ``SHA256:…`` and ``MD5:aa:bb:…`` (RFC 4716, section 4)."""
    md5 = hashlib.md5(key.data, usedforsecurity=False).hexdigest()
    return key.fingerprint, "MD5:" + ":".join(md5[at : at + 2] for at in range(0, 32, 2))


def fits(key: Key, seen: str) -> bool:
    """Whether the key is the one that somebody saw.

    :param seen: a fingerprint or a public key, as consoles print it.
    :raises WardopsError: E1635 when it is neither.
    """
    words = seen.split()
    for at, word in enumerate(words[:-1]):
        if re.fullmatch(r"ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+", word):
            return key == Key(word, _decoded(words[at + 1], seen))
    text = seen.strip()
    sha256, md5 = digests(key)
    if re.fullmatch(r"(?:SHA256:)?[A-Za-z0-9+/]{43}=?", text):
        return sha256 == "SHA256:" + text.removeprefix("SHA256:").rstrip("=")
    bare = re.sub(r"[:\s.-]", "", re.sub(r"(?i)^md5:", "", text)).lower()
    if re.fullmatch(r"[0-9a-f]{32}", bare):
        return md5.removeprefix("MD5:").replace(":", "") == bare
    if re.fullmatch(r"[0-9a-f]{64}", bare):
        return hashlib.sha256(key.data).hexdigest() == bare
    raise fail("E1635", value=text[:100])


def _decoded(text: str, seen: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise fail("E1635", value=seen.strip()[:100]) from None


@dataclass(slots=True)
class Recording:
    """What a run makes of what was seen: keys to add by device, keys that go, what was equal, and what a human must look at."""

    add: dict[str, Key] = field(default_factory=dict)
    remove: dict[str, list[Key]] = field(default_factory=dict)
    equal: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.add or self.remove)


def compare(shown: Sequence[Shown], seen: dict[str, str], known: KnownHosts, *, replace: bool) -> Recording:
    """What may be recorded.

    :param seen: device → what its console printed.
    :param replace: whether another key that is recorded may go.
    :returns: problems are E1635 (no fingerprint), E1636 (does not fit), E1637 (another key is recorded), E1638 (no answer).
    """
    made = Recording()
    for one in shown:
        name, device = one.device.name, one.device
        if not one.keys:
            made.problems.append(
                Problem("E1638", name, params={"reason_ja": one.trouble[0], "reason": one.trouble[1], "address": device.address})
            )
            continue
        try:
            key = next((key for key in one.keys if fits(key, seen[name])), None)
        except WardopsError as error:
            made.problems += [Problem(problem.code, name, params=problem.params) for problem in error.problems]
            continue
        recorded = known.keys(device.address, device.port)
        if key is None:
            made.problems.append(Problem("E1636", name, params={"shown": _fingerprints(one.keys), "given": seen[name].strip()[:100]}))
        elif known.judge(device.address, device.port, key.data) is Verdict.KNOWN:
            made.equal.append(name)
        elif key.data in known.revoked or (recorded and not replace):
            made.problems.append(
                Problem("E1637", name, params={"recorded": _fingerprints(recorded) or "@revoked", "shown": key.fingerprint})
            )
        else:
            made.add[name] = key
            if recorded:
                made.remove[name] = recorded
    return made


def _fingerprints(keys: Sequence[Key]) -> str:
    return "、".join(f"{key.kind} {key.fingerprint}" for key in keys)


def written(data: bytes, devices: dict[str, Device], made: Recording, path: str = "") -> bytes:
    """The file with the keys added and removed; all other lines stay byte for byte.

    :raises WardopsError: E1630 (damaged), E1639 (a pattern names the address of a key that shall go).
    """
    lines = data.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    for name, keys in made.remove.items():
        address = name_of(devices[name].address, devices[name].port)
        lines = [kept for line in lines if (kept := _without(line, address, keys))]
    for name, key in made.add.items():
        address = name_of(devices[name].address, devices[name].port)
        lines.append(f"{address} {key.kind} {base64.b64encode(key.data).decode()} {name}\n".encode())
    text = b"".join(lines)
    left = parse(text, path)
    for name, keys in made.remove.items():
        still = [key for key in left.keys(devices[name].address, devices[name].port) if key in keys]
        if still:
            raise fail("E1639", path, address=devices[name].address)
    return text


def _without(line: bytes, address: str, keys: Sequence[Key]) -> bytes:
    """The line without that name; nothing when no other name is left. Hashed names are recognised, patterns are left."""
    words = line.split()
    if len(words) < 3 or words[0].startswith((b"#", b"@")):
        return line
    only = parse(line)
    if not any(key in keys for one in (only.exact.values()) for key in one) and not only.hashed:
        return line
    if only.hashed:
        return line if not only.keys(*_split(address)) else b""
    names = [name for name in words[0].split(b",") if name.decode("utf-8", "replace") not in (address, f"[{address}]:22")]
    return line.replace(words[0], b",".join(names), 1) if names else b""


def _split(name: str) -> tuple[str, int]:
    if name.startswith("["):
        address, _, port = name[1:].rpartition("]:")
        return address, int(port)
    return name, 22
