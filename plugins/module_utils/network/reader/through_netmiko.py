"""Reading a device with netmiko: for platforms whose dialogue only its drivers know, and when our own reader does not see a prompt.

The rules are those of :mod:`dialogue`: only recorded host keys, one try with a password, nothing kept that is not provably whole. A thread
waits for each device; when its time is over its socket is closed, and the thread ends.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import re
import socket
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from ..known_hosts import name_of
from ..model import Answer, Status
from .dialogue import Attempt, Failed
from .terminal import TooLargeError

#: devices at the same time: each costs a thread
_THREADS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="netmiko")
#: seconds; the fleet's own limit ends a device before
_ENDLESS = 86_400.0
#: what paramiko offers and RFC 9142 and our own reader do not, unless the platform is one of old devices
_OLD = {"ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"], "macs": ["hmac-sha1"]}
_NEVER = ["hmac-md5", "hmac-sha1-96", "hmac-md5-96"]


class _Wire(socket.socket):
    """Counts what comes in; after the limit it ends, as if the device had hung up."""

    left = 0
    hung_up = False

    def recv(self, size: int, flags: int = 0) -> bytes:
        data = super().recv(size, flags)
        self.left -= len(data)
        if self.left < 0 or not data:
            self.hung_up = True
            return b""
        return data

    @property
    def ended(self) -> bool:
        return self.hung_up or self.fileno() < 0


def _guarded(driver: type, wire: _Wire) -> type:
    """The driver, which by itself would go on waiting for the next word of a connection that has ended."""

    def read_channel(self: Any) -> str:
        text: str = driver.read_channel(self)  # type: ignore[attr-defined]
        if not text and (wire.ended or self.remote_conn.closed or self.remote_conn.eof_received):
            raise EOFError
        return text

    return type(driver.__name__, (driver,), {"read_channel": read_channel})


class NetmikoAttempt(Attempt):
    """One attempt at one device, as :class:`dialogue.Attempt`."""

    via: ClassVar[str] = "netmiko"

    async def run(self, patience: float) -> None:
        if not self.known.keys(self.device.address, self.device.port):
            raise Failed(Status.HOST_KEY_UNKNOWN, "ホスト鍵が記録されていない")
        if not await self.permitted():
            raise Failed(Status.AUTHENTICATION, "試していない（同じアカウントの認証失敗が続いたため）")
        wire = _Wire(socket.AF_INET6 if ":" in self.device.address else socket.AF_INET, socket.SOCK_STREAM)
        # some packets more than the answers: what SSH itself needs
        wire.left = self.most + 1024 * 1024
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(_THREADS, self._talk_to, wire, patience, lambda good: loop.call_soon_threadsafe(self._tell, good))
        except TooLargeError:
            raise Failed(Status.TOO_LARGE, f"応答が上限 {self.most // 1048576} MiB を超えた") from None
        finally:
            if self.pending:
                self.settle(good=None)
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()

    def _tell(self, good: bool) -> None:
        if self.pending:
            self.settle(good=good)

    def _talk_to(self, wire: _Wire, patience: float, tell: Callable[[bool], Any]) -> None:
        """In a thread.

        :param tell: whether the account was taken.
        :raises Failed: :raises TooLargeError:
        """
        with tempfile.TemporaryDirectory(prefix="wardops-") as folder:
            try:
                self._read_all(wire, patience, Path(folder), tell)
            except Failed:
                raise
            except Exception as error:
                if wire.left < 0:
                    raise TooLargeError from None
                failed = self._named(_kinds(error))
                if failed.status is Status.AUTHENTICATION:
                    tell(False)
                raise failed from None

    def _read_all(self, wire: _Wire, patience: float, folder: Path, tell: Callable[[bool], Any]) -> None:
        from netmiko.ssh_dispatcher import ssh_dispatcher  # noqa: PLC0415 - half a second, and most nights need none

        wire.settimeout(patience)
        wire.connect((self.device.address, self.device.port))
        self.phase = "auth"
        connection = _guarded(ssh_dispatcher(self.platform.netmiko), wire)(**self._settings(wire, patience, folder))
        tell(True)
        self.phase = "terminal"
        if self.access.enable and not connection.check_enable_mode():
            connection.enable()
        for key in self.commands:
            command = self.platform.commands.get(key)
            if command is None:
                continue
            prompt = connection.find_prompt()
            received = connection.send_command(
                command.send.decode(), strip_prompt=False, strip_command=False, read_timeout=_ENDLESS, expect_string=_literal(prompt)
            )
            self.answers.append(Answer(command.key, str(received).encode("latin-1"), prompt.encode("latin-1")))
        connection.disconnect()

    def _settings(self, wire: _Wire, patience: float, folder: Path) -> dict[str, Any]:
        known = folder / "known_hosts"
        name = name_of(self.device.address, self.device.port)
        keys = self.known.keys(self.device.address, self.device.port)
        known.write_text("".join(f"{name} {key.kind} {base64.b64encode(key.data).decode()}\n" for key in keys), encoding="ascii")
        legacy = bool(self.platform.ssh.get("legacy"))
        return {
            "device_type": self.platform.netmiko,
            "host": self.device.address,
            "port": self.device.port,
            "sock": wire,
            "username": self.access.user,
            "password": self.access.password,
            "secret": self.access.enable,
            "pkey": _private_key(self.access.key) if self.access.key else None,
            "ssh_strict": True,
            "system_host_keys": False,
            "alt_host_keys": True,
            "alt_key_file": str(known),
            "use_keys": False,
            "allow_agent": False,
            "disabled_algorithms": {"macs": _NEVER} if legacy else {**_OLD, "macs": [*_OLD["macs"], *_NEVER]},
            "conn_timeout": patience,
            "auth_timeout": patience,
            "banner_timeout": patience,
            "encoding": "latin-1",  # every byte comes back as it was
        }

    def _named(self, kinds: list[str]) -> Failed:
        """Which result an exception is; what a library says may quote the device and is not passed on.

        :param kinds: names of the exception and of those that led to it.
        """
        if "BadHostKeyException" in kinds:
            return Failed(Status.HOST_KEY_CHANGED, "ホスト鍵が記録と違う（接続を中止した）")
        if {"NetmikoAuthenticationException", "AuthenticationException", "BadAuthenticationType"}.intersection(kinds):
            return Failed(Status.AUTHENTICATION, "認証に失敗した（パスワードまたは鍵）")
        if self.phase in ("tcp", "auth"):
            what = "接続できない" if self.phase == "tcp" else "SSH の接続が切れた"
            return Failed(Status.UNREACHABLE, f"{what}（{kinds[0]}）")
        if kinds[0] == "ValueError":
            return Failed(Status.REFUSED, "特権モードに入れない（特権パスワード）")
        if kinds[0] in ("ReadTimeout", "NetmikoTimeoutException", "TimeoutError"):
            return self.late()
        return Failed(Status.INCOMPLETE, f"機器が途中で切断した（{kinds[0]}）")


def _kinds(error: BaseException) -> list[str]:
    found = [type(error).__name__]
    while (error := error.__cause__ or error.__context__) is not None:  # type: ignore[assignment]
        found.append(type(error).__name__)
    return found


def _literal(prompt: str) -> str:
    """The prompt as a pattern for a line's end."""
    return r"(?:^|[\r\n])" + re.escape(prompt) + r"\s*$"


def _private_key(text: str) -> Any:
    from paramiko import ECDSAKey, Ed25519Key, RSAKey, SSHException  # noqa: PLC0415

    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        with contextlib.suppress(SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text))
    raise Failed(Status.AUTHENTICATION, "鍵の形が使えない")
