"""Fetching from a real SFTP and HTTPS server, and delivery to a real Samba server. covers: E1409, E1410, E1411, E1412, E1413, E1431"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.payment.archive import Archive
from ansible_collections.ward.ops.plugins.module_utils.payment.delivery import Delivery, deliver
from ansible_collections.ward.ops.plugins.module_utils.payment.fetch import Clock, Fetched, fetch_day
from ansible_collections.ward.ops.plugins.module_utils.payment.manifest import Manifest
from ansible_collections.ward.ops.plugins.module_utils.payment.smb import Share

from lab.credentials import Authority, make_ssh_key
from lab.state import Lab
from lab.topology import CENTRE, FILE_SERVER
from tests.unit.payment_transfer.transfers import codes, stage, states

from .payment_servers import Servers, with_settings

DAY = dt.date(2026, 11, 20)
NAME = "MPN_20261120_1.csv"
CONTENT = {"0502": "納付番号,金額\r\n".encode("cp932") * 4000, "0704": os.urandom(3 << 20), "未振分": b"?\r\n"}


@pytest.fixture(scope="module")
def all_servers(lab: Lab) -> Servers:
    made = Servers(lab)
    made.wait()
    return made


@pytest.fixture
def servers(all_servers: Servers) -> Iterator[Servers]:
    all_servers.reset()
    yield all_servers
    all_servers.reset()


def fetch(servers: Servers, archive: Archive, source: str, environment: dict[str, str] | None = None, **settings: Any) -> Fetched:
    policy = with_settings(servers.policy, source, **settings)
    with servers.reachable():
        return fetch_day(
            policy, DAY, archive, source=source, environment=environment or servers.environment, clock=Clock(DAY, lambda _: None)
        )


def refusal(servers: Servers, archive: Archive, source: str, environment: dict[str, str], **settings: Any) -> str:
    with pytest.raises(WardopsError) as caught:
        fetch(servers, archive, source, environment, **settings)
    return caught.value.problems[0].code


def send(servers: Servers, root: Path, manifest: Manifest, environment: dict[str, str] | None = None, **settings: Any) -> Delivery:
    policy = with_settings(servers.policy, "fileserver", **settings)
    with servers.reachable():
        return deliver(root / "stage", manifest, policy, root / "records", environment=environment or servers.environment)


@pytest.mark.parametrize("source", ["centre-sftp", "centre-https"])
def test_the_day_s_files_arrive_unchanged_and_once(servers: Servers, tmp_path: Path, source: str) -> None:
    archive = Archive(tmp_path)
    content = os.urandom((5 << 20) + 7)
    servers.offer(NAME, content)
    servers.offer("MPN_20261120_2.csv", content)
    servers.offer("MPN_20261119_1.csv", b"yesterday's")
    servers.offer("MPN_20261120_3.csv", b"still coming", control=False)
    found = fetch(servers, archive, source)
    assert [(entry.name, entry.new, bool(entry.same_as)) for entry in found.files] == [
        (NAME, True, False),
        ("MPN_20261120_2.csv", True, True),
    ]
    assert found.files[0].path.read_bytes() == content
    assert codes(found) == ["E1403"]
    assert [entry.new for entry in fetch(servers, archive, source).files] == [False, False]
    assert (servers.out / NAME).read_bytes() == content


def test_the_other_way_gives_the_same_content(servers: Servers, tmp_path: Path) -> None:
    servers.offer(NAME, b"the same")
    first, second = (fetch(servers, Archive(tmp_path), source).files[0] for source in ("centre-sftp", "centre-https"))
    assert (first.sha256, first.serial, second.same_as) == (second.sha256, second.serial, f"2026-11-20/{NAME}")


@pytest.mark.parametrize("source", ["centre-sftp", "centre-https"])
def test_a_transfer_that_breaks_goes_on_where_it_stopped(servers: Servers, tmp_path: Path, source: str) -> None:
    archive = Archive(tmp_path)
    content = os.urandom(1 << 20) * 40
    servers.offer(NAME, content)
    sizes: list[int] = []

    def pull() -> None:
        while not any(path.stat().st_size > 4 << 20 for path in archive.incoming.iterdir()):
            time.sleep(0.001)
        servers.cable(CENTRE, connected=False)
        time.sleep(1.2)
        sizes.extend(path.stat().st_size for path in archive.incoming.iterdir())
        servers.cable(CENTRE, connected=True)

    thread = threading.Thread(target=pull, daemon=True)
    thread.start()
    found = fetch(servers, archive, source, timeout=1, attempts=9)
    thread.join(20)
    assert not thread.is_alive()
    assert found.files[0].path.read_bytes() == content
    assert 4 << 20 < sizes[0] < len(content)
    if source == "centre-https":
        log = (servers.root(CENTRE) / "var/log/nginx-payment-access.log").read_text()
        assert '" 206 ' in log


def test_a_host_key_that_is_not_registered_or_another_one_is_refused(servers: Servers, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text("")
    environment = {**servers.environment, "WARDOPS_PAYMENT_CENTRE_KNOWN_HOSTS": str(known)}
    assert refusal(servers, Archive(tmp_path / "archive"), "centre-sftp", environment) == "E1410"
    known.write_text(f"{servers.settings('centre-sftp')['host']} {make_ssh_key(tmp_path / 'other', 'x')}\n")
    assert refusal(servers, Archive(tmp_path / "archive"), "centre-sftp", environment) == "E1410"


def test_logins_that_are_refused_are_named(servers: Servers, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    make_ssh_key(tmp_path / "other", "x")
    environment = {**servers.environment, "WARDOPS_PAYMENT_CENTRE_SSH_KEY": str(tmp_path / "other")}
    assert refusal(servers, archive, "centre-sftp", environment) == "E1411"
    (tmp_path / "none").write_text("no key at all: secret words")
    environment["WARDOPS_PAYMENT_CENTRE_SSH_KEY"] = str(tmp_path / "none")
    with pytest.raises(WardopsError) as caught:
        fetch(servers, archive, "centre-sftp", environment)
    assert (caught.value.problems[0].code, "secret" in str(caught.value)) == ("E1411", False)
    assert refusal(servers, archive, "centre-sftp", servers.environment, folder="/nowhere") == "E1413"


def test_certificates_are_checked_on_both_sides(servers: Servers, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    servers.offer(NAME, b"x")
    other = Authority(tmp_path / "ca")
    other.issue_client("wardpay")
    environment = {**servers.environment, "WARDOPS_PAYMENT_CENTRE_CA": str(tmp_path / "ca/ca.crt")}
    assert refusal(servers, archive, "centre-https", environment) == "E1412"
    environment = {
        **servers.environment,
        "WARDOPS_PAYMENT_CENTRE_CERT": str(tmp_path / "ca/wardpay.crt"),
        "WARDOPS_PAYMENT_CENTRE_CERT_KEY": str(tmp_path / "ca/wardpay.key"),
    }
    assert refusal(servers, archive, "centre-https", environment) == "E1412"
    assert refusal(servers, archive, "centre-https", servers.environment, folder="/nowhere") == "E1413"
    assert refusal(servers, archive, "centre-https", servers.environment, port=444, attempts=2) == "E1409"


def test_a_listing_with_hostile_names_takes_only_what_is_a_file(servers: Servers, tmp_path: Path) -> None:
    (servers.out / "MPN_20261120_dir.csv").mkdir()
    (servers.out / "MPN_20261120_dir.csv.end").touch()
    for name in ("MPN_20261120_\n.csv", "MPN_20261120_a\\..\\b.csv", "MPN_20261120_\udc82\udca0.csv"):
        servers.offer(name, b"x")
    servers.offer(NAME, b"good")
    for source in ("centre-sftp", "centre-https"):
        found = fetch(servers, Archive(tmp_path / source), source)
        assert [entry.name for entry in found.files] == [NAME]
        assert sorted(codes(found)) == ["E1405", "E1405", "E1405", "E1407"]


def test_sections_get_their_files_and_nobody_else(servers: Servers, tmp_path: Path) -> None:
    manifest = stage(tmp_path / "stage", CONTENT)
    first = send(servers, tmp_path, manifest)
    assert (states(first), codes(first)) == (["delivered"] * 3, [])
    assert servers.delivered() == {f"{section}/20261120/収納結果_{section}_20261120.csv": CONTENT[section] for section in CONTENT}
    got = tmp_path / "got"
    read = f"get 0704\\20261120\\収納結果_0704_20261120.csv {got}"
    assert servers.smbclient("staff0704", read).returncode == 0
    assert got.read_bytes() == CONTENT["0704"]
    for user in ("staff0502", "outsider"):
        assert "NT_STATUS_ACCESS_DENIED" in servers.smbclient(user, read).stdout
    second = send(servers, tmp_path, manifest)
    assert (states(second), second.changed) == (["already"] * 3, False)
    assert servers.smbclient("staff0704", "del 0704\\20261120\\収納結果_0704_20261120.csv").returncode == 0
    third = send(servers, tmp_path, manifest)
    assert (states(third), third.changed) == (["already", "taken", "already"], False)


@pytest.mark.parametrize(("mode", "group", "who"), [(0o2775, None, "全員"), (0o2770, "0704", "-20704")])
def test_a_folder_that_others_can_read_stops_that_delivery(
    servers: Servers, tmp_path: Path, mode: int, group: str | None, who: str
) -> None:
    manifest = stage(tmp_path / "stage", CONTENT)
    folder = servers.share / "0502"
    before = folder.stat().st_gid
    if group:
        os.chown(folder, -1, (servers.share / group).stat().st_gid)
    folder.chmod(mode)
    found = send(servers, tmp_path, manifest)
    assert (states(found), codes(found)) == (["failed", "delivered", "delivered"], ["E1422"])
    assert who in found.problems[0].text("ja")
    os.chown(folder, -1, before)
    folder.chmod(0o2770)
    assert list(folder.iterdir()) == []
    assert states(send(servers, tmp_path, manifest)) == ["delivered", "already", "already"]


def test_another_file_of_that_name_stays(servers: Servers, tmp_path: Path) -> None:
    manifest = stage(tmp_path / "stage", CONTENT)
    (tmp_path / "mine").write_text("the section's own")
    made = servers.smbclient("staff0502", f"mkdir 0502\\20261120; put {tmp_path / 'mine'} 0502\\20261120\\収納結果_0502_20261120.csv")
    assert made.returncode == 0
    # the folder belongs to the section's member who made it: policy says who may, and staff0502 is none of them
    assert codes(send(servers, tmp_path, manifest)) == ["E1422"]
    os.chown(servers.share / "0502/20261120", 31000, -1)
    assert codes(send(servers, tmp_path, manifest)) == ["E1421"]
    assert servers.delivered()["0502/20261120/収納結果_0502_20261120.csv"] == b"the section's own"


def test_a_file_that_appears_meanwhile_is_not_replaced(servers: Servers, tmp_path: Path) -> None:
    manifest = stage(tmp_path / "stage", {"0704": os.urandom(24 << 20)})
    folder = servers.share / "0704/20261120"

    def come() -> None:
        while not any(path.stat().st_size > 1 << 20 for path in folder.glob(".wardops-*")):
            time.sleep(0.001)
        (folder / manifest.files[0].name).write_bytes(b"somebody's")

    thread = threading.Thread(target=come, daemon=True)
    thread.start()
    found = send(servers, tmp_path, manifest)
    thread.join(20)
    assert not thread.is_alive()
    assert (states(found), codes(found)) == (["failed"], ["E1421"])
    assert servers.delivered() == {f"0704/20261120/{manifest.files[0].name}": b"somebody's"}
    (folder / manifest.files[0].name).unlink()
    assert states(send(servers, tmp_path, manifest)) == ["delivered"]


def test_hostile_names_do_not_reach_the_server(servers: Servers, tmp_path: Path) -> None:
    manifest = stage(tmp_path / "stage", {"0502": b"x"})
    bad = [
        ("0502/..", "x.csv"),
        ("0502", "..\\0704\\x.csv"),
        ("0502", "CON.csv"),
        ("0502", "x.csv."),
        ("0502", "x" * 240),
        ("0502", "х.csv"),
    ]
    files = [dataclasses.replace(manifest.files[0], folder=folder, name=name) for folder, name in bad]
    found = send(servers, tmp_path, dataclasses.replace(manifest, files=files))
    assert codes(found) == ["E1306"] * len(bad)
    assert servers.delivered() == {}


def test_a_wrong_password_or_share_is_named(servers: Servers, tmp_path: Path) -> None:
    manifest = stage(tmp_path / "stage", CONTENT)
    environment = {**servers.environment, "WARDOPS_PAYMENT_FILESERVER_PASSWORD": "wrong"}
    wrong = send(servers, tmp_path, manifest, environment)
    assert (codes(wrong), states(wrong)) == (["E1411"], ["failed"] * 3)
    assert set(codes(send(servers, tmp_path, manifest, share="nothing"))) == {"E1424"}
    staff = {**servers.environment, "WARDOPS_PAYMENT_FILESERVER_USER": "outsider"}
    staff["WARDOPS_PAYMENT_FILESERVER_PASSWORD"] = servers.environment["WARDLAB_STAFF_PASSWORD"]
    assert set(codes(send(servers, tmp_path, manifest, staff))) <= {"E1424", "E1429"}
    assert servers.delivered() == {}


def test_a_server_without_smb_3_is_not_spoken_to(servers: Servers, tmp_path: Path) -> None:
    root = servers.root(FILE_SERVER)
    settings = (root / "etc/samba/smb.conf").read_text()
    old = settings.replace("SMB3", "SMB2").replace("encrypt = required", "encrypt = off").replace("smb ports = 445", "smb ports = 1445")
    old = old.replace(
        "[payment]", " server max protocol = SMB2_10\n pid directory = /run/oldsamba\n lock directory = /run/oldsamba\n[payment]"
    )
    (root / "etc/samba/old.conf").write_text(old)
    servers.enter(FILE_SERVER, "mkdir", "-p", "/run/oldsamba")
    servers.enter(FILE_SERVER, "smbd", "-D", "-s", "/etc/samba/old.conf")
    try:
        found = send(servers, tmp_path, stage(tmp_path / "stage", CONTENT), port=1445)
    finally:
        servers.enter(FILE_SERVER, "sh", "-c", "kill $(cat /run/oldsamba/smbd*.pid)")
    assert (codes(found), states(found)) == (["E1431"], ["failed"] * 3)
    assert servers.delivered() == {}


def test_the_server_says_that_the_session_is_encrypted(servers: Servers) -> None:
    pid = servers.root(FILE_SERVER).parent
    words = ["nsenter", f"--mount={pid}/ns/mnt", f"--net={pid}/ns/net", f"--pid={pid}/ns/pid", f"--root={pid}/root", "smbstatus", "-b"]
    with servers.reachable():
        share = Share(servers.settings("fileserver"), "wardpay", servers.environment["WARDOPS_PAYMENT_FILESERVER_PASSWORD"])
    try:
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    finally:
        share.close()
    lines = [line for line in told.splitlines() if "wardpay" in line]
    assert lines
    assert all("SMB3_11" in line and "AES-128-GCM" in line for line in lines), told
