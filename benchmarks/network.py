"""``network.backup.*``: a night's backup of simulated devices (sim), whole processes, beside other ways of doing the same.

The devices are those of ``lab/netsim``, 20 kB of configuration and 1.2 s of thinking each, in one process on the same machine: its
cost is everybody's. Ours is the whole ``ansible-playbook`` run into an empty store: masked, committed, encrypted, with evidence. The
peers read the running configuration and, but for bare asyncssh, write it to files; ours reads the same here (``commands``).
"""

from __future__ import annotations

import contextlib
import csv
import ipaddress
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyrage import x25519

from .harness import BIN, PYTHON, REPOSITORY, RUNS, Command, Figure, interleaved, median, report, run_once

FOLDER = REPOSITORY / "build" / "bench" / "network"
PEERS = Path(__file__).parent / "peers"
SAMPLE = REPOSITORY / "inventories" / "sample"
FIRST, PORT, SITES = "127.10.0.1", 2299, 20
#: made by `python -m venv` and the locked requirements of the peers; they are no part of the product
PEER_PYTHON = REPOSITORY / "build" / "bench" / "peers-venv" / "bin" / "python"
CLI_BACKUP = 50  # devices; the peer needs a second and more for each
PASSWORD, ENABLE = "Z3cr3t-login", "Z3cr3t-enable"  # of the simulated devices
_PEER_ENV = {"PEER_PASSWORD": PASSWORD, "PEER_ENABLE": ENABLE}


def _names(devices: int) -> list[str]:
    return [f"S{number % SITES:02d}-{1 + number // SITES // 99:02d}-L2-{1 + number // SITES % 99:02d}" for number in range(devices)]


def _addresses(devices: int) -> list[str]:
    first = ipaddress.ip_address(FIRST)
    return [str(first + number) for number in range(devices)]


