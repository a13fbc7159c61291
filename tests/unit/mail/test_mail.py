"""Mails against a real mail server (aiosmtpd): what is built, who gets it, what a second run does, what is never sent twice.

covers: E1970, E1971, E1972, E1973, E1974, E1979
"""

from __future__ import annotations

import datetime as dt
import email
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.policy import default
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common import mail
from ansible_collections.ward.ops.plugins.module_utils.common.mail import Letter, Outbox, Server
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from hypothesis import given
from hypothesis import strategies as st

from tests.mailserver import PASSWORD, USER, MailServer

SENDER = "dx@ward.example"


def letter(number: int = 1, **more: object) -> Letter:
    words = {"key": "周知 2027-01", "sender": SENDER, "to": f"{number:04d}@ka.ward.example", "subject": "更新の適用について（1月28日～）"}
    return Letter(**{**words, "text": "各課　様\n\n本文です。\n", **more})  # type: ignore[arg-type]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as running:
        yield running


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox/2027-01.jsonl")


def account(server: MailServer, **more: object) -> Server:
    words = {"host": "127.0.0.1", "port": server.port, "security": "starttls", "ca": str(server.ca), "user": USER, "password": PASSWORD}
    return Server(**{**words, **more})  # type: ignore[arg-type]


def codes(work: Callable[[], object]) -> list[str]:
    with pytest.raises(WardopsError) as caught:
        work()
    return [problem.code for problem in caught.value.problems]


@given(
    subject=st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=200).filter(str.strip),
    text=st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=500),
)
def test_any_subject_and_text_arrive_as_they_were(subject: str, text: str) -> None:
    data = mail.built(
        letter(subject=subject, text=text, attachments=(("一覧 表.csv", b"\x00\xff"),)), dt.datetime(2027, 1, 25, tzinfo=dt.UTC)
    )
    assert all(len(line) <= 998 and line.isascii() for line in data.split(b"\r\n"))
    read = email.message_from_bytes(data, policy=default)
    assert " ".join(str(read["Subject"]).split()) == " ".join(subject.split())
    body = read.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    (attached,) = read.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("一覧 表.csv", b"\x00\xff")


def test_half_is_refused_and_nobody_gets_it_twice(server: MailServer, outbox: Outbox) -> None:
    letters = [letter(number) for number in range(1, 7)]
    server.handler.refuse = {"0002@ka.ward.example": "550 5.1.1 そのような利用者はいません", "0004@ka.ward.example": "450 4.2.0 later"}
    assert {one.state for one in mail.foreseen(letters, outbox)} == {"deferred"}
    assert not outbox.path.exists()
    done = mail.send(letters, account(server), outbox)
    assert [one.state for one in done] == ["sent", "refused", "sent", "deferred", "sent", "sent"]
    assert done[1].said.startswith("550 5.1.1")
    server.handler.refuse = {}
    again = mail.send(letters, account(server), outbox)
    assert [one.state for one in again] == ["sent", "refused", "sent", "sent", "sent", "sent"]
    assert [one.fresh for one in again] == [False, False, False, True, False, False]
    got = [str(one["To"]) for one in server.handler.mails]
    assert sorted(got) == sorted(one.to for one in letters if one.to != "0002@ka.ward.example")
    assert PASSWORD not in outbox.path.read_text("utf-8") + repr(account(server))
    assert mail.send([letters[0]], account(server, port=1), outbox)[0].state == "sent", "no server is asked for what was sent"


def test_a_server_that_dies_leaves_nothing_in_doubt_but_one(server: MailServer, outbox: Outbox) -> None:
    letters = [letter(number) for number in range(1, 6)]
    server.handler.die_after = 2
    assert [one.state for one in mail.send(letters, account(server), outbox)] == ["sent", "sent", "deferred", "deferred", "deferred"]
    server.handler.die_after, server.handler.die_before_answer = -1, True
    assert [one.state for one in mail.send(letters, account(server), outbox)] == ["sent", "sent", "unknown", "deferred", "deferred"]
    server.handler.die_before_answer = False
    done = mail.send(letters, account(server), outbox)
    assert [one.state for one in done] == ["sent", "sent", "unknown", "sent", "sent"], "what was perhaps sent is looked up by a person"
    assert len([one for one in server.handler.mails if str(one["To"]) == letters[2].to]) == 1
    # a person has looked, and says that it arrived, or that it shall go again
    assert codes(lambda: outbox.settle(letters[0].id, "again", "")) == codes(lambda: outbox.settle("<x@y>", "sent", "")) == ["E1979"]
    before = outbox.path.read_bytes()
    outbox.settle(letters[2].id, "sent", "確認済み")
    assert {one.state for one in mail.send(letters, account(server), outbox)} == {"sent"}
    outbox.path.write_bytes(before)
    outbox.settle(letters[2].id, "again", "届いていない")
    assert {one.state for one in mail.send(letters, account(server), outbox)} == {"sent"}
    assert len([one for one in server.handler.mails if str(one["To"]) == letters[2].to]) == 2


