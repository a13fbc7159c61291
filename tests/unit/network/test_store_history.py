"""What the store held when, what was approved, what may go, and whether it is whole.

covers: E1665, E1667, E1668, E1669, E1671, E1672, E1673, E1674, E1675, E1676, E1677
"""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network.capture import steady
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from ansible_collections.ward.ops.plugins.module_utils.network.model import Capture
from ansible_collections.ward.ops.plugins.module_utils.network.platform import load
from ansible_collections.ward.ops.plugins.module_utils.network.store import approval, history, index, retention, verifying
from ansible_collections.ward.ops.plugins.module_utils.network.store.copies import Identities
from ansible_collections.ward.ops.plugins.module_utils.network.store.index import Line
from ansible_collections.ward.ops.plugins.module_utils.network.store.judging import judge_with
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

from tests.config_store import BEGIN, SECRET, Keys, attempts, capture, device, git, info, night

KEY = bytes(range(40))
FOREVER = retention.Retention(10_000, 100)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def store(tmp_path: Path, keys: Keys) -> ConfigStore:
    """Four nights: one device changes on the second, none on the third, another on the fourth."""
    made = ConfigStore(tmp_path / "store", keys.recipients)
    night(made, "night-1", [capture("HON-RT-01"), capture("HON-RT-02"), capture("MIN-RT-01", site="MIN")])
    night(made, "night-2", [capture("HON-RT-01", "hostname y"), capture("HON-RT-02"), capture("MIN-RT-01", site="MIN")], 1)
    night(made, "night-3", [capture("HON-RT-01", "hostname y"), capture("HON-RT-02"), capture("MIN-RT-01", site="MIN")], 2)
    night(made, "night-4", [capture("HON-RT-01", "hostname y"), capture("HON-RT-02", "hostname z"), capture("MIN-RT-01", site="MIN")], 3)
    return made


def refused(code: str) -> pytest.RaisesExc[WardopsError]:
    return pytest.raises(WardopsError, check=lambda error: [problem.code for problem in error.problems] == [code])


@pytest.mark.parametrize(
    ("revision", "meant"),
    [
        ("", "main"),
        ("main", "main"),
        ("night-1", "main~2"),
        ("night-2", "main~1"),
        ("night-3", "main~1"),  # it changed nothing
        ("night-4", "main"),
        ("2025-11-02", "main~2"),
        ("2025-11-04", "main~1"),
        ("2025-11-03T01:29:59+09:00", "main~2"),
        ("2025-11-03T01:30+09:00", "main~1"),
    ],
)
def test_a_run_a_commit_and_a_day_name_a_state(store: ConfigStore, revision: str, meant: str) -> None:
    commit = git(store, "rev-parse", meant).strip()
    assert history.resolve(store, revision) == commit
    assert history.resolve(store, commit[:10]) == commit


@pytest.mark.parametrize("revision", ["night", "night-99", "approved", "2025-11-01", "deadbeef00", "--all", "main~1", "x" * 200, "a\nb"])
def test_a_state_that_was_not_is_refused(store: ConfigStore, revision: str) -> None:
    with refused("E1672"):
        history.resolve(store, revision)


def test_a_run_is_found_in_the_commits_when_the_status_is_lost(store: ConfigStore) -> None:
    (store.folder / "status.json").unlink()
    assert history.resolve(store, "night-2") == git(store, "rev-parse", "main~1").strip()


def test_show_gives_the_masked_text_of_any_state(store: ConfigStore) -> None:
    assert b"hostname y" in history.show(store, "HON-RT-01")
    old = history.show(store, "HON-RT-01", at="night-1")
    assert b"hostname x" in old and b"<secret:" in old and SECRET not in old
    assert history.texts(store, {("HON-RT-02", "running")}).keys() == {("HON-RT-02", "running")}
    assert len(history.texts(store)) == 3
    for name, command in (("HON-RT-99", "running"), ("HON-RT-01", "startup"), ("../HON", "running")):
        with refused("E1673"):
            history.show(store, name, command)


