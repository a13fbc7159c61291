"""Documentation that the RADIUS modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """``ward.ops.radius.run``, ``.database`` and ``.file``."""

    RUN = r"""
options:
  backend:
    description:
      - V(postgresql) is reached from the control node.
      - V(sqlite) and V(files) (a users file) are files on the RADIUS server; delegate the task to it.
    type: str
    choices: [postgresql, sqlite, files]
    default: postgresql
  ward:
    description: Folder with C(ledgers/) and C(policies/). Default is the one that the inventory source names.
    type: path
  layer:
    description: Network layer; it must be the one that the control node declares. Default is the layer of the play's first host.
    type: str
  lock_wait:
    description: Seconds to wait for another sync before refusing.
    type: float
    default: 30.0
  evidence:
    description: Folder of the evidence. Default is E(WARDOPS_EVIDENCE), else C(build/evidence) of the checkout.
    type: path
"""

    DATABASE = r"""
options:
  db_host:
    description: The database's DNS name as in its certificate, or the folder of its unix socket. Needed for V(postgresql).
    type: str
  db_hostaddr:
    description: IP address to connect to, where O(db_host) is not in DNS. The certificate is still checked against O(db_host).
    type: str
  db_port:
    description: TCP port.
    type: int
    default: 5432
  db_name:
    description: Database.
    type: str
    default: radius
  db_user:
    description: Database user.
    type: str
    default: wardops
  db_password:
    description: Password, from a vault; better in the environment as E(WARDOPS_RADIUS_DB_PASSWORD).
    type: str
  db_rootcert:
    description: File with the certificate of the CA. TCP connections always check certificate and name.
    type: path
"""

    FILE = r"""
options:
  path:
    description: The SQLite database, or the users file (C(mods-config/files/authorize)); needed for V(sqlite) and V(files).
    type: path
  check_command:
    description: For V(files), a command that must accept the new file (C(freeradius -C)); if it does not, the old file comes back.
    type: list
    elements: str
    default: []
  load_command:
    description: For V(files), a command that makes FreeRADIUS load the file.
    type: list
    elements: str
    default: []
  pid_file:
    description: For V(files) instead of O(load_command), the process that gets HUP, not sooner than 5.5 s after the last one or its start.
    type: path
  rollback_dir:
    description: For V(sqlite) and V(files), the folder on the RADIUS server for rollback files.
    type: path
    default: /var/lib/wardops/rollback
"""