def _ward(devices: int, timeout: int) -> Path:
    """A ward with nothing but these devices, and the sample's policies but for the device timeout and what is read."""
    root = FOLDER / f"ward-{devices}-{timeout}"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(SAMPLE / "policies", root / "policies")
    policy = root / "policies" / "network.yml"
    text = policy.read_text(encoding="utf-8").replace("commands: [running, startup]", "commands: [running]")
    policy.write_text(text.replace("device: 90", f"device: {timeout}").replace("per_site: 150", "per_site: 1000"), encoding="utf-8")
    for path in SAMPLE.glob("ledgers/**/*.csv"):
        target = root / path.relative_to(SAMPLE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    with (SAMPLE / "ledgers/network_devices.csv").open(encoding="utf-8", newline="") as stream:
        sample = next(row for row in csv.DictReader(stream) if row["os_profile"] == "cisco_ios" and row["layer"] == "lgwan")
    with (root / "ledgers/network_devices.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, sample, lineterminator="\n")
        writer.writeheader()
        rows = []
        for number, (name, address) in enumerate(zip(_names(devices), _addresses(devices), strict=True)):
            own = {"name": name, "asset_id": f"A{number:07d}", "serial": f"SYN{number:08d}", "mac": f"024b54{number:06x}", "site": name[:3]}
            rows.append({**sample, **own, "mgmt_ip": address, "uplink": "", "config_backup": "daily", "status": "active"})
        writer.writerows(sorted(rows, key=lambda row: row["name"]))
    source = root / "lgwan" / "ledger.yml"
    source.parent.mkdir()
    source.write_text("plugin: ward.ops.ledger\nlayer: lgwan\nward: ..\nshared: .\n", encoding="utf-8")
    return source


@contextlib.contextmanager
def _fleet(devices: int, faults: Callable[[int], Mapping[str, Any]] = lambda _: {}) -> Iterator[None]:
    """The simulated devices, until the block ends.

    :param faults: by the number of the device.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    described = [
        {"name": name, "address": address, "faults": dict(faults(number))}
        for number, (name, address) in enumerate(zip(_names(devices), _addresses(devices), strict=True))
    ]
    defaults = {"session": "cisco_ios", "port": PORT, "config_bytes": 20_000, "think": 1.2, "transcript": False}
    (FOLDER / "fleet.yml").write_text(json.dumps({"defaults": defaults, "devices": described}), encoding="utf-8")
    places = {one["name"]: [one["address"], PORT] for one in described}
    (FOLDER / "places.json").write_text(json.dumps(places), encoding="utf-8")
    (FOLDER / "places-50.json").write_text(json.dumps(dict(list(places.items())[:50])), encoding="utf-8")
    words = [PYTHON, "-m", "lab.netsim", "--fleet", str(FOLDER / "fleet.yml"), "--keys", str(FOLDER / "keys")]
    words += ["--known-hosts", str(FOLDER / "known_hosts")]
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        try:
            if process.stdout is None or not process.stdout.readline().startswith(b"ready"):
                raise RuntimeError("the simulator does not start")
            yield
        finally:
            process.terminate()


def _plain_banner(_number: int) -> Mapping[str, Any]:
    """Without the sessions' trap for programs that take a banner's ``#`` for a prompt: RANCID and others fall into it."""
    return {"motd": "authorised persons only\n"}


def _ours(source: Path, *, keep: bool = False, stored: int, changed: int, good: str = "") -> Command:
    """The playbook.

    :param keep: into the store of the last run (a second night).
    :param stored: devices that must have been read; :param changed: that must have changed.
    :param good: exit codes besides 0 that are right (a shell's pattern).
    """
    store = FOLDER / "store"
    variables = {
        "network_config_store": str(store),
        "network_config_recipients": [str(x25519.Identity.generate().to_public())] if not keep else _recipients(),
        "network_known_hosts": str(FOLDER / "known_hosts"),
        "network_port": PORT,
    }
    if not keep:
        (FOLDER / "recipients.json").write_text(json.dumps(variables["network_config_recipients"]), encoding="utf-8")
    env = {
        "WARDOPS_LAYER": "lgwan",
        "WARDOPS_EVIDENCE": str(FOLDER / "evidence"),
        "WARDOPS_NETWORK_USER": "netadmin",
        "WARDOPS_NETWORK_PASSWORD": PASSWORD,
        "WARDOPS_NETWORK_ENABLE": ENABLE,
        "WARDOPS_CONFIG_MASK_KEY": "benchmark-only-0123456789abcdefghijk",
        "ANSIBLE_NOCOLOR": "1",
    }

    def check(output: str) -> None:
        if f"stored: {stored}\n" not in output or f"changed: {changed}\n" not in output:
            raise RuntimeError(output[-2000:])

    def prepare() -> None:
        if not keep:
            shutil.rmtree(store, ignore_errors=True)

    argv = [str(BIN / "ansible-playbook"), "-i", str(source), "playbooks/backup_configs.yml", "-e", json.dumps(variables)]
    if good:
        argv = ["sh", "-c", f'"$@"; case $? in 0|{good}) exit 0;; esac; exit 1', "sh", *argv]
    return Command(argv, env, prepare=prepare, check=check)


def _recipients() -> list[str]:
    found: list[str] = json.loads((FOLDER / "recipients.json").read_text(encoding="utf-8"))
    return found


def _read(count: int) -> Callable[[str], None]:
    def check(output: str) -> None:
        if f"read {count}" not in output:
            raise RuntimeError(output[-2000:])

    return check


def _bare(devices: int) -> Command:
    argv = [PYTHON, str(PEERS / "bare_asyncssh.py"), str(FOLDER / "places.json"), str(FOLDER / "known_hosts")]
    return Command(argv, _PEER_ENV, check=_read(devices))


def _nornir(devices: int, threads: int) -> Command:
    folder = FOLDER / "nornir"
    folder.mkdir(exist_ok=True)
    argv = [str(PEER_PYTHON), str(PEERS / "nornir_netmiko_backup.py"), str(FOLDER / "places.json"), str(threads), str(folder)]
    return Command(argv, _PEER_ENV, check=_read(devices))


def _rancid(kind: str) -> Command:
    argv = [PYTHON, str(PEERS / "rancid_backup.py"), str(FOLDER / "places.json"), str(FOLDER / "known_hosts"), str(FOLDER / "rancid"), kind]
    return Command(argv, _PEER_ENV, check=_read(600))


def _cli_backup(devices: int) -> Command:
    """One task for each device, 50 at a time. Host keys are not checked, which spares it their file."""
    folder = FOLDER / "cli_backup"
    places = json.loads((FOLDER / "places.json").read_text(encoding="utf-8"))
    hosts = {name: {"ansible_host": address, "ansible_port": port} for name, (address, port) in list(places.items())[:devices]}
    variables = {
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_network_cli_ssh_type": "libssh",
        "ansible_user": "netadmin",
        "ansible_password": PASSWORD,
        "ansible_become": True,
        "ansible_become_method": "ansible.netcommon.enable",
        "ansible_become_password": ENABLE,
        "backup_folder": str(folder),
    }
    source = FOLDER / "cli_backup.json"
    source.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}), encoding="utf-8")

    def prepare() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()

    def check(output: str) -> None:
        whole = [path for path in folder.iterdir() if path.stat().st_size > 10_000]
        if len(whole) != devices:
            raise RuntimeError(output[-2000:])

    site_packages = next((PEER_PYTHON.parents[1] / "lib").glob("python3*")) / "site-packages"
    nothing = FOLDER / "ansible.cfg"
    nothing.write_text("", encoding="utf-8")  # not ours: it would write evidence for the peer
    env = {"ANSIBLE_HOST_KEY_CHECKING": "False", "PYTHONPATH": str(site_packages), "ANSIBLE_CONFIG": str(nothing)}
    argv = [str(BIN / "ansible-playbook"), "-i", str(source), "-f", "50", str(PEERS / "cli_backup.yml")]
    return Command(argv, env, prepare=prepare, check=check)


