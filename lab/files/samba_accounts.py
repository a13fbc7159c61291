"""Runs on the lab's file server with Debian's Python (it has Samba's bindings): fixed SIDs for the accounts and groups.

A real domain gives every group a SID for life; ``/etc/samba/lab_accounts.json`` says which, so that the policy can name them.
"""

import json
import subprocess
from pathlib import Path

from samba.dcerpc import lsa, security
from samba.samba3 import param, passdb

wanted = json.loads(Path("/etc/samba/lab_accounts.json").read_text(encoding="utf-8"))
for folder in ("/var/lib/samba/private", "/run/samba", "/var/cache/samba", "/var/log/samba"):
    Path(folder).mkdir(parents=True, exist_ok=True)
subprocess.run(["net", "setlocalsid", wanted["domain"]], check=True)
for user in wanted["users"]:
    secret = f"{user['password']}\n" * 2
    subprocess.run(["smbpasswd", "-s", "-a", user["name"]], input=secret, text=True, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["pdbedit", "-r", "-u", user["name"], "-U", user["sid"]], check=True, stdout=subprocess.DEVNULL)
param.get_context().load("/etc/samba/smb.conf")
database = passdb.PDB("tdbsam")
for group in wanted["groups"]:
    mapping = passdb.Groupmap()
    mapping.gid = group["gid"]
    mapping.sid = security.dom_sid(group["sid"])
    mapping.sid_name_use = lsa.SID_NAME_ALIAS
    mapping.nt_name = group["name"]
    mapping.comment = ""
    database.add_group_mapping_entry(mapping)
