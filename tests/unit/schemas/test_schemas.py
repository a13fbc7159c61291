"""Each schema is valid JSON Schema 2020-12 and keeps to the house's extension keys (schemas/meta.schema.json)."""

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "schemas"
META = json.loads((SCHEMAS / "meta.schema.json").read_text(encoding="utf-8"))
LEDGERS = {path.name.split(".")[0]: json.loads(path.read_text(encoding="utf-8")) for path in sorted((SCHEMAS / "ledgers").glob("*.json"))}
POLICIES = {path.name.split(".")[0]: json.loads(path.read_text(encoding="utf-8")) for path in sorted((SCHEMAS / "policies").glob("*.json"))}
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")

EXPECTED_LEDGERS = {
    "terminals",
    "accessories",
    "printers",
    "print_cards",
    "network_devices",
    "switch_ports",
    "servers",
    "departments",
    "sites",
    "subnets",
    "radius_extra",
    "isolations",
    "usb_devices",
    "users",
    "licenses",
    "leases",
    "stock",
    "loans",
    "media",
    "room_access",
    "jobs",
    "checks",
    "numbers",
    "address_rests",
    "asset_events",
    "follow_ups",
    "moves",
    "supplies",
    "stock_moves",
    "orders",
    "deliveries",
    "invoices",
    "supply_requests",
    "loan_items",
    "masters",
    "media_transfers",
    "repairs",
}
EXPECTED_POLICIES = {
    "ward",
    "networks",
    "radius",
    "rings",
    "gpos",
    "ous",
    "outage",
    "calendars",
    "exceptions",
    "payment_layout",
    "payment_routing",
    "payment_transfer",
    "numbering",
    "skysea",
    "schedules",
    "shift_patterns",
    "update_policy",
    "end_of_service",
    "mail",
    "life",
    "registers",
    "compliance",
    "network",
}


def test_every_ledger_and_policy_has_a_schema():
    assert set(LEDGERS) == EXPECTED_LEDGERS
    assert set(POLICIES) == EXPECTED_POLICIES


@pytest.mark.parametrize("schema", [META, *LEDGERS.values(), *POLICIES.values()], ids=lambda schema: schema["$id"])
def test_is_a_2020_12_schema(schema):
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(("kind", "name"), [*(("ledgers", name) for name in LEDGERS), *(("policies", name) for name in POLICIES)])
def test_keeps_to_the_meta_schema(kind, name):
    schema = (LEDGERS if kind == "ledgers" else POLICIES)[name]
    assert [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(META).iter_errors(schema)] == []
    assert schema["$id"] == f"urn:wardops:schema:{kind}:{name}"


@pytest.mark.parametrize("name", LEDGERS)
def test_keys_references_and_conditions_name_columns_that_exist(name):
    schema = LEDGERS[name]
    columns = schema["properties"]
    assert set(schema["x-key"]) <= set(schema["required"]) <= set(columns)
    for unique in schema.get("x-unique", []):
        assert set(unique) <= set(columns)
    for reference in schema.get("x-references", []):
        assert set(reference["columns"]) | set(reference.get("when", {})) <= set(columns)
        assert_target_exists(reference)
    for condition in schema.get("allOf", []):
        then = condition["then"]
        test = condition["if"]["properties"]
        assert set(test) | set(then.get("required", [])) | set(then.get("properties", {})) <= set(columns)
        for column, values in test.items():
            assert set(values["enum"]) <= set(columns[column].get("enum", values["enum"]))


def assert_target_exists(reference):
    if "policy" in reference:
        array, field = reference["to"][0].split(".")
        assert field in POLICIES[reference["policy"]]["properties"][array]["items"]["properties"]
        return
    targets = reference["ledger"] if isinstance(reference["ledger"], list) else [reference["ledger"]]
    for target in targets:
        assert set(reference["to"]) <= set(LEDGERS[target]["properties"])
    if "current" in reference:
        assert all({"valid_from", "valid_to"} <= set(LEDGERS[target]["properties"]) for target in targets)


@pytest.mark.parametrize("name", LEDGERS)
def test_columns_have_unique_japanese_titles_and_whole_patterns(name):
    columns = LEDGERS[name]["properties"]
    titles = [column["title"] for column in columns.values()]
    assert len(set(titles)) == len(titles)
    for key, column in columns.items():
        assert JAPANESE.search(column["title"]) or column["title"] in {"VLAN", "OS", "BIOS UUID"}, key
        assert column["description"].replace("課", "").replace("部", "").isascii(), key
        if "pattern" in column:
            assert column["pattern"].startswith("^") and column["pattern"].endswith("$")
        if "enum" in column:
            assert list(column["x-labels"]) == column["enum"]


def nodes(schema):
    yield schema
    for child in [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]:
        if isinstance(child, dict):
            yield from nodes(child)


@pytest.mark.parametrize("name", POLICIES)
def test_policies_are_closed_and_described(name):
    for node in nodes(POLICIES[name]):
        assert node.get("title") and node.get("description"), node
        if node["type"] == "object":
            assert "additionalProperties" in node


@pytest.mark.parametrize(
    ("ledger", "column", "good", "bad"),
    [
        (
            "terminals",
            "computer_name",
            ["LG25N01234", "MN20D00001", "SA26T99999"],
            ["LG25X01234", "lg25N01234", "LG25N1234", "XLG25N01234", "LG25N01234\n"],
        ),
        ("terminals", "mac_lan", ["024b54000001"], ["02:4b:54:00:00:01", "024B54000001", "1.23E+11", "024b5400000"]),
        ("terminals", "ip", ["10.16.1.20", "10.255.255.254"], ["10.16.1.256", "10.16.01.2", "10.16.1", "10.16.1.2 "]),
        ("printers", "name", ["PL-HON-0512", "PM-KMA-0101"], ["PX-HON-0512", "PL-HON-1301", "PL-HON-512"]),
        ("network_devices", "name", ["HON-05-L2-03", "DCA-01-FW-01"], ["HON-5-L2-03", "HON-05-XX-03"]),
        ("servers", "name", ["LG-WSUS01", "IN-RAD01", "LG-AP101"], ["LG-WSUS1", "SA-WSUS01", "LG-VERYLONG01"]),
        ("usb_devices", "device_id", ["USB-2026-0317"], ["USB-26-0317"]),
        ("usb_devices", "vid", ["0FCE"], ["0fce", "FCE"]),
        ("users", "staff_id", ["d000001"], ["D000001", "d1"]),
        ("departments", "code", ["0105"], ["105", "1-5"]),
    ],
)
def test_names_follow_the_ward_s_patterns(ledger, column, good, bad):
    # the product's engine: in ECMA 262 patterns, unlike Python's, ``$`` does not match before a last line end
    validator = jsonschema_rs.validator_for(LEDGERS[ledger]["properties"][column])
    assert [text for text in good if not validator.is_valid(text)] == []
    assert [text for text in bad if validator.is_valid(text)] == []


def test_gpo_names():
    pattern = POLICIES["gpos"]["properties"]["gpos"]["items"]["properties"]["name"]["pattern"]
    assert re.search(pattern, "LG_C_042_USB制御")
    assert not re.search(pattern, "LG_X_042_USB制御")
    assert not re.search(pattern, "LG_C_042_")
