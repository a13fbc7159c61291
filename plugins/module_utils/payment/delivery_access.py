"""Who has access to a folder: read from a Windows security descriptor or from a POSIX mode and ACL, compared with the policy.

Only grants count: a deny entry never makes a folder private. Whoever may read, write, change the rights or take the ownership has access;
listing attributes or passing through is none. Layouts: MS-DTYP 2.4 (SID, ACE, ACL, self-relative security descriptor); acl(5) and the
kernel's ``posix_acl_xattr.h`` for the extended attribute.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..common.problems import Problem

#: FILE_READ_DATA, FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_DELETE_CHILD, DELETE, WRITE_DAC, WRITE_OWNER, MAXIMUM_ALLOWED, generic rights
_ACCESS = 0x01 | 0x02 | 0x04 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x02000000 | 0x10000000 | 0x40000000 | 0x80000000
#: ACE types that grant nothing: denied, audit, alarm, their object and callback forms, labels (MS-DTYP 2.4.4.1)
_NO_GRANT = {0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x0A, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x14}
_DACL_PRESENT = 0x0004
#: stands for everyone where a descriptor has no list at all, or an entry cannot be read
EVERYONE = "S-1-1-0"
#: CREATOR OWNER, CREATOR GROUP, OWNER RIGHTS: stand for the owner, who is checked himself
_OWNERS = {"S-1-3-0", "S-1-3-1", "S-1-3-4"}
_XATTRS = ("system.posix_acl_access", "system.posix_acl_default")
_USER, _GROUP, _MASK, _OTHER = 0x02, 0x08, 0x10, 0x20


@dataclass(frozen=True, slots=True)
class Access:
    """Everybody who has access: SIDs, or ``user:name`` and ``group:name``; the owner is one of them."""

    principals: frozenset[str]


def from_descriptor(data: bytes) -> Access:
    """The grants of a self-relative security descriptor with owner and DACL. What cannot be understood counts as everyone."""
    try:
        _revision, _zero, control, owner, _group, _sacl, dacl = struct.unpack_from("<BBHIIII", data)
        found = {_sid(data, owner)} if owner else {EVERYONE}
        if not control & _DACL_PRESENT or not dacl:
            return Access(frozenset(found | {EVERYONE}))
        _revision, _zero, _size, count = struct.unpack_from("<BBHH", data, dacl)
        position = dacl + 8
        for _ in range(count):
            kind, _flags, length, mask = struct.unpack_from("<BBHI", data, position)
            if kind not in _NO_GRANT and mask & _ACCESS:
                # only plain and callback entries have the SID right behind the mask
                found.add(_sid(data, position + 8) if kind in (0x00, 0x09) else EVERYONE)
            position += max(length, 8)
        return Access(frozenset(found - _OWNERS))
    except (struct.error, IndexError):
        return Access(frozenset({EVERYONE}))


def _sid(data: bytes, offset: int) -> str:
    revision, count = data[offset], data[offset + 1]
    authority = int.from_bytes(data[offset + 2 : offset + 8], "big")
    parts = struct.unpack_from(f"<{count}I", data, offset + 8)
    return "-".join(str(part) for part in ("S", revision, authority, *parts))


def from_posix(info: os.stat_result, descriptor: int) -> Access:
    """The grants of an open file's or folder's mode and POSIX ACLs (also of the default ACL, which new files get)."""
    mode = info.st_mode
    found = {f"user:{_user(info.st_uid)}"}
    if mode & stat.S_IRWXG & ~stat.S_IXGRP:
        found.add(f"group:{_group(info.st_gid)}")
    if mode & stat.S_IRWXO & ~stat.S_IXOTH:
        found.add("other")
    for name in _XATTRS:
        try:
            data = os.getxattr(descriptor, name)
        except OSError:  # there is none, or the file system has none
            continue
        for tag, rights, number in struct.iter_unpack("<HHI", data[4:]):
            if not rights & 0x06:
                continue
            if tag == _USER:
                found.add(f"user:{_user(number)}")
            elif tag == _GROUP:
                found.add(f"group:{_group(number)}")
            elif tag == _OTHER:
                found.add("other")
    return Access(frozenset(found))


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def allowed(readers: Mapping[str, Any], folder: str) -> frozenset[str] | None:
    """Who may have access to a section's folder, by the policy; nothing when the policy does not know the folder."""
    own = readers["sections"].get(folder)
    if own is None:
        return None
    return frozenset(item["principal"] for item in [*readers["always"], *own])


def problems(access: Access, may: Iterable[str], folder: str) -> list[Problem]:
    """E1422 when somebody else has access."""
    others = sorted(access.principals - set(may))
    if not others:
        return []
    who = ", ".join("全員 (everyone)" if other in (EVERYONE, "other") else other for other in others[:8])
    return [Problem("E1422", folder, params={"folder": folder, "who": who})]
