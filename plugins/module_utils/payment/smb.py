"""A share on a Windows or Samba file server, over SMB 3 with signing and encryption; nothing weaker is spoken.

Thin over ``smbprotocol``: every answer is waited for only so long, and a server's refusal becomes :class:`Refused` with its status,
a lost or silent connection :class:`Broken`. Paths are parts below the share, already checked to be plain names.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from smbprotocol.connection import Connection, Dialects
from smbprotocol.exceptions import SMBException, SMBResponseException
from smbprotocol.file_info import FileRenameInformation, InfoType
from smbprotocol.header import NtStatus
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    DirectoryAccessMask,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
    ShareAccess,
    SMB2QueryInfoRequest,
    SMB2QueryInfoResponse,
    SMB2SetInfoRequest,
)
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect

from ..common.problems import fail
from .fetch_sources import Broken

MISSING = {
    NtStatus.STATUS_OBJECT_NAME_NOT_FOUND,
    NtStatus.STATUS_OBJECT_PATH_NOT_FOUND,
    NtStatus.STATUS_NO_SUCH_FILE,
    NtStatus.STATUS_OBJECT_NAME_INVALID,
    NtStatus.STATUS_NOT_A_DIRECTORY,
}
TAKEN = {NtStatus.STATUS_OBJECT_NAME_COLLISION}
IN_USE = {NtStatus.STATUS_SHARING_VIOLATION, NtStatus.STATUS_DELETE_PENDING}
#: STATUS_DISK_FULL, STATUS_QUOTA_EXCEEDED, STATUS_ALLOTTED_SPACE_EXCEEDED (MS-ERREF 2.3)
FULL = {0xC000007F, 0xC0000044, 0xC0000099}
_LOGIN = {
    NtStatus.STATUS_LOGON_FAILURE,
    NtStatus.STATUS_PASSWORD_EXPIRED,
    0xC000006E,  # STATUS_ACCOUNT_RESTRICTION
    0xC0000072,  # STATUS_ACCOUNT_DISABLED
    0xC0000193,  # STATUS_ACCOUNT_EXPIRED
    0xC0000224,  # STATUS_PASSWORD_MUST_CHANGE
    0xC0000234,  # STATUS_ACCOUNT_LOCKED_OUT
}
#: the server ends the session or the connection although the network is well
_GONE = {
    NtStatus.STATUS_USER_SESSION_DELETED,
    NtStatus.STATUS_NETWORK_NAME_DELETED,
    NtStatus.STATUS_IO_TIMEOUT,
    NtStatus.STATUS_SERVER_UNAVAILABLE,
    0xC000020C,  # STATUS_CONNECTION_DISCONNECTED
    0xC000020D,  # STATUS_CONNECTION_RESET
    0xC000035C,  # STATUS_NETWORK_SESSION_EXPIRED
}
#: OWNER_SECURITY_INFORMATION, DACL_SECURITY_INFORMATION (MS-DTYP 2.4.7)
_OWNER_AND_DACL = 0x1 | 0x4
_CHUNK = 1024 * 1024


class Refused(Exception):
    """The server said no."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Share:
    """A connected share.

    :param settings: the target of the policy: ``host``, ``port``, ``share``, ``timeout`` (seconds).
    :raises Broken: no connection.
    :raises WardopsError: E1411 (login), E1424 (no such share), E1431 (no SMB 3, or no encryption).
    """

    def __init__(self, settings: Mapping[str, Any], user: str, password: str) -> None:
        self._gone = False
        self._timeout = float(settings["timeout"])
        self.host = str(settings["host"])
        self._connection = Connection(uuid.uuid4(), self.host, settings["port"], require_signing=True)
        try:
            self._guarded(lambda: self._connection.connect(timeout=int(self._timeout)))
            if self._connection.dialect < Dialects.SMB_3_0_0 or not self._connection.supports_encryption:
                raise fail("E1431", host=self.host, reason="dialect or cipher")
            session = Session(self._connection, user, password, require_encryption=True, auth_protocol="negotiate")
            self._log_in(session)
            self._tree = TreeConnect(session, f"\\\\{self.host}\\{settings['share']}")
            try:
                self._guarded(self._tree.connect)
            except Refused as refusal:
                raise fail("E1424", folder=settings["share"], reason=str(refusal)) from None
        except BaseException:
            self.close()
            raise

    def _log_in(self, session: Session) -> None:
        try:
            self._guarded(session.connect)
        except Refused as refusal:
            raise fail("E1411", host=self.host, reason=str(refusal)) from None
        if not session.encrypt_data:
            raise fail("E1431", host=self.host, reason="session without encryption")

    def close(self) -> None:
        # everything is written through and renamed by now; how the server takes the good-bye does not matter
        with contextlib.suppress(Exception):
            self._connection.disconnect(close=False, timeout=2)

    def open(self, path: str, *, write: bool = False, folder: bool = False, make: bool = False) -> Handle:
        """Open a file or folder.

        :param write: an exclusive, empty file, made where there is none.
        :param make: make the folder when it is not there.
        :raises Refused: for example with a status of :data:`MISSING` or :data:`IN_USE`.
        """
        file = Open(self._tree, path.replace("/", "\\"))
        access = FilePipePrinterAccessMask.GENERIC_READ | FilePipePrinterAccessMask.READ_CONTROL
        share = ShareAccess.FILE_SHARE_READ | ShareAccess.FILE_SHARE_WRITE | ShareAccess.FILE_SHARE_DELETE
        disposition = CreateDisposition.FILE_OPEN
        options = CreateOptions.FILE_NON_DIRECTORY_FILE | CreateOptions.FILE_OPEN_REPARSE_POINT
        if folder:
            access = DirectoryAccessMask.FILE_LIST_DIRECTORY | DirectoryAccessMask.READ_CONTROL
            options = CreateOptions.FILE_DIRECTORY_FILE | CreateOptions.FILE_OPEN_REPARSE_POINT
            disposition = CreateDisposition.FILE_OPEN_IF if make else CreateDisposition.FILE_OPEN
        if write:
            access |= FilePipePrinterAccessMask.GENERIC_WRITE | FilePipePrinterAccessMask.DELETE
            share = 0
            disposition = CreateDisposition.FILE_OVERWRITE_IF
        message, unpack = file.create(ImpersonationLevel.Impersonation, access, 0, share, disposition, options, send=False)
        self.call(message, unpack)
        return Handle(self, file)

    def call(self, message: Any, unpack: Callable[[Any], Any] | None = None) -> Any:
        """Send one request and wait for its answer, but not for ever.

        :raises Broken: no answer within the time.
        :raises Refused: the server's status is an error.
        """
        if self._gone:
            raise Broken("connection given up")
        try:
            return self._guarded(lambda: self._exchange(message, unpack))
        except Broken:
            self._gone = True  # whatever is closed after this must not wait again
            raise

    def _exchange(self, message: Any, unpack: Callable[[Any], Any] | None) -> Any:
        request = self._connection.send(message, self._tree.session.session_id, self._tree.tree_connect_id)
        answer = self._connection.receive(request, timeout=self._timeout, resolve_symlinks=False)
        return unpack(request) if unpack else answer

    def _guarded(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except SMBResponseException as error:
            if error.status in _GONE:
                raise Broken(error.message.partition(":")[0][:80]) from None
            raise Refused(error.status, f"0x{error.status:08X}") from None
        except SMBException as error:
            text = str(error)
            if "encryption" in text or "signing" in text or "guest" in text or "dialect" in text.lower():
                raise fail("E1431", host=self.host, reason=text[:120]) from None
            if "Failed to authenticate" in text:
                raise Refused(NtStatus.STATUS_LOGON_FAILURE, "authentication failed") from None
            raise Broken(text.partition(":")[0][:80]) from None
        except (ValueError, OSError, TimeoutError) as error:
            raise Broken(str(error).rpartition(":")[2].strip()[:80] or type(error).__name__) from None


class Handle:
    """An open file or folder."""

    def __init__(self, share: Share, file: Open) -> None:
        self._share = share
        self._file = file

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file.connected:
            with contextlib.suppress(Broken, Refused):
                message, _unpack = self._file.close(send=False)
                self._share.call(message)

    @property
    def size(self) -> int:
        """Bytes, when it was opened."""
        return int(self._file.end_of_file or 0)

    def read(self, offset: int, length: int) -> bytes:
        """At most ``length`` bytes; empty behind the end."""
        message, unpack = self._file.read(offset, min(length, self._limit(self._file.connection.max_read_size)), send=False)
        try:
            data: bytes = self._share.call(message, unpack)
        except Refused as refusal:
            if refusal.status == NtStatus.STATUS_END_OF_FILE:
                return b""
            raise
        return data

    def write(self, data: bytes, offset: int) -> None:
        """All of the data, written through to the server's disk."""
        step = self._limit(self._file.connection.max_write_size)
        for start in range(0, len(data), step):
            part = data[start : start + step]
            message, unpack = self._file.write(part, offset + start, send=False)
            if self._share.call(message, unpack) != len(part):
                raise Refused(0xC000007F, "short write")

    @staticmethod
    def _limit(size: int) -> int:
        return int(min(size, _CHUNK))

    def flush(self) -> None:
        message, unpack = self._file.flush(send=False)
        self._share.call(message, unpack)

    def descriptor(self) -> bytes:
        """Owner and DACL, self-relative."""
        message = SMB2QueryInfoRequest()
        message["info_type"] = InfoType.SMB2_0_INFO_SECURITY
        message["output_buffer_length"] = 65536
        message["additional_information"] = _OWNER_AND_DACL
        message["file_id"] = self._file.file_id
        answer = SMB2QueryInfoResponse()
        answer.unpack(self._share.call(message)["data"].get_value())
        data: bytes = answer["buffer"].get_value()
        return data

    def rename(self, path: str) -> None:
        """Give the file another name in the share; refused with a status of :data:`TAKEN` when there is one of that name."""
        name = FileRenameInformation()
        name["replace_if_exists"] = False
        name["file_name"] = path.replace("/", "\\")
        self._set(name.INFO_CLASS, name.pack())

    def delete(self) -> None:
        """Remove the file when it is closed."""
        from smbprotocol.file_info import FileDispositionInformation  # noqa: PLC0415

        disposition = FileDispositionInformation()
        disposition["delete_pending"] = True
        self._set(disposition.INFO_CLASS, disposition.pack())

    def _set(self, kind: int, data: bytes) -> None:
        message = SMB2SetInfoRequest()
        message["info_type"] = InfoType.SMB2_0_INFO_FILE
        message["file_info_class"] = kind
        message["file_id"] = self._file.file_id
        message["buffer"] = data
        self._share.call(message)