def test_log_names_the_commits_of_a_device_and_what_they_touched(store: ConfigStore) -> None:
    found = history.log(store, "HON-RT-01")
    assert [(one.run, one.commands, one.role) for one in found] == [
        ("night-2", ("running",), "config_backup"),
        ("night-1", ("running",), "config_backup"),
    ]
    assert found[0].at == "2025-11-03T01:30:00+09:00"
    assert len(history.log(store, "HON-RT-01", limit=1)) == 1
    with refused("E1673"):
        history.log(store, "*")


def test_diff_is_the_last_change_or_between_any_two_states(store: ConfigStore) -> None:
    [change] = history.diff(store, "HON-RT-01")
    assert (change.device, change.site, change.command, change.kind) == ("HON-RT-01", "HON", "running", "changed")
    assert change.diff.splitlines()[1:] == [
        b" ! config of HON-RT-01",
        b"-hostname x",
        b"+hostname y",
        b" snmp-server community <secret:0123456789abcdef>",
        b" end",
    ]
    assert history.diff(store, "HON-RT-01", "night-2", "night-4") == []
    assert [one.kind for one in history.diff(store, "MIN-RT-01")] == ["added"]
    assert b"-hostname y" in history.diff(store, "HON-RT-01", "night-4", "night-1")[0].diff
    with refused("E1673"):
        history.diff(store, "HON-RT-99")
    assert history.changes(store, None, history.resolve(store), ["../x"]) == []


def test_a_text_that_looks_like_a_diff_is_not_taken_for_one(store: ConfigStore) -> None:
    tricky = "diff --git a b\n@@ -1 +1 @@\nnew file mode\n--- a\n+++ b"
    night(store, "night-5", [capture("HON-RT-01", tricky), capture("MIN-RT-01", "hostname q", site="MIN")], 4)
    found = history.changes(store, history.resolve(store, "night-4"), history.resolve(store))
    assert [(one.device, one.kind) for one in found] == [("HON-RT-01", "changed"), ("MIN-RT-01", "changed")]
    assert b"+diff --git a b\n" in found[0].diff


# --- approval ----------------------------------------------------------------


def approve(store: ConfigStore, *devices: str, at: str = "", whole: int | None = None) -> approval.Approval:
    with store.held("approve"):
        planned = approval.plan(store, devices, at, whole)
        return approval.approve(store, planned, "CHG-7", "network_lead", BEGIN + dt.timedelta(days=5))


def test_approving_copies_what_somebody_looked_at_and_says_who_and_why(store: ConfigStore) -> None:
    done = approve(store, "HON-RT-01", at="night-1")
    assert done.devices == ("HON-RT-01",) and done.commit == git(store, "rev-parse", "approved").strip()
    assert git(store, "ls-tree", "-r", "--name-only", "approved").split() == ["HON/HON-RT-01/running.txt", "HON/index.csv"]
    message = git(store, "log", "-1", "--format=%B", "approved")
    source = git(store, "rev-parse", "main~2").strip()
    assert f"Ticket: CHG-7\nApproved-By-Role: network_lead\nSource: {source}\n" in message
    assert approve(store, "HON-RT-01", at="night-1") == approval.Approval((), ("HON-RT-01",), source)
    assert git(store, "rev-list", "--count", "approved").strip() == "1"
    assert b"hostname x" in history.show(store, "HON-RT-01", at="approved")


def test_drift_is_what_differs_from_the_approved_state(store: ConfigStore) -> None:
    assert {one.kind for one in approval.drift(store)} == {"never_approved"}
    approve(store, "HON-RT-01", "MIN-RT-01", at="night-1")
    found = approval.drift(store)
    assert [(one.device, one.kind) for one in found] == [("HON-RT-01", "changed"), ("HON-RT-02", "never_approved")]
    assert b"-hostname x\n+hostname y\n" in found[0].diff and found[1].diff == b""
    assert [one.device for one in approval.drift(store, ["HON-RT-02"])] == ["HON-RT-02"]
    approve(store, whole=3)
    assert approval.drift(store) == []


def test_an_unsaved_config_or_a_copy_made_anew_is_no_drift(store: ConfigStore) -> None:
    approve(store, whole=3)
    [copy] = (store.folder / "full" / "MIN-RT-01").iterdir()
    copy.unlink()
    night(store, "night-5", [capture("MIN-RT-01", site="MIN"), capture("MIN-RT-01", "other", site="MIN", command="startup")], 4)
    assert approval.drift(store) == []


