"""One measured run of our codec for ``gpo.codec``: ``python -m benchmarks.gpo_once FILE`` prints CPU seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.gpo.registry_pol import decode, encode


def main() -> int:
    content = Path(sys.argv[1]).read_bytes()
    started = time.process_time()
    policy = decode(content)
    encoded = encode(policy)
    seconds = time.process_time() - started
    if encoded != content or not policy.entries:
        print("the file did not come back as it was", file=sys.stderr)
        return 1
    print(seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
