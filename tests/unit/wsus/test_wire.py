"""Messages: what is sent, in which order; what is believed of an answer, and what is not.

covers: E1943, E1944, E1945, E1946, E1947, E1948, E1961
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.model import UpdateId
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import wire
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.unit.wsus.endpoint import NS, envelope, fault, response
from tests.unit.wsus.world import NOT_FOUND, Guid, Time, World, rows, update_guid

OPERATIONS = wire.protocol().operations
UPDATE = UpdateId("5b7ac1a5-0001-4000-8000-000000000001", 201)


def code_of(operation: str, data: bytes) -> str:
    with pytest.raises(WardopsError) as caught:
        wire.answer(OPERATIONS[operation], data)
    return caught.value.problems[0].code


def test_an_approval_is_sent_element_by_element_in_the_order_of_the_schema() -> None:
    words: dict[str, Any] = {
        "isAssigned": True,
        "adminName": "WARD\\svc <&>",
        "targetGroupId": "A0A08746-4dbe-4a37-9adf-9e7652c0b421",
        "updateId": UPDATE,
        "deploymentAction": 0,
        "deadline": dt.datetime(2027, 1, 22, 17, 0, tzinfo=dt.timezone(dt.timedelta(hours=9))),
    }
    body = etree.fromstring(wire.request(OPERATIONS["ExecuteSPDeployUpdate1"], words))[0][0]
    assert etree.QName(body).namespace == NS and {etree.QName(one).namespace for one in body.iter()} == {NS}
    sent = [(etree.QName(one).localname, [part.text for part in one] or one.text) for one in body]
    assert sent == [
        ("updateId", [UPDATE.guid, "201"]),
        ("deploymentAction", "0"),
        ("targetGroupId", "a0a08746-4dbe-4a37-9adf-9e7652c0b421"),
        ("deadline", "2027-01-22T08:00:00Z"),
        ("adminName", "WARD\\svc <&>"),
        ("isAssigned", "true"),
    ]
    assert [etree.QName(one).localname for one in body[0]] == ["UpdateId", "RevisionNumber"]


def test_no_deadline_is_the_far_end_and_a_deadline_without_a_zone_is_refused() -> None:
    words: dict[str, Any] = {"isAssigned": True, "adminName": "a", "targetGroupId": UPDATE.guid, "updateId": UPDATE, "deploymentAction": 0}
    assert b"9999-12-31T23:59:59.9999999<" in wire.request(OPERATIONS["ExecuteSPDeployUpdate1"], {**words, "deadline": None})
    with pytest.raises(WardopsError, match="E1961"):
        wire.request(OPERATIONS["ExecuteSPDeployUpdate1"], {**words, "deadline": dt.datetime(2027, 1, 22, 17, 0)})


@pytest.mark.parametrize("value", ["not-a-guid", "5b7ac1a5-0001-4000-8000-00000000000g", "", "5b7ac1a5"])
def test_what_is_no_guid_is_never_sent(value: str) -> None:
    with pytest.raises(WardopsError, match="E1961"):
        wire.request(
            OPERATIONS["ExecuteSPDeclineUpdate"],
            {"updateId": value, "adminName": "a", "failIfReplica": True},
        )


@given(st.text())
def test_any_group_name_comes_back_as_it_was_or_is_refused(name: str) -> None:
    words = {"name": name, "parentGroupId": UPDATE.guid}
    try:
        data = wire.request(OPERATIONS["ExecuteSPCreateTargetGroup1"], words)
    except WardopsError as error:
        assert error.problems[0].code == "E1961"
        return
    # XML turns a carriage return of its own text into a character reference, so even that survives
    assert (etree.fromstring(data)[0][0][0].text or "") == name


def test_rows_are_read_by_position_and_times_are_utc() -> None:
    world = World()
    world.approve(update_guid(1), "11111111-0000-4000-8000-000000000001", deadline="2027-01-22T08:00:00.63")
    data = response("ExecuteSPGetDeployments", world.do_ExecuteSPGetDeployments("", "ja", "0"))
    row = wire.answer(OPERATIONS["ExecuteSPGetDeployments"], data)[0]
    read = wire.protocol().rows["approval"].read(row)
    assert read["deadline"] == dt.datetime(2027, 1, 22, 8, 0, 0, 630_000, dt.UTC)
    assert (read["action"], read["update"], read["revision"]) == (0, update_guid(1), 201)


def test_an_element_of_a_row_that_is_nil_is_none() -> None:
    found = wire.answer(
        OPERATIONS["ExecuteSPGetAllTargetGroups"], response("ExecuteSPGetAllTargetGroups", rows([["Computers", None, True, 3]]))
    )
    assert found == [["Computers", None, True, 3]]


def _update_table(change: dict[int, Any], width: int = 37) -> bytes:
    row = World().update_row(update_guid(1))
    for index, value in change.items():
        row[index] = value
    row = (row + [None] * 9)[:width]
    return response("ExecuteSPSearchUpdates", f"<minimalProperties>{rows([row])}</minimalProperties>")


@pytest.mark.parametrize(
    ("change", "width"),
    [
        ({}, 36),
        ({}, 33),
        ({0: 12}, 37),
        ({29: True}, 37),
        ({34: "false"}, 37),
        ({34: 0}, 37),
        ({22: "x"}, 37),
        ({1: "201"}, 37),
        ({25: Time("now")}, 37),
    ],
)
def test_an_update_row_that_is_laid_out_otherwise_stops_the_work(change: dict[int, Any], width: int) -> None:
    table = wire.answer(OPERATIONS["ExecuteSPSearchUpdates"], _update_table(change, width))
    with pytest.raises(WardopsError, match="E1945"):
        wire.protocol().rows["update"].read(table["minimalProperties"][0])


def test_a_wider_update_row_of_the_same_kinds_is_read() -> None:
    table = wire.answer(OPERATIONS["ExecuteSPSearchUpdates"], _update_table({}, 40))
    assert wire.protocol().rows["update"].read(table["minimalProperties"][0])["id"] == update_guid(1)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (NOT_FOUND, "E1947"),
        ("Microsoft.UpdateServices.Administration.WsusObjectAlreadyExistsException", "E1948"),
        ("Microsoft.UpdateServices.Internal.WsusServiceException", "E1946"),
        ("System.ArgumentNullException", "E1946"),
        ("System.ArgumentOutOfRangeException", "E1946"),
        ("System.UnauthorizedAccessException", "E1943"),
        ("", "E1946"),
    ],
)
def test_faults_are_told_apart_by_type(kind: str, code: str) -> None:
    assert code_of("GetServerVersion", fault(kind, "first line\n   second")) == code


def test_a_message_of_the_server_is_one_line_and_bounded() -> None:
    with pytest.raises(WardopsError) as caught:
        wire.answer(OPERATIONS["GetServerVersion"], fault("System.Exception", "a\nb\t" + "x" * 5000))
    message = caught.value.problems[0].params["message"]
    assert message.startswith("a b x") and len(message) == 300


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + envelope("&b;").split(b"?>", 1)[1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>404</html>",
        b"not xml at all",
        BOMB,
        b"  \n" * 30000 + BOMB,
        ("\ufeff" + envelope("").decode()).encode("utf-16"),
        envelope("")[:-10],
        envelope('<OtherResponse xmlns="x"/>'),
        response("GetCurrentUserRole", "two"),
        response("GetCurrentUserRole", "<a/>"),
        envelope(f'<GetCurrentUserRoleResponse xmlns="{NS}"/>'),
    ],
)
def test_what_is_no_answer_is_refused_with_a_reason(data: bytes) -> None:
    assert code_of("GetCurrentUserRole", data) == "E1944"


def test_a_declared_encoding_cannot_hide_a_document_type() -> None:
    inner = BOMB.split(b"?>", 1)[1].replace(b"<!DOCTYPE", b"+ADwAIQ-DOCTYPE")
    assert code_of("GetServerVersion", b'<?xml version="1.0" encoding="utf-7"?>' + inner) == "E1944"


def test_a_cell_that_is_no_number_is_no_number() -> None:
    data = response("GetServerSyncProgress", rows([[1, 2, 3]]).replace(">2<", ">2x<"))
    assert code_of("GetServerSyncProgress", data) == "E1945"


@pytest.mark.parametrize("text", ["2013-09-16T23:46:50.63", "2013-09-16T23:46:50.6300000Z", "2013-09-17T08:46:50.63+09:00"])
def test_times_without_a_zone_are_utc_and_others_become_it(text: str) -> None:
    assert wire.utc(text) == dt.datetime(2013, 9, 16, 23, 46, 50, 630_000, dt.UTC)


def test_the_far_ends_of_time_mean_none() -> None:
    assert [wire.utc(text) for text in ("9999-12-31T23:59:59.9999999", "0001-01-01T00:00:00", "1753-01-01T00:00:00")] == [None] * 3


def test_the_table_has_only_kinds_that_the_code_knows_and_no_disputed_action() -> None:
    for operation in OPERATIONS.values():
        assert set(operation.request.values()) <= {*wire._SENT, "revision"}
        assert operation.result in {*wire._RESULTS, "none", "element"}
    for layout in wire.protocol().rows.values():
        assert {kind.rstrip("?") for _, kind in layout.cells.values()} <= set(wire._KINDS)
        assert max(at for at, kind in layout.cells.values() if not kind.endswith("?")) < layout.least
    assert Guid("x") == "x"