def _install_peers() -> None:
    """The peers' own environment, from the locked list, kept in ``build``; and Debian's RANCID, where it is missing."""
    if not Path("/usr/lib/rancid/bin/rancid-run").exists():
        subprocess.run(["apt-get", "install", "-y", "-q", "rancid"], check=True, stdout=subprocess.DEVNULL)
    if PEER_PYTHON.exists():
        return
    folder = PEER_PYTHON.parents[1]
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    words = ["-m", "pip", "install", "-q", "--require-hashes", "-r", str(PEERS / "requirements.txt")]
    subprocess.run([str(PEER_PYTHON), *words], check=True)


def _best_threads(devices: int) -> int:
    """Nornir's number of threads, the quickest of one run each."""
    return min((50, 100, 200), key=lambda threads: run_once(_nornir(devices, threads)).wall)


def backup_600() -> None:
    """The headline: time, memory, and the peers; those that take minutes run once, ``cli_backup`` for a twelfth of the devices."""
    _install_peers()
    with _fleet(600, _plain_banner):
        source = _ward(600, 90)
        threads = _best_threads(600)
        commands = {"ours": _ours(source, stored=600, changed=600), "bare": _bare(600), "nornir": _nornir(600, threads)}
        found = interleaved(commands)
        slow = {
            "rancid": run_once(_rancid("cisco")).wall,
            "lean": run_once(_rancid("lean")).wall,
            "cli_backup": run_once(_cli_backup(CLI_BACKUP)).wall,
        }
    wall = {name: median(measures, "wall") for name, measures in found.items()}
    note = f"600 devices (sim), 20 kB, 1.2 s of thinking; CPU {median(found['ours'], 'cpu'):.1f} s"
    report(Figure("network.backup.600", wall["ours"], None, None, "ours <= 5.5", "s", note))
    report(Figure("network.backup.600.memory", median(found["ours"], "rss"), None, None, "ours <= 250", "MiB"))
    report(Figure("network.backup.600.asyncssh", wall["ours"], wall["bare"], "bare asyncssh", "ratio >= 0.5", "s"))
    lean = f"as packaged, 1 run; with one command only: {slow['lean']:.1f} s, {slow['lean'] / wall['ours']:.1f} x"
    report(Figure("network.backup.600.rancid", wall["ours"], slow["rancid"], "RANCID, 50 in parallel", "ratio >= 20", "s", lean))
    scaled = f"1 run of {CLI_BACKUP} devices: {slow['cli_backup']:.1f} s, times {600 // CLI_BACKUP}"
    peer = slow["cli_backup"] * 600 / CLI_BACKUP
    report(
        Figure("network.backup.600.cli_backup", wall["ours"], peer, "ansible.netcommon.cli_backup, 50 forks", "ratio >= 100", "s", scaled)
    )
    report(Figure("network.backup.600.nornir", wall["ours"], wall["nornir"], f"nornir + netmiko, {threads} threads", "ratio >= 2", "s"))