def test_a_sender_that_is_not_wanted_is_no_fault_of_the_recipients(server: MailServer, outbox: Outbox) -> None:
    server.handler.unwanted = SENDER
    assert [one.state for one in mail.send([letter()], account(server), outbox)] == ["deferred"]
    server.handler.unwanted = ""
    assert [one.state for one in mail.send([letter()], account(server), outbox)] == ["sent"]


def test_a_connection_takes_so_many_mails_and_a_minute_too(server: MailServer, outbox: Outbox) -> None:
    letters = [letter(number) for number in range(1, 6)]
    server.handler.die_after = 3
    begun = time.monotonic()
    done = mail.send([*letters, letters[0]], account(server, per_connection=2, a_minute=600), outbox)
    # the second connection ends after the third mail; the third connection is a new one, and hangs up as well
    assert [one.state for one in done] == ["sent", "sent", "sent", "deferred", "deferred", "sent"]
    assert 0.4 <= time.monotonic() - begun < 5 and server.handler.connections == 3


def test_a_kill_between_the_mail_and_the_answer_leaves_it_to_a_person(server: MailServer, outbox: Outbox) -> None:
    server.handler.slow = True
    words = account(server)
    program = (
        "import sys; from pathlib import Path; from tests.unit.mail.test_mail import letter;"
        "from ansible_collections.ward.ops.plugins.module_utils.common import mail;"
        f"server = mail.Server({words.host!r}, {words.port}, 'starttls', {words.ca!r}, {USER!r}, sys.stdin.read());"
        "mail.send([letter(1), letter(2)], server,"
        f"mail.Outbox(Path({str(outbox.path)!r})))"
    )
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(["collections", "."])}
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, cwd=REPOSITORY, env=paths) as running:
        assert running.stdin
        running.stdin.write(PASSWORD.encode())
        running.stdin.close()
        assert server.handler.arrived.wait(30)
        running.kill()
    server.handler.slow = False
    done = mail.send([letter(1), letter(2)], account(server), outbox)
    assert [one.state for one in done] == ["unknown", "sent"]
    assert [str(one["To"]) for one in server.handler.mails] == [letter(1).to, letter(2).to]


def test_a_kill_at_any_byte_of_the_journal_sends_nothing_twice(server: MailServer, outbox: Outbox) -> None:
    letters = [letter(number) for number in range(1, 3)]
    mail.send(letters, account(server), outbox)
    whole = outbox.path.read_bytes()
    ends = [at for at in range(len(whole) + 1) if at == 0 or whole[at - 1] == 0x0A]
    for end in range(0, len(whole) + 1, 7):
        outbox.path.write_bytes(whole[:end])
        states = [one.state for one in mail.foreseen(letters, outbox)]
        lines = sum(1 for one in ends if 0 < one <= end)
        assert (
            states
            == {0: ["deferred"] * 2, 1: ["unknown", "deferred"], 2: ["sent", "deferred"], 3: ["sent", "unknown"], 4: ["sent"] * 2}[lines]
        )
        outbox.note(letters[0], "sent")
        assert all(json.loads(line)["id"] for line in outbox.path.read_bytes().splitlines()), "half a line is cut off"
    outbox.path.write_bytes(b"{broken}\n" + whole)
    assert codes(lambda: mail.send(letters, account(server), outbox)) == ["E1974"]


def test_what_must_not_go_out_is_refused_before_anything_is_sent(server: MailServer, outbox: Outbox) -> None:
    domains = ["ka.ward.example"]
    assert len(mail.checked([letter(1), letter(2)], domains)) == 2
    bad = [
        {"to": "a@b\nBcc: x@evil.example"},
        {"to": "someone"},
        {"subject": "x\r\nBcc: x@y.example"},
        {"subject": " "},
        {"sender": "<x@y.example>"},
    ]
    for wrong in bad:
        assert codes(lambda wrong=wrong: mail.checked([letter(**wrong)], domains)) == ["E1970"], wrong  # type: ignore[misc]
    assert (
        codes(lambda: mail.checked([letter(to="0001@evil.example"), letter(to="1@ka.ward.example.evil.example")], domains)) == ["E1971"] * 2
    )
    letters = [letter()]
    assert codes(lambda: mail.send(letters, account(server, password=PASSWORD[::-1]), outbox)) == ["E1972"]
    assert codes(lambda: mail.send(letters, account(server, ca=""), outbox)) == ["E1973"], "an unknown authority"
    assert codes(lambda: mail.send(letters, account(server, security="tls"), outbox)) == ["E1973"]
    assert codes(lambda: mail.send(letters, account(server, host="192.0.2.1", security="none"), outbox)) == ["E1973"]
    assert codes(lambda: mail.send(letters, account(server, port=1), outbox)) == ["E1973"]
    assert server.handler.mails == []
    assert not outbox.path.exists()
