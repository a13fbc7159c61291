"""Secrets in configs: gone, everything else kept, changes visible. covers: E1620, E1621, E1622, E1623"""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.network import masking, platform
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker
from hypothesis import example, given
from hypothesis import strategies as st

KEY = bytes(range(32))
MASKER = Masker(KEY)
TABLES = yaml.safe_load((Path(__file__).parent / "masking" / "tables.yml").read_text(encoding="utf-8"))
SECRET = re.compile("«(.*?)»", re.DOTALL)
MASK = re.compile(r"<secret(?::[0-9a-f]{16})?>")
SESSIONS = Path(__file__).parents[2] / "fixtures" / "sessions"


def _line(name: str, entry: str) -> tuple[str, str, list[str]]:
    return name, entry, SECRET.findall(entry)


ENTRIES = [_line(name, entry) for name, entries in TABLES.items() for entry in entries]


@pytest.mark.parametrize(("name", "entry", "secrets"), ENTRIES, ids=[f"{name}-{entry[:50]!r}" for name, entry, _ in ENTRIES])
def test_secrets_are_masked_and_nothing_else(name: str, entry: str, secrets: list[str]) -> None:
    text = SECRET.sub(lambda found: found[1], entry)
    masked = MASKER.mask(platform.load(name), text.encode())
    shown = masked.text.decode()
    wanted = SECRET.sub(lambda found: "\n".join(re.sub(r"\S.*", "\0", line) for line in found[1].split("\n")), entry)
    assert MASK.sub("\0", shown) == wanted
    assert not [secret for secret in secrets if secret in shown]
    assert masked.count == wanted.count("\0")
    assert MASKER.mask(platform.load(name), masked.text).text == masked.text


def test_every_platform_has_rules_and_a_table() -> None:
    assert not [name for name in platform.names() if not platform.load(name).secrets.get("use")]
    same_as_another = {"cisco_xe", "fujitsu_srs"}
    assert set(platform.names()) - same_as_another == set(TABLES)


@pytest.mark.parametrize("folder", sorted(path.name for path in SESSIONS.iterdir() if (path / "running.txt").is_file()))
def test_no_secret_of_a_recorded_config_is_left(folder: str) -> None:
    text = (SESSIONS / folder / "running.txt").read_bytes()
    listed = [line for line in (SESSIONS / "secrets.txt").read_text().split("\n") if line and not line.startswith("#")]
    masked = MASKER.mask(platform.load(folder), text).text
    assert b"Z3cr3t" not in masked
    assert not [secret for secret in listed if secret.encode() in masked]
    assert len(masked.split(b"\n")) == len(text.split(b"\n"))


def _mask(text: str, name: str = "cisco_ios", masker: Masker = MASKER) -> str:
    return masker.mask(platform.load(name), text.encode()).text.decode()


def test_same_secret_same_hash_everywhere_and_a_change_shows() -> None:
    ios, yamaha = _mask("snmp-server community Z3cr3tSame RO\n"), _mask("snmp community read-only Z3cr3tSame\n", "yamaha")
    assert MASK.findall(ios) == MASK.findall(yamaha)
    assert MASK.findall(ios) != MASK.findall(_mask("snmp-server community Z3cr3tOther RO\n"))
    assert MASK.findall(ios) != MASK.findall(_mask("snmp-server community Z3cr3tSame RO\n", masker=Masker(KEY[::-1])))


def test_quotes_do_not_change_the_hash() -> None:
    quoted, bare = _mask('radius-server key "Z3cr3tRadius"\n'), _mask("radius-server key Z3cr3tRadius\n")
    assert quoted.replace('"', "") == bare


def test_a_secret_is_masked_wherever_it_stands_again() -> None:
    shown = _mask("snmp-server community Z3cr3tAgain RO\ninterface Vlan1\n description was:Z3cr3tAgain, change\n")
    assert "Z3cr3t" not in shown
    assert len(set(MASK.findall(shown))) == 1