def backup_noop() -> None:
    """The second night: nothing changed, no commit; what masking and comparing cost."""
    with _fleet(600):
        source = _ward(600, 90)
        run_once(_ours(source, stored=600, changed=600))
        measured = interleaved({"noop": _ours(source, keep=True, stored=600, changed=0)}, warmup=0)["noop"]
    cost = _masking()
    commits = subprocess.run(
        ["git", f"--git-dir={FOLDER}/store/configs.git", "rev-list", "--count", "main"], capture_output=True, text=True, check=True
    )
    if commits.stdout.strip() != "1":
        raise RuntimeError(f"{commits.stdout.strip()} commits after nights without a change")
    note = f"of one device; the whole run {median(measured, 'wall'):.1f} s, no commit"
    report(Figure("network.backup.noop", cost, None, None, "ours <= 3", "ms", note))


def _masking() -> float:
    """CPU milliseconds for one device's answer: taken off the terminal, proved, masked, compared."""
    words = [PYTHON, str(PEERS / "masking_cost.py")]
    costs = [float(subprocess.run(words, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout) for _ in range(RUNS)]
    return sorted(costs)[len(costs) // 2]


def backup_5000() -> None:
    """Eight times the fleet."""
    small, large = [], []
    for devices, into in ((600, small), (5000, large)):
        with _fleet(devices):
            source = _ward(devices, 300)
            run_once(_ours(source, stored=devices, changed=devices))
            into += [run_once(_ours(source, stored=devices, changed=devices)) for _ in range(min(RUNS, 3))]
    ours, small_wall = median(large, "wall"), median(small, "wall")
    note = f"{ours:.1f} s for 5,000 devices, {small_wall:.1f} s for 600"
    report(Figure("network.backup.5000", ours / small_wall, None, None, "ours <= 9", "times 600", note))
    report(Figure("network.backup.5000.memory", median(large, "rss"), None, None, "ours <= 800", "MiB"))


def backup_dead() -> None:
    """Every tenth device refuses, every tenth is silent before SSH, every tenth hangs in the middle."""
    spoilt: Sequence[Mapping[str, Any]] = ({"tcp": "refuse"}, {"tcp": "silent"}, {"hang": "show running-config"})

    def faults(number: int) -> Mapping[str, Any]:
        return spoilt[number % 10] if number % 10 < len(spoilt) else {}

    limit = 10
    with _fleet(600):
        healthy = median(interleaved({"healthy": _ours(_ward(600, 90), stored=600, changed=600)}, min(RUNS, 3))["healthy"], "wall")
    with _fleet(600, faults):
        source = _ward(600, limit)
        dead = median(interleaved({"dead": _ours(source, stored=420, changed=420, good="2")}, min(RUNS, 3))["dead"], "wall")
    note = f"{dead:.1f} s with 30 % dead, {healthy:.1f} s without; device timeout {limit} s"
    report(Figure("network.backup.30pct_dead", (dead - limit) / healthy, None, None, "ours <= 1.5", "times healthy, beyond timeout", note))


FIGURES = {
    "network.backup.600": backup_600,
    "network.backup.5000": backup_5000,
    "network.backup.noop": backup_noop,
    "network.backup.30pct_dead": backup_dead,
}
