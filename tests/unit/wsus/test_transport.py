"""Real TLS and real NTLM on every connection; wrong passwords, wrong certificates, broken connections.

covers: E1940, E1941, E1942, E1949
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.model import Action, UpdateId
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import connect, transport
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus

from tests.unit.wsus.conftest import DEFAULTS, client
from tests.unit.wsus.endpoint import PASSWORD, Endpoint, certificate, served
from tests.unit.wsus.world import PILOT, USER, World, update_guid

Clients = Callable[..., SoapWsus]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(WardopsError) as caught:
        call()
    assert PASSWORD not in str(caught.value)
    return caught.value.problems[0].code


@pytest.mark.parametrize("auth", ["negotiate", "ntlm"])
def test_one_handshake_for_a_connection_with_channel_binding(endpoint: Endpoint, clients: Clients, auth: str) -> None:
    server = clients(auth=auth)
    assert server.info().version == "10.0.26100.1"
    assert len(server.groups()) == 4
    assert server.requests == endpoint.requests == 8, "one leg of the handshake and seven operations"
    assert server.negotiated == ("ntlm", True)


def test_a_server_that_offers_ntlm_alone(endpoint: Endpoint, server: SoapWsus) -> None:
    endpoint.offers = ["NTLM"]
    assert server.call("GetCurrentUserRole") == 2


def test_plain_http_only_when_it_is_said(tmp_path: Path) -> None:
    with served(World(), tmp_path, tls=False) as endpoint:
        server = client(endpoint)
        assert server.call("GetCurrentUserRole") == 2 and server.negotiated == ("ntlm", False)
        assert code_of(lambda: client(endpoint, scheme="https").call("GetCurrentUserRole")) == "E1941"


def test_a_binding_to_another_certificate_is_refused(endpoint: Endpoint, server: SoapWsus) -> None:
    endpoint.end_point = b"\1" * 48  # what a man in the middle with a certificate of his own would cause
    assert code_of(server.info) == "E1942"


def test_a_wrong_password_is_sent_once_and_locks_no_account(endpoint: Endpoint, world: World, clients: Clients) -> None:
    server = clients(password="wrong")  # noqa: S106
    assert code_of(server.info) == "E1942"
    assert code_of(server.groups) == "E1942"
    assert code_of(lambda: list(server.states(list(world.updates)))) == "E1942"
    assert endpoint.refused == 1 and world.asked == []


def test_a_certificate_of_nobody_we_know_is_refused(clients: Clients, tmp_path: Path, endpoint: Endpoint) -> None:
    certificate(tmp_path / "other.pem")
    assert code_of(clients(ca=str(tmp_path / "other.pem")).info) == "E1941"
    assert code_of(clients(ca=None).info) == "E1941", "the system's authorities do not know it"
    assert code_of(clients(ca=str(tmp_path / "missing.pem")).info) == "E1941"
    assert endpoint.requests == 0


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with served(World(), tmp_path) as endpoint:
        assert code_of(client(endpoint, server="127.0.0.1").info) == "E1941"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    words = {**DEFAULTS, "server": "127.0.0.1", "port": port, "user": "a", "password": "b"}
    assert code_of(connect.server_of(words).info) == "E1940"


def test_a_silent_server_is_given_up_after_its_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = {**DEFAULTS, "server": "127.0.0.1", "port": silent.getsockname()[1], "user": "a", "password": "b", "timeout": 0.2}
        assert code_of(connect.server_of({**words, "scheme": "http"}).info) == "E1940"


def test_a_read_whose_connection_breaks_is_asked_again_on_a_new_one(world: World, server: SoapWsus) -> None:
    def drop_first(operation: str, number: int) -> None:
        if operation == "ExecuteSPGetAllTargetGroups" and number == 1:
            raise ConnectionResetError

    world.hook = drop_first
    assert len(server.groups()) == 4
    assert [name for name, _ in world.asked].count("ExecuteSPGetAllTargetGroups") == 2


def test_a_read_that_breaks_again_is_given_up(world: World, server: SoapWsus) -> None:
    def drop(_: str, __: int) -> None:
        raise ConnectionResetError

    world.hook = drop
    assert code_of(server.info) == "E1940"
    assert len(world.asked) == 2


def test_a_write_whose_connection_breaks_is_never_sent_twice(world: World, server: SoapWsus) -> None:
    server.info()

    def drop(operation: str, _: int) -> None:
        if operation == "ExecuteSPDeployUpdate1":
            raise ConnectionResetError

    world.hook = drop
    assert code_of(lambda: server.approve(UpdateId(update_guid(1), 201), PILOT, Action.INSTALL, None)) == "E1949"
    assert [name for name, _ in world.asked].count("ExecuteSPDeployUpdate1") == 1


def test_an_answer_without_end_is_refused(endpoint: Endpoint, server: SoapWsus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_ANSWER", 100_000)
    endpoint.rewrite = lambda _, data: data + b" " * 200_000
    assert code_of(server.info) == "E1944"


def test_no_secret_in_repr_log_or_traceback(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = client(endpoint)
    server.info()
    assert PASSWORD not in repr(server.settings) and PASSWORD not in caplog.text and USER in repr(server.settings).replace("\\\\", "\\")


def test_the_hash_of_a_certificate_is_that_of_its_signature(tmp_path: Path) -> None:
    """RFC 5929 section 4.1; the endpoint computes its own as SHA-384, which is how its certificate is signed."""
    expected = certificate(tmp_path / "one.pem")
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    der = x509.load_pem_x509_certificate((tmp_path / "one.pem").read_bytes()).public_bytes(Encoding.DER)
    assert transport.end_point(der) == expected and len(expected) == 48


@pytest.mark.parametrize("host", ["", "a/b", "user@host", "a b", "http://x", "x\n"])
def test_a_host_name_that_is_none(host: str) -> None:
    words = {**DEFAULTS, "server": host, "user": "a", "password": "b"}
    if host == "x\n":
        assert connect.settings_of(words).host == "x"
    else:
        assert code_of(lambda: connect.server_of(words)) == "E1961"


def test_no_account_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (connect.USER, connect.PASSWORD):
        monkeypatch.delenv(name, raising=False)
    assert code_of(lambda: connect.server_of({**DEFAULTS, "server": "x"})) == "E1961"
    monkeypatch.setenv(connect.USER, USER)
    monkeypatch.setenv(connect.PASSWORD, PASSWORD)
    assert connect.settings_of({**DEFAULTS, "server": "x"}).user == USER
