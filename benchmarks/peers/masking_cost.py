"""CPU milliseconds that one device's 20 kB answer costs on a night without a change: cleaned, proved, steadied, masked, hashed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "collections")]
from ansible_collections.ward.ops.plugins.module_utils.network import capture, platform  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.network.masking import Masker  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.network.model import Answer  # noqa: E402

from lab.netsim.fleet import Wanted, device  # noqa: E402

DEVICES = 600
ios = platform.load("cisco_ios")
one = device(Wanted(name="SW-1", config_bytes=20_000))
text = one.text("running").encode() if hasattr(one, "text") else b""
answers = []
for number in range(DEVICES):
    own = text.replace(b"SW-1", b"SW-%d" % number)
    shown = b"show running-config\r\nBuilding configuration...\r\n\r\n" + own.replace(b"\n", b"\r\n").rstrip() + b"\r\n"
    answers.append(Answer("running", shown + b"SW#", b"SW#"))
masker = Masker(b"benchmark-only-0123456789abcdefghijk")
known = [masker.mask(ios, capture.steady(ios, capture.capture(ios, ios.commands["running"], one))).identity for one in answers[:10]]
start = time.process_time()
for number, answer in enumerate(answers):
    found = masker.mask(ios, capture.steady(ios, capture.capture(ios, ios.commands["running"], answer)))
    if number < len(known) and found.identity != known[number]:
        raise SystemExit("the same text has another identity")
print(f"{(time.process_time() - start) * 1000 / DEVICES:.3f}")