@pytest.mark.parametrize(("devices", "whole"), [((), None), ((), 2), ((), 4), (("HON-RT-01",), 3)])
def test_approving_nothing_or_everything_by_accident_is_refused(store: ConfigStore, devices: tuple[str, ...], whole: int | None) -> None:
    with refused("E1674"):
        approve(store, *devices, whole=whole)


def test_an_approval_has_a_ticket_and_a_role_and_known_devices(store: ConfigStore) -> None:
    for ticket, role in (("", "network_lead"), ("CHG-7", ""), ("CHG-7", "山田太郎"), ("CHG 7\nX: y", "network_lead")):
        with refused("E1674"):
            approval.refuse_anonymous(ticket, role)
    with refused("E1673"):
        approve(store, "HON-RT-99")
    approve(store, "HON-RT-02")
    with refused("E1674"):  # from the branch itself nothing can be approved
        approve(store, "HON-RT-02", at="approved")


# --- restore and verification --------------------------------------------------


def test_restore_gives_the_full_text_of_any_state_byte_for_byte(store: ConfigStore, keys: Keys) -> None:
    for file in keys.files:
        opened = Identities.from_file(file)
        assert verifying.restore(store, "HON-RT-01", opened) == capture("HON-RT-01", "hostname y").full
        assert verifying.restore(store, "HON-RT-01", opened, at="night-1") == capture("HON-RT-01").full
        assert "AGE" not in repr(opened)


def test_keys_that_cannot_be_used_are_refused_and_never_shown(store: ConfigStore, keys: Keys, tmp_path: Path) -> None:
    keys.files[0].chmod(0o640)
    with refused("E1667"):
        Identities.from_file(keys.files[0])
    with refused("E1667"):
        Identities(b"AGE-SECRET-KEY-1NONSENSE\n", "given")
    (tmp_path / "strangers").mkdir()
    stranger = Identities.from_file(Keys(tmp_path / "strangers").files[0])
    with refused("E1668"):
        verifying.restore(store, "HON-RT-01", stranger)
    assert verifying.identities_of(None, None) is None
    assert verifying.identities_of(keys.files[1].read_text(encoding="ascii"), None) is not None


def judge(line: Line, full: bytes, masked: bytes) -> tuple[str, str] | None:
    return None if full.replace(SECRET, b"<secret:0123456789abcdef>") == masked and line.lines else ("違う", "differs")


def verified(store: ConfigStore, keys: Keys, rule: retention.Retention | None = None) -> verifying.Report:
    return verifying.verify(store, Identities.from_file(keys.files[0]), judge, rule, BEGIN + dt.timedelta(days=6))


def test_a_store_that_is_whole_verifies(store: ConfigStore, keys: Keys) -> None:
    approve(store, "HON-RT-01", at="night-1")
    tips = verified(store, keys)
    assert (tips.texts, tips.copies, tips.opened, tips.compared, tips.orphans, tips.problems) == (4, 4, 4, 4, (), [])
    assert verified(store, keys, FOREVER).copies == 5
    without = verifying.verify(store)
    assert (without.copies, without.opened, without.problems) == (4, 0, [])


