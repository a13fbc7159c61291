"""The ways to the payment centre's files: a folder, SFTP, HTTPS with a client certificate. Each lists and reads, and changes nothing.

:class:`Broken` means that the same call may work later (a lost connection); what another attempt cannot mend is a
``WardopsError``. Host keys and certificates are always checked. Secrets come from the environment and appear in no message.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from ..common.problems import fail

#: a listing longer than this is not one of a payment centre
_LISTING_BYTES = 16 * 1024 * 1024
_LISTING_FILES = 100_000
_WINDOW = 8 * 1024 * 1024


class Broken(Exception):
    """The connection broke; another attempt may succeed."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A file as its place lists it.

    :param modified: the file's time in that place's own spelling; only ever compared.
    """

    name: str
    size: int
    modified: str
    regular: bool = True


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Source(Protocol):
    """One place. ``place`` is how people know it."""

    place: str

    def listing(self) -> list[Remote]: ...

    def read_from(self, remote: Remote, offset: int) -> contextlib.AbstractContextManager[Readable]: ...

    def close(self) -> None: ...


def connect(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Source:
    """The source that these settings of the policy describe.

    :raises Broken: no connection.
    :raises WardopsError: E0100, E1402 (environment), E1410-E1412 (refused).
    """
    if settings["kind"] == "sftp":
        return SftpSource(settings, environment)
    if settings["kind"] == "https":
        return HttpsSource(settings, environment)
    return FolderSource(settings)


def secret(settings: Mapping[str, Any], environment: Mapping[str, str], name: str, purpose_ja: str, purpose: str) -> str:
    """A value of the environment.

    :raises WardopsError: E1402 when it is not set.
    """
    variable = f"{settings['environment']}_{name}"
    value = environment.get(variable, "")
    if not value:
        raise fail("E1402", variable=variable, purpose_ja=purpose_ja, purpose=purpose)
    return value


def secret_file(settings: Mapping[str, Any], environment: Mapping[str, str], name: str, purpose_ja: str, purpose: str) -> str:
    """The same for a path; the file must be readable.

    :raises WardopsError: E1402, E0100.
    """
    value = secret(settings, environment, name, purpose_ja, purpose)
    if not os.access(value, os.R_OK) or not Path(value).is_file():
        raise fail("E0100", value, reason=f"{settings['environment']}_{name}")
    return value


class FolderSource:
    """A drop folder on this machine (or mounted on it). Links are not followed."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._folder = Path(settings["folder"])
        self.place = str(self._folder)

    def listing(self) -> list[Remote]:
        try:
            with os.scandir(self._folder) as found:
                return [_local(entry) for entry in found]
        except OSError as error:
            raise fail("E0100", self.place, reason=os.strerror(error.errno or 0)) from None

    @contextlib.contextmanager
    def read_from(self, remote: Remote, offset: int) -> Iterator[Readable]:
        try:
            # O_NONBLOCK: a pipe must not hang the run
            descriptor = os.open(self._folder / remote.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise fail("E1407", f"{self.place}/{remote.name}") from None
            raise fail("E0100", f"{self.place}/{remote.name}", reason=os.strerror(error.errno or 0)) from None
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise fail("E1407", f"{self.place}/{remote.name}")
            stream.seek(offset)
            yield stream

    def close(self) -> None:
        """Nothing is open."""


def _local(entry: os.DirEntry[str]) -> Remote:
    info = entry.stat(follow_symlinks=False)
    return Remote(entry.name, info.st_size, f"{info.st_mtime_ns}-{info.st_ino}", stat.S_ISREG(info.st_mode))


class SftpSource:
    """SFTP with a registered host key; login by key file, or by password where there is no key."""

    def __init__(self, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        import paramiko  # noqa: PLC0415 - slow to load, and most runs of the command line do without

        self._ssh_errors: tuple[type[Exception], ...] = (paramiko.SSHException, paramiko.SFTPError, EOFError, OSError)
        self._folder = settings["folder"].rstrip("/")
        self._host = settings["host"]
        self.place = f"sftp://{self._host}{self._folder}"
        known = secret_file(settings, environment, "KNOWN_HOSTS", "ホスト鍵の登録", "registered host keys")
        user = secret(settings, environment, "USER", "アカウント", "account")
        prefix = settings["environment"]
        key = environment.get(f"{prefix}_SSH_KEY", "")
        password = environment.get(f"{prefix}_PASSWORD", "")
        if key:
            self._check_key(paramiko, secret_file(settings, environment, "SSH_KEY", "秘密鍵ファイル", "private key file"))
        elif not password:
            raise fail("E1402", variable=f"{prefix}_SSH_KEY", purpose_ja="秘密鍵ファイル", purpose="private key file")
        self._client = paramiko.SSHClient()
        self._client.load_host_keys(known)
        self._client.set_missing_host_key_policy(paramiko.RejectPolicy())
        limit = settings["timeout"]
        try:
            self._client.connect(
                self._host,
                settings["port"],
                user,
                password=password or None,
                key_filename=key or None,
                allow_agent=False,
                look_for_keys=False,
                timeout=limit,
                banner_timeout=limit,
                auth_timeout=limit,
            )
            self._sftp = self._client.open_sftp()
            channel = self._sftp.get_channel()
            if channel is not None:
                channel.settimeout(limit)
        except paramiko.BadHostKeyException as error:
            self.close()
            raise fail("E1410", host=self._host, reason=f"{error.key.get_name()} differs") from None
        except paramiko.AuthenticationException as error:
            self.close()
            raise fail("E1411", host=self._host, reason=type(error).__name__) from None
        except self._ssh_errors as error:
            self.close()
            if "not found in known_hosts" in str(error):
                raise fail("E1410", host=self._host, reason="not in known_hosts") from None
            raise Broken(_words(error)) from None

    def _check_key(self, paramiko: Any, path: str) -> None:
        """The library's own words about an unreadable key file could quote it, and look like a broken connection."""
        try:
            paramiko.PKey.from_path(path)
        except Exception:
            raise fail("E1411", host=self._host, reason="key file unreadable") from None

    def listing(self) -> list[Remote]:
        try:
            return self._entries()
        except FileNotFoundError:
            raise fail("E1413", source=self.place, reason="no such folder") from None
        except PermissionError:
            raise fail("E1411", host=self._host, reason=f"folder {self._folder}") from None
        except self._ssh_errors as error:
            raise Broken(_words(error)) from None

    def _entries(self) -> list[Remote]:
        """As the library's ``listdir_attr`` does, which fails as a whole when one name is not UTF-8 (a file of somebody else's)."""
        from paramiko import SFTPAttributes, sftp  # noqa: PLC0415

        found: list[Remote] = []
        _kind, message = self._sftp._request(sftp.CMD_OPENDIR, self._folder or "/")
        handle = message.get_binary()
        with contextlib.suppress(EOFError):  # the server's "no more" (SSH_FX_EOF)
            while True:
                kind, message = self._sftp._request(sftp.CMD_READDIR, handle)
                if kind != sftp.CMD_NAME or len(found) > _LISTING_FILES:
                    raise fail("E1413", source=self.place, reason="not a listing, or too long")
                for _ in range(message.get_int()):
                    name = message.get_string().decode("utf-8", "surrogateescape")
                    message.get_string()  # the same for people, as "ls -l" shows it
                    entry = SFTPAttributes._from_msg(message)
                    regular = stat.S_IFMT(entry.st_mode or 0) == stat.S_IFREG
                    found.append(Remote(name, entry.st_size or 0, str(entry.st_mtime or ""), regular))
        self._sftp._request(sftp.CMD_CLOSE, handle)
        return found

    @contextlib.contextmanager
    def read_from(self, remote: Remote, offset: int) -> Iterator[Readable]:
        try:
            with contextlib.closing(_SftpBody(self._sftp, f"{self._folder}/{remote.name}", offset, remote.size)) as body:
                yield body
        except FileNotFoundError:
            raise fail("E1408", f"{self.place}/{remote.name}", listed=remote.size, received=0) from None
        except PermissionError:
            raise fail("E1411", host=self._host, reason=f"file {remote.name}") from None
        except self._ssh_errors as error:
            raise Broken(_words(error)) from None

    def close(self) -> None:
        with contextlib.suppress(Exception):  # the server may be gone; nothing is lost by closing badly
            self._client.close()


class _SftpBody:
    """A file's bytes, asked for in windows: as many requests at once as a window has, and memory for one window."""

    def __init__(self, sftp: Any, path: str, offset: int, size: int) -> None:
        self._sftp = sftp
        self._path = path
        self._position = offset
        self._size = size
        self._end = offset
        self._file: Any = None

    def read(self, size: int, /) -> bytes:
        if self._file is None or self._position >= self._end:
            self.close()
            self._file = self._sftp.open(self._path, "rb")
            self._file.seek(self._position)
            self._end = min(self._position + _WINDOW, self._size)
            self._file.prefetch(self._end)
        data: bytes = self._file.read(min(size, max(1, self._end - self._position)))
        self._position += len(data)
        return data

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class HttpsSource:
    """HTTPS with a client certificate. The folder answers with a JSON list of name, type, size and mtime (要実機確認)."""

    def __init__(self, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        import requests  # noqa: PLC0415 - as above

        self._errors: type[Exception] = requests.RequestException
        self._host = settings["host"]
        self._base = f"https://{self._host}:{settings['port']}{quote(settings['folder'].rstrip('/'))}"
        self.place = f"https://{self._host}{settings['folder'].rstrip('/')}"
        self._timeout = settings["timeout"]
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no other authority and no netrc from the environment
        self._session.verify = secret_file(settings, environment, "CA", "サーバ証明書の発行者", "authority of the server's certificate")
        self._session.cert = (
            secret_file(settings, environment, "CERT", "クライアント証明書", "client certificate"),
            secret_file(settings, environment, "CERT_KEY", "クライアント証明書の秘密鍵", "key of the client certificate"),
        )
        self._session.headers.update({"Accept-Encoding": "identity"})

    def listing(self) -> list[Remote]:
        with self._get(f"{self._base}/", {"Accept": "application/json"}) as answer:
            if answer.status_code != 200:
                raise fail("E1413", source=self.place, reason=f"HTTP {answer.status_code}")
            data = _read_some(answer, _LISTING_BYTES)
        try:
            items = json.loads(data.decode("utf-8", "surrogateescape"))  # a name that is no UTF-8 must not hide the others
            found = [_listed(item) for item in items]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise fail("E1413", source=self.place, reason="not the expected JSON list") from None
        if len(data) >= _LISTING_BYTES or len(found) > _LISTING_FILES:
            raise fail("E1413", source=self.place, reason="too long")
        return found

    @contextlib.contextmanager
    def read_from(self, remote: Remote, offset: int) -> Iterator[Readable]:
        # If-Range: the rest only of the same version, else the whole file (RFC 9110, 13.1.5)
        headers = {"Range": f"bytes={offset}-", "If-Range": remote.modified} if offset else {}
        with self._get(f"{self._base}/{quote(remote.name)}", headers) as answer:
            if answer.status_code == 404 or (offset and answer.status_code in (200, 416)):
                raise fail("E1408", f"{self.place}/{remote.name}", listed=remote.size, received=offset)
            if answer.status_code != (206 if offset else 200):
                raise fail("E1413", source=self.place, reason=f"HTTP {answer.status_code}")
            yield _Body(answer.raw)

    @contextlib.contextmanager
    def _get(self, address: str, headers: dict[str, str]) -> Iterator[Any]:
        try:
            answer = self._session.get(address, headers=headers, stream=True, timeout=self._timeout, allow_redirects=False)
        except self._errors as error:
            raise self._judge(error) from None
        with contextlib.closing(answer):
            if answer.status_code in (400, 401, 403, 495, 496):
                reason = f"HTTP {answer.status_code}"
                raise fail("E1412" if answer.status_code in (400, 495, 496) else "E1411", host=self._host, reason=reason)
            if answer.status_code >= 500:
                raise Broken(f"HTTP {answer.status_code}")
            try:
                yield answer
            except self._errors as error:
                raise self._judge(error) from None

    def _judge(self, error: Exception) -> Exception:
        """A certificate's fault, or a connection that broke."""
        import ssl  # noqa: PLC0415

        text = str(error)
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return fail("E1412", host=self._host, reason=cause.verify_message)
            reason = getattr(cause, "reason", None)
            cause = reason if isinstance(reason, BaseException) else next((a for a in cause.args if isinstance(a, BaseException)), None)
        if "CERTIFICATE_VERIFY_FAILED" in text or "ALERT" in text.upper():
            return fail("E1412", host=self._host, reason=type(error).__name__)
        return Broken(type(error).__name__)

    def close(self) -> None:
        self._session.close()


class _Body:
    """The answer's bytes as they come; a broken connection is :class:`Broken`."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def read(self, size: int, /) -> bytes:
        import urllib3  # noqa: PLC0415

        try:
            data: bytes = self._raw.read(size, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Broken(type(error).__name__) from None
        return data


def _read_some(answer: Any, limit: int) -> bytes:
    body = _Body(answer.raw)
    data = b""
    while len(data) < limit and (chunk := body.read(min(65536, limit - len(data)))):
        data += chunk
    return data


def _listed(item: Mapping[str, Any]) -> Remote:
    if not isinstance(item["name"], str):
        raise TypeError("name")
    regular = item["type"] == "file"
    return Remote(item["name"], int(item["size"]) if regular else 0, str(item["mtime"]), regular)


def _words(error: BaseException) -> str:
    """What kind of failure; addresses and secrets stay out."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number > 0 else type(error).__name__