def test_short_secrets_and_words_of_the_language_do_not_spread() -> None:
    text = "hostname ward\nsnmp-server community ward RO\nusername a password 0 password\nip domain name ward.example\n"
    shown = _mask(text)
    assert "hostname ward\n" in shown
    assert "username a password 0 <secret:" in shown
    assert "ward.example" in shown
    junos = _mask("snmp {\n    trap-group management {\n    }\n}\nsystem {\n    management-instance;\n}\n", "juniper_junos")
    assert "    management-instance;\n" in junos
    assert "trap-group <secret:" in junos


def test_what_is_encrypted_anew_each_time_is_constant_and_changes_no_identity() -> None:
    first, second = (f"    set psksecret ENC {secret}==\n    set type dynamic\n".encode() for secret in ("AbCdEfGhIj", "KlMnOpQrSt"))
    one, other = (MASKER.mask(platform.load("fortinet"), text) for text in (first, second))
    assert one == other
    assert b"set psksecret ENC <secret>" in one.text
    hashed = [MASKER.mask(platform.load("fortinet"), f"set password ENC SH2{secret}\n".encode()) for secret in ("AbCdEfGh", "IjKlMnOp")]
    assert hashed[0].text != hashed[1].text
    assert hashed[0].identity != hashed[1].identity


def test_identity_changes_with_any_byte_and_with_the_key() -> None:
    texts = [
        b"hostname a\nenable secret 0 Z3cr3tOne\n",
        b"hostname a\nenable secret 0 Z3cr3tTwo\n",
        b"hostname b\nenable secret 0 Z3cr3tOne\n",
    ]
    ios = platform.load("cisco_ios")
    assert len({masker.mask(ios, text).identity for text in texts for masker in (MASKER, Masker(KEY[::-1]))}) == 6
    assert MASKER.mask(ios, texts[0]).identity == MASKER.identity(texts[0])


DASHES = "-" * 5  # so that the scan for secrets finds no key here
PEM = f"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}\n{{0}}\n{{1}}\n{DASHES}END RSA PRIVATE KEY{DASHES}"


@pytest.mark.parametrize("name", ["cisco_ios", "yamaha", "juniper_junos", "fortinet", "linux"])
def test_pem_blocks_keep_their_lines(name: str) -> None:
    lines = ["MIIEZ3cr3tAbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "Z3cr3tAAAA=="]
    shown = _mask(f"before\n{PEM.format(*lines)}\nafter\n", name)
    head, tail = f"before\n{DASHES}BEGIN RSA PRIVATE KEY{DASHES}\n", f"\n{DASHES}END RSA PRIVATE KEY{DASHES}\nafter\n"
    assert re.fullmatch(head + r"<secret:[0-9a-f]{16}>\n<secret>" + tail, shown)
    assert _mask(shown, name) == shown


def test_pem_without_end_and_pem_on_one_line() -> None:
    assert "Z3cr3t" not in _mask(f"{DASHES}BEGIN PRIVATE KEY{DASHES}\nMIIZ3cr3tabc\nZ3cr3tdef==\nhostname after\n")
    one = _mask('certificate "-----BEGIN CERTIFICATE-----\\nMIIZ3cr3t\\nabc=\\n-----END CERTIFICATE-----\\n";\n', "juniper_junos")
    assert "Z3cr3t" not in one
    assert one.endswith('-----END CERTIFICATE-----\\n";\n')


NET = [
    "banner text $6$Z3cr3tsalt$Z3cr3thash end",
    "strange-command value $9$Z3cr3tabcdef",
    " description see https://ops:Z3cr3tPass@10.0.0.1/x",
    "unknown thing key 7 0822455D0A16",
    " run-opts 1 '-e DB_PASSWORD=Z3cr3tDocker'",
    "header Authorization: Bearer Z3cr3t.abc.def",
]


@pytest.mark.parametrize("line", NET)
@pytest.mark.parametrize("name", ["cisco_ios", "yamaha", "fujitsu_sir", "hp_comware"])
def test_the_net_beneath_the_rules_holds_on_every_platform(name: str, line: str) -> None:
    shown = _mask(f"x\n{line}\ny\n", name)
    assert "Z3cr3t" not in shown
    assert "0822455D0A16" not in shown


def _slots() -> list[tuple[str, str]]:
    """Table lines with one unquoted secret: any other word could stand there."""
    plain = [(name, entry) for name, entry, secrets in ENTRIES if len(secrets) == 1 and "\n" not in entry and '"«' not in entry]
    return [(name, entry) for name, entry in plain if "Z3cr3t" in entry and "$" not in entry and "0x" not in entry]


#: digits only: they were once taken for the kind of a password
ZEROS = "0" * 9
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=9, max_size=40)


