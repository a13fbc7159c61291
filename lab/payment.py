"""The servers around the payment results: the sections' file server (Samba) and the payment centre (SFTP, HTTPS).

Which sections there are and which SIDs may read their folders is taken from the sample ward's policy ``payment_transfer``: the lab
builds what the policy expects, as a domain administrator would.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from .secretfiles import write_private
from .state import Lab
from .topology import CENTRE, FILE_SERVER

_HERE = Path(__file__).parent
_POLICY = _HERE.parent / "inventories/sample/policies/payment_transfer.yml"
#: the account that delivers and fetches, two members of sections, one of none: name, user id, sections
ACCOUNTS = (("wardpay", 31000, ()), ("staff0502", 31001, ("0502",)), ("staff0704", 31002, ("0704",)), ("outsider", 31003, ()))
_FIRST_GROUP = 32000
SHARE = "srv/payment"
OUT = "srv/pufure/out"


def install(lab: Lab, name: str, upper: Path) -> None:
    """Adds to a host's first state what makes it one of these servers; nothing for any other host."""
    maker: Callable[[Lab, Path], None] | None = {FILE_SERVER: _file_server, CENTRE: _centre}.get(name)
    if maker:
        maker(lab, upper)


def _write(upper: Path, path: str, data: str | bytes, mode: int = 0o644) -> None:
    target = upper / path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_private(target, data.encode() if isinstance(data, str) else data)
    target.chmod(mode)


def _boot_script(upper: Path, name: str) -> None:
    _write(upper, f"etc/rc2.d/S20{name}", (_HERE / "files" / name).read_bytes(), 0o755)


def readers() -> dict[str, str]:
    """Section → SID of the group that may read its folder, from the policy."""
    import yaml  # noqa: PLC0415 - only building a lab needs it

    policy = yaml.safe_load(_POLICY.read_text(encoding="utf-8"))
    target = next(item for item in policy["targets"] if item["kind"] == "smb")
    return {section: found[0]["principal"] for section, found in target["readers"]["sections"].items()}


def _accounts(upper: Path, groups: dict[str, int]) -> None:
    """The machine's accounts and ours; ``wardpay`` is a member of every section's group, so that it can write there."""
    users = "".join(f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n" for name, number, _ in ACCOUNTS)
    own = "".join(f"{name}:x:{number}:\n" for name, number, _ in ACCOUNTS)
    for section, number in groups.items():
        members = ["wardpay", *(name for name, _, sections in ACCOUNTS if section in sections)]
        own += f"{_group(section)}:x:{number}:{','.join(members)}\n"
    _write(upper, "etc/passwd", Path("/etc/passwd").read_text(encoding="utf-8") + users)
    _write(upper, "etc/group", Path("/etc/group").read_text(encoding="utf-8") + own)


def _group(section: str) -> str:
    return f"sec{section}" if section.isascii() else "secrest"


def _file_server(lab: Lab, upper: Path) -> None:
    sids = readers()
    groups = {section: _FIRST_GROUP + number for number, section in enumerate(sids)}
    _accounts(upper, groups)
    domain = next(iter(sids.values())).rpartition("-")[0]
    password = (lab.secrets / "WARDOPS_PAYMENT_FILESERVER_PASSWORD").read_text(encoding="utf-8")
    staff = (lab.secrets / "WARDLAB_STAFF_PASSWORD").read_text(encoding="utf-8")
    accounts = {
        "domain": domain,
        "users": [
            {"name": name, "sid": f"{domain}-{number}", "password": password if name == "wardpay" else staff}
            for name, number, _ in ACCOUNTS
        ],
        "groups": [{"name": _group(section), "gid": groups[section], "sid": sid} for section, sid in sids.items()],
    }
    for name in ("var/lib/samba", "etc/samba"):
        (upper / name).mkdir(parents=True)
    _write(upper, "etc/samba/lab_accounts.json", json.dumps(accounts), 0o600)
    _write(upper, "etc/samba/smb.conf", (_HERE / "files/smb.conf").read_bytes())
    _write(upper, "usr/sbin/lab-samba-accounts", (_HERE / "files/samba_accounts").read_bytes())
    for section, number in groups.items():
        folder = upper / SHARE / section
        folder.mkdir(parents=True)
        _own(folder, ACCOUNTS[0][1], number, 0o2770)
    _boot_script(upper, "payment_fileserver")


def _own(path: Path, user: int, group: int, mode: int) -> None:
    os.chown(path, user, group)
    path.chmod(mode)


def _centre(lab: Lab, upper: Path) -> None:
    _accounts(upper, {})
    _write(upper, "etc/ssh/payment_authorized_keys", (lab.root / "keys/payment.pub").read_bytes())
    settings = (upper / "etc/ssh/sshd_config").read_text(encoding="utf-8")
    only_files = "ForceCommand internal-sftp\n ChrootDirectory /srv/pufure\n AuthorizedKeysFile /etc/ssh/payment_authorized_keys"
    _write(upper, "etc/ssh/sshd_config", f"{settings}Match User wardpay\n {only_files}\n AllowTcpForwarding no\n")
    _write(upper, "etc/payment/nginx.conf", (_HERE / "files/nginx_payment.conf").read_bytes())
    for name, source in (("server.crt", f"{CENTRE}.crt"), ("server.key", f"{CENTRE}.key"), ("ca.crt", "ca.crt")):
        _write(upper, f"etc/payment/{name}", (lab.authority / source).read_bytes(), 0o600)
    (upper / OUT).mkdir(parents=True)
    (upper / OUT).chmod(0o755)
    _boot_script(upper, "payment_centre")
