"""Names in the inventory: groups from ledger values, variables from ledger columns, hosts.

A group's name is its kind and a value: ``layer_lgwan``, ``site_HON``, ``dept_0105``, ``model_fmv_u7413``, ``function_radius``.
Codes (layer, site, section, ring) keep their letters; free words become a slug of ``a-z 0-9 _``.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from operator import itemgetter

_HOST_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"
_OTHER = re.compile(r"[^A-Za-z0-9]+")

#: names that Ansible itself gives a meaning as a host
_TAKEN_HOSTS = frozenset({"all", "ungrouped", "localhost", "127.0.0.1"})

_WORDS = """
    action always any_errors_fatal args async async_val become become_exe become_flags become_method become_user block changed_when
    check_mode collections connection cycler debugger delay delegate_facts delegate_to dict diff environment fact_path failed_when
    force_handlers gather_facts gather_timeout gather_subset handlers hosts ignore_errors ignore_unreachable joiner lipsum local_action
    lookup loop loop_control loop_with max_fail_percentage module_defaults name namespace no_log notify now omit order poll port
    post_tasks pre_tasks q query range register remote_user rescue retries roles run_once serial strategy tags tasks throttle timeout
    undef until validate_argspec vars vars_files vars_prompt when with_
    False None True false none not true and or if else elif in is for
    group_names groups hostvars inventory_dir inventory_file inventory_hostname inventory_hostname_short play_hosts playbook_dir
    role_name role_names role_path role_uuid item ledger layer
"""
#: words that mean something in a play, a task or a template; as variables they bring warnings or hide the real thing.
#: A superset of what ansible-core 2.21 reports (a test compares), so that a ledger column never depends on the version.
RESERVED = frozenset(_WORDS.split())

#: renamed in a way that reads well; every other reserved column gets the prefix ``ledger_``
_RENAMED = {"serial": "serial_no", "layer": "layer"}


def are_host_names(names: Sequence[str]) -> bool:
    """Whether all are letters, digits, dot, hyphen and underscore, 1-63 characters, and none is a name that Ansible uses itself."""
    if not names:
        return True
    # a few looks at all names together instead of a match for each
    text = "".join(names)
    lengths = set(map(len, names))
    if not text.isascii() or text.encode().translate(None, _HOST_LETTERS) or min(lengths) < 1 or max(lengths) > 63:
        return False
    edges = {*map(itemgetter(0), names), *map(itemgetter(-1), names)}
    if not edges.isdisjoint("._-"):
        return False
    lower = text.lower()
    return not any(name in lower for name in _TAKEN_HOSTS) or _TAKEN_HOSTS.isdisjoint(map(str.lower, names))


def variable_name(column: str) -> str | None:
    """The host variable of a ledger column; ``None`` for a name that must not become one (``ansible_…`` steers connections)."""
    if column.startswith("ansible_"):
        return None
    if column in _RENAMED:
        return _RENAMED[column]
    return f"ledger_{column}" if column in RESERVED else column


def slug(value: str) -> str:
    """A free word as part of a group name: full-width to ASCII, lower case, everything else one ``_``; empty if nothing is left."""
    return _part(unicodedata.normalize("NFKC", value).lower())


def code(value: str) -> str:
    """A code as part of a group name: as :func:`slug`, but letters keep their case."""
    return _part(unicodedata.normalize("NFKC", value))


def _part(text: str) -> str:
    """ASCII letters and digits; letters of other scripts are told apart by a checksum, so that two values never share a group."""
    kept = _OTHER.sub("_", text).strip("_")
    foreign = "".join(char for char in text if char.isalnum() and not char.isascii())
    return f"{kept}_{zlib.crc32(foreign.encode()):08x}".lstrip("_") if foreign else kept