@given(slot=st.sampled_from(_slots()), secret=WORDS)
@example(slot=("nec_ix", "username ops password hash «Z3cr3tHash@@@» administrator"), secret=ZEROS)
def test_any_word_in_a_slot_is_gone_and_the_line_is_otherwise_the_same(slot: tuple[str, str], secret: str) -> None:
    name, entry = slot
    secret = re.sub(r"""["',@&;{}\[\]]""", "q", secret)  # signs that end a word in one language or another
    before, after = entry.split("«")[0], entry.split("»")[1]
    shown = _mask(f"{before}{secret}{after}\n", name)
    assert MASK.sub("\0", shown) == f"{before}\0{after}\n"


@given(st.binary(max_size=2000))
def test_any_bytes_are_taken_and_masking_twice_is_masking_once(text: bytes) -> None:
    for name in ("cisco_ios", "juniper_junos", "linux"):
        once = MASKER.mask(platform.load(name), text)
        assert MASKER.mask(platform.load(name), once.text).text == once.text


def test_weak_keys_are_refused_and_never_shown() -> None:
    for key in (b"", b"short key", b"a" * 64):
        with pytest.raises(WardopsError, match="E1620") as caught:
            Masker(key)
        assert not key or key.decode() not in str(caught.value)
    assert str(KEY) not in repr(MASKER)


@pytest.mark.parametrize(
    "rule", ["line without slot", "(?:open {secret}", "a|b {secret}", "{secret}", {"line": "key {secret}", "wrong": 1}, {"words": ["key"]}]
)
def test_a_rule_that_is_none_is_named(rule: object) -> None:
    bad = SimpleNamespace(name="mine", secrets={"rules": [rule]})
    with pytest.raises(WardopsError, match="E1621"):
        MASKER.mask(bad, b"x")


def test_an_unknown_set_is_named() -> None:
    for name in ("nowhere", "../secrets/cisco"):
        with pytest.raises(WardopsError, match="E1623"):
            MASKER.mask(SimpleNamespace(name="other", secrets={"use": [name]}), b"x")


def test_what_would_be_left_is_never_given_out() -> None:
    """The mask of one secret ends in digits that are a secret themselves: only a set-up like this can bring it about."""
    digits = re.findall(r":([0-9a-f]{16})>", _mask("enable secret 0 Z3cr3tFirst\n"))[0]
    text = f"enable secret 0 Z3cr3tFirst\nsnmp-server community {digits} RO\n"
    with pytest.raises(WardopsError, match="E1622") as caught:
        _mask(text)
    assert digits not in str(caught.value)
    assert "Z3cr3t" not in str(caught.value)


def test_hierarchy_decides_where_a_word_alone_would_not() -> None:
    assert _mask("radius server R\n key 12345678\n").endswith("key <secret:" + _mask("radius server R\n key 12345678\n")[-18:])
    assert _mask("key chain K\n key 12345678\n") == "key chain K\n key 12345678\n"
    assert masking.SPREAD_BYTES == 8
