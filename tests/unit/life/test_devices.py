"""A spare takes the place of a dead network device in the ledgers: one unit each, nothing lost, events for both."""

from __future__ import annotations

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.devices import UNIT, replace_device, spares_left
from ansible_collections.ward.ops.plugins.module_utils.ledger.life.engine import Life, Order

PLACE, SHELF = "HON-03-L2-07", "DCA-01-L2-22"


@pytest.fixture
def life() -> Life:
    book = Book(REPOSITORY / "inventories" / "sample")
    return Life(book, Order(book.today, "CHG-2026-00999", "operations"))


def test_the_place_stays_and_the_unit_changes(life: Life) -> None:
    before = {name: dict(life.book.rows("network_devices")[name,]) for name in (PLACE, SHELF)}
    left = spares_left(life, before[SHELF]["model"])
    replace_device(life, PLACE, SHELF)
    place, shelf = life.book.get("network_devices", PLACE), life.book.get("network_devices", SHELF)
    assert place and shelf
    assert place == {**before[PLACE], **{name: before[SHELF][name] for name in UNIT}}
    assert {name: shelf[name] for name in UNIT} == {name: before[PLACE][name] for name in UNIT}
    assert (shelf["status"], shelf["mgmt_ip"], shelf["layer"], shelf["ticket"]) == ("repair", "", "mn", "CHG-2026-00999")
    assert spares_left(life, before[SHELF]["model"]) == left - 1
    events = {row["asset_id"]: row for row in life.book.rows("asset_events").values() if row["ticket"] == "CHG-2026-00999"}
    dead, fresh = events[before[PLACE]["asset_id"]], events[before[SHELF]["asset_id"]]
    assert (dead["transition"], dead["partner"]) == ("send_repair", before[SHELF]["asset_id"])
    assert (fresh["transition"], fresh["site"], fresh["floor"]) == ("deploy", "HON", "3")
    mine = (before[PLACE]["asset_id"], before[SHELF]["asset_id"])
    due = {(row["asset_id"], row["action"]) for row in life.book.rows("follow_ups").values() if row["asset_id"] in mine}
    assert due == {(before[PLACE]["asset_id"], "remove"), (before[SHELF]["asset_id"], "add")}
    assert [str(problem) for problem in life.book.new_problems()] == []
    with pytest.raises(WardopsError, match="E0902"):
        replace_device(life, PLACE, SHELF)


@pytest.mark.parametrize(
    ("dead", "spare", "code"), [(PLACE, PLACE, "E0909"), (PLACE, "DCA-01-RT-07", "E0909"), ("nothing", SHELF, "E0901")]
)
def test_what_makes_no_pair_is_refused(life: Life, dead: str, spare: str, code: str) -> None:
    with pytest.raises(WardopsError, match=code):
        replace_device(life, dead, spare)
    assert life.book.changes() == []
