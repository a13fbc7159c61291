"""Any sequence of nights: the branch holds what was read last, a commit is made exactly when that changed, and the store is whole."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.network.model import Capture, Device, Status
from ansible_collections.ward.ops.plugins.module_utils.network.store import history, verifying
from ansible_collections.ward.ops.plugins.module_utils.network.store.copies import Identities
from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Attempt
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.config_store import Keys, attempts, capture, info

NAMES = ("A-01", "A-02", "B-01")
#: of one night: what each device said (``None``: it failed), where it stands, and whether its startup config is there
said = some.none() | some.tuples(some.sampled_from(("one", "two", "三")), some.sampled_from(("HON", "MIN")), some.booleans())
nights = some.lists(some.fixed_dictionaries(dict.fromkeys(NAMES, said)), min_size=1, max_size=5)


def read(night: dict[str, tuple[str, str, bool] | None]) -> list[Capture]:
    found = []
    for name, heard in night.items():
        if heard:
            text, site, startup = heard
            found += [capture(name, text, site, command) for command in ("running", *(["startup"] if startup else []))]
    return found


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(nights)
def test_the_branch_holds_what_was_read_last(all_nights: list[dict[str, tuple[str, str, bool] | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(Path(folder))
        store = ConfigStore(Path(folder) / "store", keys.recipients)
        model: dict[tuple[str, str], Capture] = {}
        successes: dict[str, str] = {}
        for number, night in enumerate(all_nights):
            captures = read(night)
            failed = [Attempt(Device(name, "frr", "", "HON", "lgwan"), Status.TIMEOUT) for name, heard in night.items() if not heard]
            before = dict(model)
            with store.locked(f"n{number}") as session:
                for one in captures:
                    session.add(one)
                    model[one.device.name, one.command] = one
                for name, heard in night.items():
                    if heard and not heard[2]:
                        session.absent(name, "startup")
                        model.pop((name, "startup"), None)
                saved = session.save(info(f"n{number}", number), [*attempts(captures), *failed])
            differs = {key for key in {*before, *model} if before.get(key) != model.get(key)}
            assert (set(saved.changed), saved.commit is not None) == (differs, bool(differs))
            successes |= {name: f"n{number}" for name, heard in night.items() if heard}
            rows = store.status().devices
            assert {name: row.success_run for name, row in rows.items() if row.success_run} == successes
        if model:
            assert history.texts(store) == {key: one.masked for key, one in model.items()}
            opened = Identities.from_file(keys.files[1])
            for (name, command), one in model.items():
                assert verifying.restore(store, name, opened, command) == one.full
            report = verifying.verify(store, opened)
            assert (report.problems, report.orphans, report.texts) == ([], (), len(model))
