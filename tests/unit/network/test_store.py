"""Saving configs: one commit for a night that changed something, none otherwise; copies that only the keys outside open.

covers: E1662, E1664, E1666, E1670
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import zlib
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network.model import Capture, Status
from ansible_collections.ward.ops.plugins.module_utils.network.store import index
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

from tests.config_store import SECRET, Keys, attempts, capture, everything, git, info, night


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def store(tmp_path: Path, keys: Keys) -> ConfigStore:
    return ConfigStore(tmp_path / "store", keys.recipients)


def codes(error: WardopsError) -> list[str]:
    return [problem.code for problem in error.problems]


def test_the_first_night_makes_one_commit_with_run_counts_and_devices(store: ConfigStore) -> None:
    captures = [capture("HON-RT-01"), capture("HON-RT-01", command="startup"), capture("MIN-RT-01", site="MIN")]
    saved = night(store, "night-1", captures, HON_RT_99=Status.UNREACHABLE)
    assert saved.commit == git(store, "rev-parse", "main").strip()
    assert saved.changed == (("HON-RT-01", "running"), ("HON-RT-01", "startup"), ("MIN-RT-01", "running"))
    files = git(store, "ls-tree", "-r", "--name-only", "main").split()
    assert files == [
        "HON/HON-RT-01/running.txt",
        "HON/HON-RT-01/startup.txt",
        "HON/index.csv",
        "MIN/MIN-RT-01/running.txt",
        "MIN/index.csv",
    ]
    assert git(store, "show", "main:MIN/MIN-RT-01/running.txt").encode() == captures[2].masked
    assert git(store, "log", "-1", "--format=%an <%ae> %cI") == "config_backup <config_backup@wardops.invalid> 2025-11-02T01:30:00+09:00\n"
    assert git(store, "log", "-1", "--format=%B").strip().splitlines() == [
        "Back up lgwan: 2 changed, 1 failed of 3 devices",
        "",
        "changed HON-RT-01: running startup",
        "changed MIN-RT-01: running",
        "failed HON-RT-99: unreachable",
        "",
        "Run: night-1",
        "Layer: lgwan",
        "Devices: 3",
        "Changed: 2",
        "Status-stored: 2",
        "Status-unreachable: 1",
    ]
    assert git(store, "log", "-1", "--format=%(trailers:key=Run,valueonly)").strip() == "night-1"


def test_a_night_without_change_makes_no_commit_and_touches_nothing_but_the_status(store: ConfigStore) -> None:
    captures = [capture("HON-RT-01"), capture("HON-RT-02")]
    first = night(store, "night-1", captures)
    before = everything(store)
    second = night(store, "night-2", captures, day=1)
    assert (second.commit, second.changed, second.unchanged) == (None, (), 2)
    after = everything(store)
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == {"status.json"}
    book = store.status()
    row = book.devices["HON-RT-01"]
    assert (row.success_at, row.success_run, row.success_commit) == ("2025-11-02T16:30:00+00:00", "night-2", first.commit)
    assert [(one.run, one.commit, one.changed) for one in book.nights] == [("night-1", first.commit, 2), ("night-2", first.commit, 0)]


def test_only_what_changed_is_in_the_next_commit(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01"), capture("HON-RT-02"), capture("MIN-RT-01", site="MIN")])
    saved = night(store, "night-2", [capture("HON-RT-01"), capture("HON-RT-02", "hostname y"), capture("MIN-RT-01", site="MIN")], 1)
    assert saved.changed == (("HON-RT-02", "running"),)
    assert git(store, "diff", "--name-only", "main~1", "main").split() == ["HON/HON-RT-02/running.txt", "HON/index.csv"]
    assert git(store, "rev-list", "--count", "main").strip() == "2"


def test_a_device_that_was_not_read_keeps_its_file_and_its_last_success(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01"), capture("HON-RT-02")])
    night(store, "night-2", [capture("HON-RT-01", "hostname y")], 1, **{"HON_RT_02": Status.TIMEOUT})
    night(store, "night-3", [capture("HON-RT-01", "hostname y")], 2, **{"HON_RT_02": Status.UNREACHABLE})
    assert "hostname x" in git(store, "show", "main:HON/HON-RT-02/running.txt")
    row = store.status().devices["HON-RT-02"]
    assert (row.status, row.attempt_run, row.success_run, row.failures) == ("unreachable", "night-3", "night-1", 2)
    assert (row.detail, row.attempts, row.sizes) == ("no answer", 3, {"running": (80, 4)})
    night(store, "night-4", [capture("HON-RT-02")], 3)
    assert store.status().devices["HON-RT-02"].failures == 0


def test_devices_that_the_ledger_has_lost_or_that_no_run_has_seen_are_visible(store: ConfigStore) -> None:
    captures = [capture("HON-RT-01"), capture("HON-RT-02")]
    with store.locked("night-1"):
        store.save(info("night-1", ledger=["HON-RT-01", "HON-RT-02", "HON-RT-03"]), captures, attempts(captures))
    assert store.status().devices["HON-RT-03"].attempt_at == "" and store.status().devices["HON-RT-03"].in_ledger
    with store.locked("night-2"):
        store.save(info("night-2", 1, ledger=["HON-RT-01", "HON-RT-03"]), captures[:1], attempts(captures[:1]))
    book = store.status()
    assert [name for name, row in book.devices.items() if not row.in_ledger] == ["HON-RT-02"]
    assert "hostname x" in git(store, "show", "main:HON/HON-RT-02/running.txt"), "as read it stays until somebody prunes it"


def test_full_copies_open_with_each_key_by_the_age_program_and_nothing_else_holds_the_secret(store: ConfigStore, keys: Keys) -> None:
    one = capture("HON-RT-01")
    night(store, "night-1", [one])
    [copy] = (store.folder / "full" / "HON-RT-01").iterdir()
    assert copy.name.startswith(f"{one.identity}-running-")
    line = git(store, "show", "main:HON/index.csv").splitlines()[1].split(",")
    assert line[-2] == hashlib.sha256(copy.read_bytes()).hexdigest()
    for key in keys.files:
        opened = subprocess.run(["age", "-d", "-i", key, copy], check=True, capture_output=True).stdout
        assert subprocess.run(["gunzip"], input=opened, check=True, capture_output=True).stdout == one.full
    objects = git(store, "cat-file", "--batch-check=%(objectname)", "--batch-all-objects").split()
    contents = [*everything(store).values(), *(git(store, "cat-file", "-p", name).encode() for name in objects)]
    assert len(objects) >= 5
    for content in contents:
        assert SECRET not in content
        assert SECRET not in _inflated(content)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""


def test_only_the_owner_may_read_anything(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    open_to_others = [path for path in (store.folder, *store.folder.rglob("*")) if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_a_folder_that_others_may_read_is_refused(store: ConfigStore) -> None:
    store.folder.mkdir(mode=0o755)
    with pytest.raises(WardopsError) as caught, store.locked("night-1"):
        pass
    assert codes(caught.value) == ["E1670"]


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder to another account needs root")
def test_root_reads_the_store_of_the_backup_account_and_does_not_write_into_it(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    for path in (store.folder, *store.folder.rglob("*")):
        os.chown(path, 65534, 65534)
    store.require()
    assert store.known()
    with pytest.raises(WardopsError) as caught:
        night(store, "night-2", [capture("HON-RT-01")], 1)
    assert codes(caught.value) == ["E1670"]


def test_a_text_that_a_device_has_no_more_leaves_the_branch_and_keeps_its_copy(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01"), capture("HON-RT-01", command="startup")])
    copies = store.copies.listing()
    for number, changed in ((2, (("HON-RT-01", "startup"),)), (3, ())):
        with store.locked(f"night-{number}") as session:
            session.add(capture("HON-RT-01"))
            session.absent("HON-RT-01", "startup")
            session.absent("HON-RT-02", "startup")
            saved = session.save(info(f"night-{number}", number), attempts([capture("HON-RT-01")]))
        assert (saved.changed, saved.unchanged) == (changed, 1)
    assert git(store, "ls-tree", "-r", "--name-only", "main").split() == ["HON/HON-RT-01/running.txt", "HON/index.csv"]
    assert store.copies.listing() == copies and store.known().keys() == {("HON-RT-01", "running")}


def test_a_device_that_moved_to_another_site_takes_its_file_along(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01"), capture("HON-RT-02")])
    night(store, "night-2", [capture("HON-RT-01", site="MIN")], 1)
    assert git(store, "ls-tree", "-r", "--name-only", "main").split() == [
        "HON/HON-RT-02/running.txt",
        "HON/index.csv",
        "MIN/HON-RT-01/running.txt",
        "MIN/index.csv",
    ]
    night(store, "night-3", [capture("HON-RT-02", site="MIN")], 2)
    assert "HON/index.csv" not in git(store, "ls-tree", "-r", "--name-only", "main")
    assert {line.site for line in store.lines().values()} == {"MIN"}


def test_a_lost_copy_and_new_recipients_make_copies_anew_without_a_change_of_text(store: ConfigStore, tmp_path: Path) -> None:
    night(store, "night-1", [capture("HON-RT-01"), capture("HON-RT-02")])
    [copy] = (store.folder / "full" / "HON-RT-01").iterdir()
    copy.unlink()
    saved = night(store, "night-2", [capture("HON-RT-01"), capture("HON-RT-02")], 1)
    assert (saved.changed, saved.resealed, saved.unchanged) == ((), (("HON-RT-01", "running"),), 2)
    assert git(store, "diff", "--name-only", "main~1", "main").split() == ["HON/index.csv"]
    (tmp_path / "new").mkdir()
    other = Keys(tmp_path / "new")
    saved = night(ConfigStore(store.folder, other.recipients), "night-3", [capture("HON-RT-01"), capture("HON-RT-02")], 2)
    assert len(saved.resealed) == 2
    newest = store.folder / "full" / store.lines()["HON-RT-02", "running"].copy
    assert subprocess.run(["age", "-d", "-i", other.files[0], newest], check=True, capture_output=True).stdout


def test_a_text_whose_masking_rules_grew_is_replaced_although_the_device_did_not_change(store: ConfigStore) -> None:
    one = capture("HON-RT-01")
    leaky = Capture(one.device, one.command, one.full, one.masked + b"ntp key in the clear\n", one.identity)
    night(store, "night-1", [leaky])
    assert night(store, "night-2", [one], 1).changed == (("HON-RT-01", "running"),)
    assert git(store, "show", "main:HON/HON-RT-01/running.txt").encode() == one.masked


def test_back_and_forth_keeps_every_copy_that_a_commit_names(store: ConfigStore) -> None:
    for day, text in enumerate(("hostname a", "hostname b", "hostname a")):
        night(store, f"night-{day}", [capture("HON-RT-01", text)], day)
    for revision in ("main~2", "main~1", "main"):
        assert store.copies.sealed(index.read(store.git, revision)["HON-RT-01", "running"])


@pytest.mark.parametrize(
    ("name", "site", "command"),
    [
        ("../../etc/cron.d/x", "HON", "running"),
        ("a/b", "HON", "running"),
        ("x\nD HON", "HON", "running"),
        ("-x", "HON", "running"),
        ("x.lock", "HON", "running"),
        (".git", "HON", "running"),
        ("index.csv", "HON", "running"),
        ("HON-RT-01", "..", "running"),
        ("HON-RT-01", "", "running"),
        ("HON-RT-01", "HON", "Running Config"),
    ],
)
def test_names_that_could_leave_their_folder_are_refused_and_spoil_nobody_else_s_night(
    store: ConfigStore, name: str, site: str, command: str
) -> None:
    bad, good = capture(name, site=site, command=command), capture("HON-RT-77")
    saved = night(store, "night-1", [bad, good])
    assert saved.changed == (("HON-RT-77", "running"),)
    assert [problem.code for problem in saved.refused.values()] == ["E1664"]
    row = store.status().devices[name]
    assert row.status == "not_stored" and row.detail.startswith("E1664")
    assert git(store, "ls-tree", "-r", "--name-only", "main").split() == ["HON/HON-RT-77/running.txt", "HON/index.csv"]


def test_empty_texts_and_the_same_text_twice_are_refused(store: ConfigStore) -> None:
    one, empty = capture("HON-RT-01"), capture("HON-RT-02")
    empty = Capture(empty.device, "running", b" \n", b" \n", empty.identity)
    with store.locked("night-1") as session:
        assert [session.add(given) for given in (one, one, empty)] == ["new", "refused", "refused"]
        saved = session.save(info("night-1"), attempts([one]))
    assert set(saved.refused) == {("HON-RT-01", "running"), ("HON-RT-02", "running")}


def test_bytes_are_kept_whatever_they_are(store: ConfigStore) -> None:
    one = capture("HON-RT-01")
    raw = bytes(range(1, 256)) + b"\x00\r\n" + "機器".encode("cp932") + b"no newline at the end"
    night(store, "night-1", [Capture(one.device, "running", raw, raw, one.identity)])
    command = ["git", f"--git-dir={store.folder}/configs.git", "cat-file", "blob", "main:HON/HON-RT-01/running.txt"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == raw


@pytest.mark.parametrize(
    "given",
    [[], [" "], ["age1nonsense"], ["AGE-SECRET-KEY-1" + "Q" * 58], ["ssh-ed25519 AAAA"]],
)
def test_recipients_that_are_none_stop_the_run_before_it_begins_and_are_not_repeated(tmp_path: Path, given: list[str]) -> None:
    with pytest.raises(WardopsError) as caught, ConfigStore(tmp_path / "store", given).locked("night-1"):
        pass
    assert codes(caught.value) == ["E1666"]
    assert "QQQQ" not in str(caught.value)
    assert not (tmp_path / "store").exists()


def test_an_ssh_key_can_be_a_recipient(tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    store = ConfigStore(tmp_path / "store", [(tmp_path / "key.pub").read_text(encoding="ascii")])
    night(store, "night-1", [capture("HON-RT-01")])
    [copy] = (store.folder / "full" / "HON-RT-01").iterdir()
    assert subprocess.run(["age", "-d", "-i", tmp_path / "key", copy], check=True, capture_output=True).stdout


def test_the_caller_s_git_settings_change_nothing(store: ConfigStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "update", "post-receive"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\nexit 1\n", encoding="ascii")
        (hooks / name).chmod(0o755)
    (tmp_path / "gitconfig").write_text(f"[core]\n\thooksPath = {hooks}\n[init]\n\tdefaultBranch = other\n", encoding="ascii")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "A Person")
    assert night(store, "night-1", [capture("HON-RT-01")]).commit
    assert not (tmp_path / "hook-ran").exists() and not (tmp_path / "elsewhere").exists()
    monkeypatch.delenv("GIT_DIR")
    assert "A Person" not in git(store, "log", "--format=%an %cn")


def test_pushes_are_refused_and_fetching_works(store: ConfigStore, tmp_path: Path) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", store.folder / "configs.git", clone], check=True)
    base = ["git", "-C", str(clone), "-c", "user.name=x", "-c", "user.email=x@x.invalid"]
    subprocess.run([*base, "commit", "-q", "--allow-empty", "-m", "by hand"], check=True)
    pushed = subprocess.run([*base, "push", "origin", "HEAD:main"], capture_output=True, text=True, check=False)
    assert pushed.returncode and "hidden ref" in pushed.stderr


def test_many_nights_are_packed_together(store: ConfigStore) -> None:
    with_packs = [
        len(list((store.folder / "configs.git/objects/pack").glob("*.pack")))
        for day in range(66)
        if night(store, f"n{day}", [capture("HON-RT-01", f"hostname h{day}")], day)
    ]
    assert max(with_packs) <= 61 and with_packs[-1] < 30
    assert git(store, "fsck", "--strict") == ""
    assert git(store, "rev-list", "--count", "main").strip() == "66"


def test_a_folder_that_cannot_be_written_is_an_error_with_a_number(store: ConfigStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WardopsError) as caught, ConfigStore(tmp_path / "file" / "store", store._keys).locked("night-1"):
        pass
    assert codes(caught.value) == ["E1662"]


def test_known_says_sizes_of_the_full_text(store: ConfigStore) -> None:
    one = capture("HON-RT-01")
    night(store, "night-1", [one])
    known = store.known()["HON-RT-01", "running"]
    assert (known.identity, known.bytes, known.lines) == (one.identity, len(one.full), 4)
    assert store.known().keys() == {("HON-RT-01", "running")}
    assert ConfigStore(store.folder.parent / "other", ()).known() == {}


def test_saving_without_the_lock_is_a_mistake_of_the_caller(store: ConfigStore) -> None:
    with pytest.raises(RuntimeError):
        store.save(info("night-1"), [], [])


def test_nothing_is_left_of_a_run_that_ends_without_saving(store: ConfigStore) -> None:
    night(store, "night-1", [capture("HON-RT-01")])
    before = everything(store)
    with pytest.raises(KeyboardInterrupt), store.locked("night-2") as session:
        session.add(capture("HON-RT-01", "hostname y"))
        session.add(capture("HON-RT-02"))
        raise KeyboardInterrupt
    assert everything(store) == before
    assert list((store.folder / "incoming").iterdir()) == []
