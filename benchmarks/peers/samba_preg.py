"""Samba's own parser of Registry.pol (Debian's python3-samba), for ``gpo.codec``: CPU seconds to decode and encode a file, as text.

Run by Debian's Python: ``/usr/bin/python3 samba_preg.py FILE``.
"""

import sys
import time
from pathlib import Path

from samba.dcerpc import preg
from samba.ndr import ndr_pack, ndr_unpack


def main() -> None:
    content = Path(sys.argv[1]).read_bytes()
    started = time.process_time()
    policy = ndr_unpack(preg.file, content)
    # its Python objects are made when the list is looked at; whoever reads a policy looks at every entry
    seen = [(entry.keyname, entry.valuename, entry.type, entry.data) for entry in policy.entries]
    encoded = ndr_pack(policy)
    seconds = time.process_time() - started
    if encoded != content or len(seen) != policy.num_entries:
        sys.exit("the file did not come back as it was")
    print(seconds)


if __name__ == "__main__":
    main()
