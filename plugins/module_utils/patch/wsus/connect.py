"""From a task's arguments to a server. No Ansible in here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...common.problems import fail
from .powershell import PowerShellWsus, PsrpShell
from .soap import SoapWsus
from .transport import Settings

#: what every task on a WSUS server takes
SERVER: dict[str, Any] = {
    "server": {"type": "str", "required": True},
    "port": {"type": "int", "default": 0},
    "scheme": {"type": "str", "choices": ["https", "http"], "default": "https"},
    "ca": {"type": "path"},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "auth": {"type": "str", "choices": ["negotiate", "ntlm", "kerberos"], "default": "negotiate"},
    "backend": {"type": "str", "choices": ["soap", "powershell"], "default": "soap"},
    "culture": {"type": "str", "default": "ja"},
    "timeout": {"type": "float", "default": 120.0},
}
USER, PASSWORD = "WARDOPS_WSUS_USER", "WARDOPS_WSUS_PASSWORD"  # the variables' names


def settings_of(arguments: Mapping[str, Any]) -> Settings:
    """:raises WardopsError: E1961 for a host name that is none, or half an account."""
    host = str(arguments["server"]).strip()
    if not host or any(char in host for char in "/@?#% \\") or not host.isprintable():
        raise fail("E1961", what="server", value=host)
    user = arguments.get("user") or os.environ.get(USER, "")
    password = arguments.get("password") or os.environ.get(PASSWORD, "")
    if arguments["auth"] != "kerberos" and not (user and password):
        raise fail("E1961", what=f"user / password ({USER}, {PASSWORD})", value="")
    return Settings(
        host=host,
        user=user,
        password=password,
        port=arguments["port"],
        tls=arguments["scheme"] == "https",
        ca=str(arguments.get("ca") or ""),
        auth=arguments["auth"],
        timeout=arguments["timeout"],
    )


def server_of(arguments: Mapping[str, Any], *, supersedence: bool = False) -> SoapWsus | PowerShellWsus:
    """:raises WardopsError: E1961."""
    settings = settings_of(arguments)
    if arguments["backend"] == "powershell":
        return PowerShellWsus(PsrpShell(settings), settings.host, supersedence)
    return SoapWsus(settings, arguments["culture"], supersedence)
