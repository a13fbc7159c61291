"""The scan finds what must never enter Git. Bad samples are put together at run time, so that the scan does not find them here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.ledger.personal import check_digit

from tools import secret_scan

ROOT = Path(__file__).resolve().parents[3]
DASHES = "-" * 5
ELEVEN = "12345678901"
NUMBER = ELEVEN + str(check_digit(ELEVEN))
WORD = "Gh7x" + "Qp2m" + "Zt9"


def rules(text: str, path: str = "group_vars/all.yml") -> set[str]:
    return {find.rule for find in secret_scan.scan_text(path, text)}


BAD = [
    ("private-key", f"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}"),
    ("private-key", f"{DASHES}BEGIN OPENSSH PRIVATE KEY{DASHES}"),
    ("private-key", "PuTTY-User-Key-" + "File-3: ssh-ed25519"),
    ("secret-literal", f"radius_secret: {WORD}"),
    ("secret-literal", f"    password: '{WORD}'"),
    ("secret-literal", f"DB_PASSWORD={WORD}"),
    ("secret-literal", f'{{"api_key": "{WORD}"}}'),
    ("secret-literal", f"snmp_community: {WORD}  # read only"),
    ("secret-literal", f"ansible_become_password: {WORD}"),
    ("url-with-password", f"postgresql://radius:{WORD}@db.ward.example/radius"),
    ("known-token", "ghp" + "_" + "a1B2" * 9),
    ("known-token", "AKIA" + "ABCD" * 4),
    ("password-hash", "$6$" + "saltsalt$" + "abcdEFGH1234./" * 3),
    ("index-address", "--extra-" + "index-url somewhere"),
    ("index-address", "https://" + "pypi.example/simple"),
    ("machine-path", "cd " + "/ro" + "ot/project"),
    ("machine-path", "path=" + "/ho" + "me/taro/x"),
    ("machine-path", "C:" + "\\Users\\taro"),
    ("personal-number", f"備考: {NUMBER}"),
    ("personal-number", f"{NUMBER[:4]}-{NUMBER[4:8]}-{NUMBER[8:]}"),
    ("personal-number", NUMBER.translate(str.maketrans("0123456789", "０１２３４５６７８９"))),
]


@pytest.mark.parametrize(("rule", "text"), BAD, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(BAD)])
def test_bad_is_found_and_not_shown_in_full(rule: str, text: str) -> None:
    finds = [find for find in secret_scan.scan_text("group_vars/all.yml", f"first\n{text}\n") if find.rule == rule]
    assert finds
    assert finds[0].line == 2
    assert WORD not in str(finds[0])
    assert NUMBER not in str(finds[0])


@pytest.mark.parametrize(
    "text",
    [
        'password: "{{ vault_radius_password }}"',
        "password: !vault |",
        "radius_password: ${RADIUS_PASSWORD}",
        "password: ''",
        "password: null",
        "password_file: files/password.txt",
        "token: lookup('env', 'TOKEN')",
        "secret: ",
        "PASSWORD = WARDOPS_RADIUS_DB_PASSWORD",
        "serial 123456789012",  # twelve digits, wrong check digit
        f"timestamp {NUMBER}.5 and id-{NUMBER}-x and A{NUMBER}",  # parts of something longer
        "mac 024b54001234 and 000000000000",
        "postgresql://radius@db.ward.example/radius",
        "https://www.rfc-editor.org/rfc/rfc2865",
        "see docs/root/file and ~/home/x",
        f"{DASHES}BEGIN CERTIFICATE{DASHES}",
    ],
)
def test_good_is_left_alone(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def connect(password: str) -> None:", False),
        ("connect(password=options.password)", False),
        ("connect(password=value, host=host)", False),
        ('parser.add_argument("--password", help="the password of the account")', False),
        (f'connect(password="{WORD}")', True),
    ],
)
def test_in_code_only_literals_count(text: str, found: bool) -> None:
    assert ("secret-literal" in rules(text, "lab/x.py")) is found


def test_vault_files_must_be_encrypted() -> None:
    assert rules("a: 1\n", "inventories/sample/lgwan/group_vars/all/vault.yml") == {"vault-not-encrypted"}
    assert rules(f"$ANSIBLE_VAULT;1.1;AES256\n{NUMBER}\n", "group_vars/all/vault.yml") == set()


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "export.csv").write_bytes(f"氏名,番号\n匿名,{NUMBER}\n".encode(encoding))
    assert [(find.line, find.rule) for find in secret_scan.scan(tmp_path, ["export.csv"], [])] == [(2, "personal-number")]


def test_binary_files_links_and_missing_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0" + NUMBER.encode())
    (tmp_path / "loop").symlink_to("loop")
    assert secret_scan.scan(tmp_path, ["picture.png", "loop", "nothing"], []) == []


def test_an_allowance_covers_its_file_rule_and_piece_only(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(f"password: {WORD}\nother_password: {WORD}1\n", encoding="utf-8")
    listed = tmp_path / "allowed.txt"
    listed.write_text("# comment\na.yml | secret-literal | other_ | made up\nb.yml | secret-literal | * | gone\n", encoding="utf-8")
    allowances = secret_scan.read_allowed(listed)
    assert [find.line for find in secret_scan.scan(tmp_path, ["a.yml"], allowances)] == [1]
    assert [item.used for item in allowances] == [True, False]


@pytest.mark.parametrize("line", ["a.yml | secret-literal | *", "a.yml | secret-literal | * | ", "a.yml"])
def test_an_allowance_without_a_reason_is_refused(tmp_path: Path, line: str) -> None:
    listed = tmp_path / "allowed.txt"
    listed.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"allowed\.txt:1"):
        secret_scan.read_allowed(listed)


def test_new_files_are_scanned_before_they_are_added_and_ignored_ones_are_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("build/\n", encoding="utf-8")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "x").write_text("x", encoding="utf-8")
    (tmp_path / "台帳.csv").write_text("x", encoding="utf-8")
    assert secret_scan.tracked(tmp_path) == [".gitignore", "台帳.csv"]


def test_this_tree_is_clean_and_no_allowance_is_left_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert secret_scan.main([]) == 0, capsys.readouterr().out