def damage_copy(_: ConfigStore, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def lose_copy(_: ConfigStore, path: Path) -> None:
    path.unlink()


def exchange_copy(store: ConfigStore, path: Path) -> None:
    """Somebody who knows the public keys puts another text in its place."""
    with store.locked("x"):
        path.write_bytes(store._session._recipients.seal(b"enable secret mine\n"))  # type: ignore[union-attr]


def open_copy(_: ConfigStore, path: Path) -> None:
    path.chmod(0o644)


@pytest.mark.parametrize(("what", "code"), [(damage_copy, "E1668"), (lose_copy, "E1668"), (exchange_copy, "E1668"), (open_copy, "E1675")])
def test_a_copy_that_is_not_the_committed_one_is_found(store: ConfigStore, keys: Keys, what: object, code: str) -> None:
    path = store.folder / "full" / store.lines()["HON-RT-01", "running"].copy
    what(store, path)  # type: ignore[operator]
    assert [(problem.code, problem.path) for problem in verified(store, keys).problems] == [(code, str(path))]
    if code == "E1668":
        with refused("E1668"):
            verifying.restore(store, "HON-RT-01", Identities.from_file(keys.files[0]))


def commit_by_hand(store: ConfigStore, path: str, text: str) -> None:
    head = "commit refs/heads/main\ncommitter x <x@x.invalid> 1800000000 +0900\ndata 1\nx\nfrom refs/heads/main^0\n"
    stream = f"{head}M 100644 inline {path}\ndata {len(text)}\n{text}\n"
    subprocess.run(["git", f"--git-dir={store.folder}/configs.git", "fast-import", "--quiet"], input=stream.encode(), check=True)


@pytest.mark.parametrize(
    ("path", "text", "codes"),
    [
        ("HON/HON-RT-01/running.txt", "edited by hand\n", ["E1675"]),
        ("HON/HON-RT-98/running.txt", "put in by hand\n", ["E1675"]),
        ("HON/index.csv", "nonsense\n", ["E1665", "E1665"]),
    ],
)
def test_what_was_written_past_the_index_is_found(store: ConfigStore, keys: Keys, path: str, text: str, codes: list[str]) -> None:
    commit_by_hand(store, path, text)
    assert [problem.code for problem in verified(store, keys).problems] == codes[:1]


def test_a_copy_that_does_not_come_to_the_stored_text_is_found(store: ConfigStore, keys: Keys) -> None:
    report = verifying.verify(store, Identities.from_file(keys.files[0]), lambda *_: ("違う", "differs"))
    assert [problem.code for problem in report.problems] == ["E1676"] * 3


def test_a_damaged_object_is_found_and_stops_what_would_build_on_it(store: ConfigStore, keys: Keys) -> None:
    pack = max((store.folder / "configs.git/objects/pack").glob("*.pack"), key=lambda path: path.stat().st_size)
    data = bytearray(pack.read_bytes())
    pack.chmod(0o600)
    pack.write_bytes(bytes(data[: len(data) // 2]) + b"\xff\xff\xff\xff" + bytes(data[len(data) // 2 + 4 :]))
    assert "E1663" in [problem.code for problem in verified(store, keys).problems]


def test_a_damaged_status_is_an_error_and_no_traceback(store: ConfigStore) -> None:
    for text in ("", "[]", '{"devices": {"x": {}}, "nights": []}', '{"devices": {"x": {"sizes": {"a": 3}}}, "nights": []}'):
        (store.folder / "status.json").write_text(text, encoding="utf-8")
        with refused("E1669"):
            store.status()


def test_there_is_no_store(tmp_path: Path) -> None:
    with refused("E1671"):
        history.show(ConfigStore(tmp_path / "none"), "HON-RT-01")


# --- retention -----------------------------------------------------------------


def planned(store: ConfigStore, days: int, versions: int, at: int, gone: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    plan = retention.plan(store, retention.Retention(days, versions), BEGIN + dt.timedelta(days=at), gone)
    return [(item.key, str(item.before["why"])) for item in plan.remove if item.before]


def test_a_copy_goes_when_neither_days_nor_versions_nor_an_approval_keep_it(store: ConfigStore) -> None:
    first, second = (index.read(store.git, revision)["HON-RT-01", "running"].copy for revision in ("main~2", "main"))
    other = index.read(store.git, "main~2")["HON-RT-02", "running"].copy
    assert planned(store, 1000, 1, at=50) == []
    assert planned(store, 10, 2, at=50) == []
    assert planned(store, 10, 1, at=11) == []  # the tenth day after another took its place
    assert planned(store, 10, 1, at=12) == [(first, "expired")]
    assert sorted(planned(store, 10, 1, at=50)) == sorted([(first, "expired"), (other, "expired")])
    approve(store, "HON-RT-01", at="night-1")
    approve(store, "HON-RT-01")
    assert planned(store, 10, 1, at=50) == [(other, "expired")]
    assert second not in [key for key, _ in planned(store, 1, 1, at=10_000)]


def prune(store: ConfigStore, days: int, versions: int, at: int, gone: tuple[str, ...] = ()) -> None:
    now = BEGIN + dt.timedelta(days=at)
    with store.held("prune"):
        retention.apply(store, retention.plan(store, retention.Retention(days, versions), now, gone), "network_lead", now)


def test_pruning_keeps_everything_that_the_rule_keeps_and_the_history_of_texts(store: ConfigStore, keys: Keys) -> None:
    prune(store, 10, 1, at=50)
    assert sorted(store.copies.listing()) == sorted(line.copy for line in store.lines().values())
    assert b"hostname x" in history.show(store, "HON-RT-01", at="night-1")
    report = verifying.verify(store, Identities.from_file(keys.files[0]), judge, retention.Retention(10, 1), BEGIN + dt.timedelta(days=50))
    assert (report.problems, report.copies) == ([], 3)
    assert [problem.code for problem in verified(store, keys, FOREVER).problems] == ["E1668", "E1668"], "a rule that was widened afterwards"
    assert planned(store, 10, 1, at=50) == []
    assert night(store, "night-5", [capture("HON-RT-01", "hostname new")], 60).commit


def test_copies_of_no_version_go_after_a_day(store: ConfigStore) -> None:
    line = store.lines()["HON-RT-01", "running"]
    stray = store.folder / "full" / "HON-RT-01" / line.copy.split("/")[1].replace(line.sealed[:16], "0" * 16)
    stray.write_bytes(b"x")
    now = dt.datetime.fromtimestamp(stray.stat().st_mtime, dt.UTC)
    rule = retention.Retention(10_000, 100)
    assert retention.plan(store, rule, now + dt.timedelta(hours=23)).remove == []
    [item] = retention.plan(store, rule, now + dt.timedelta(hours=25)).remove
    assert item.key == f"HON-RT-01/{stray.name}" and item.before == {"why": "orphan"}


def test_a_device_leaves_the_store_only_after_it_left_the_ledger(store: ConfigStore) -> None:
    with refused("E1677"):
        planned(store, 10, 1, at=5, gone=("MIN-RT-01",))
    with refused("E1673"):
        planned(store, 10, 1, at=5, gone=("MIN-RT-99",))
    approve(store, "MIN-RT-01", "HON-RT-01")
    captures = [capture("HON-RT-01", "hostname y")]
    with store.locked("night-5"):
        store.save(info("night-5", 4, ledger=["HON-RT-01", "HON-RT-02"]), captures, attempts(captures))
    prune(store, 400, 10, at=5, gone=("MIN-RT-01",))
    assert ("MIN-RT-01", "running") not in store.lines()
    assert "MIN" not in git(store, "ls-tree", "-r", "--name-only", "main") + git(store, "ls-tree", "-r", "--name-only", "approved")
    assert "MIN-RT-01" not in store.status().devices
    assert b"hostname x" in history.show(store, "MIN-RT-01", at="night-4")
    assert verifying.verify(store).problems == []


def test_a_prune_of_most_copies_needs_the_number() -> None:
    from ansible_collections.ward.ops.plugins.module_utils.common.plan import Change, Plan  # noqa: PLC0415

    plan = Plan(remove=[Change(str(number), {}, None) for number in range(40)], unchanged=60)
    assert [problem.code for problem in retention.guard().check(plan, "store")] == ["E0120"]
    assert retention.guard(40).check(plan, "store") == []


def test_a_copy_is_proved_with_the_masking_key_and_the_platform_s_rules(tmp_path: Path, keys: Keys) -> None:
    masker, platform = Masker(KEY), load("frr")
    full = b"Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\nhostname x\npassword Z3cr3t-of-the-router\n!\nend\n"
    found = masker.mask(platform, steady(platform, full))
    store = ConfigStore(tmp_path / "store", keys.recipients)
    night(store, "night-1", [Capture(device("HON-RT-01", platform="frr"), "running", full, found.text, found.identity)])
    opened = Identities.from_file(keys.files[0])
    report = verifying.verify(store, opened, judge_with(KEY))
    assert (report.compared, report.problems) == (1, [])
    assert [problem.code for problem in verifying.verify(store, opened, judge_with(KEY[::-1])).problems] == ["E1676"]
    night(store, "night-2", [Capture(device("HON-RT-01", platform="no_such"), "running", full, found.text, found.identity)], 1)
    assert len(verifying.verify(store, opened, judge_with(KEY)).problems) == 1
