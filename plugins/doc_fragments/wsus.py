"""Documentation that the WSUS modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """``ward.ops.wsus.server``, ``.change`` and ``.reads``."""

    SERVER = r"""
options:
  server:
    description: DNS name of the WSUS server, as in its certificate.
    type: str
    required: true
  port:
    description: Port. 0 is 8531 (HTTPS) or 8530 (HTTP); with V(powershell) 5986 or 5985.
    type: int
    default: 0
  scheme:
    description: V(http) must be said; it protects nothing but the password.
    type: str
    choices: [https, http]
    default: https
  ca:
    description: File with the certificate authorities that are believed. Default is those of the system. The check cannot be turned off.
    type: path
  user:
    description: Account (C(DOMAIN\\name)), a member of WSUS Administrators, or WSUS Reporters to read. Default is E(WARDOPS_WSUS_USER).
    type: str
  password:
    description: Its password. Default is E(WARDOPS_WSUS_PASSWORD). Not needed with a Kerberos ticket.
    type: str
  auth:
    description: V(negotiate) takes Kerberos where there is a ticket and its libraries, else NTLM.
    type: str
    choices: [negotiate, ntlm, kerberos]
    default: negotiate
  backend:
    description: V(soap) is the administration web service (MS-WSUSAR); V(powershell) runs one fixed script over PowerShell remoting.
    type: str
    choices: [soap, powershell]
    default: soap
  culture:
    description: Language of titles (RFC 1766).
    type: str
    default: ja
  timeout:
    description: Seconds that the server may be silent.
    type: float
    default: 120.0
"""

    CHANGE = r"""
options:
  layer:
    description: Network layer; it must be the one that the control node declares. Default is the layer of the play's first host.
    type: str
  evidence:
    description: Folder of the evidence. Default is E(WARDOPS_EVIDENCE), else C(build/evidence) of the checkout.
    type: path
  allow_remove:
    description: Number of removals allowed on purpose in this run, beyond the guard's limit.
    type: int
    default: 0
  allow_change:
    description: The same for changes.
    type: int
    default: 0
  digest:
    description: RV(digest) of the plan that somebody has looked at (check mode); any other plan is refused (E1964).
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Reads the server and predicts exactly what a real run then does; changes nothing.
  diff_mode:
    support: full
    description: One line for each approval, group or member.
  platform:
    support: full
    platforms: posix
    description: Control node. WSUS 10.0 (Windows Server 2016 to 2025); not yet tried on a real one (要実機確認, see doctor_wsus.yml).
"""

    READS = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Reads only, so check mode is the same as a normal run.
  diff_mode:
    support: none
    description: There is nothing that could differ.
  platform:
    support: full
    platforms: posix
    description: Control node. WSUS 10.0 (Windows Server 2016 to 2025); not yet tried on a real one (要実機確認, see doctor_wsus.yml).
"""
