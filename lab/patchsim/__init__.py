"""A simulated ward of Windows terminals and their WSUS server (sim): one world, seen through several doors. See README.md."""

import sys
from pathlib import Path

#: it stands on the core, also when it is started by itself: python -m lab.patchsim
_COLLECTIONS = str(Path(__file__).resolve().parents[2] / "collections")
if _COLLECTIONS not in sys.path:
    sys.path.insert(0, _COLLECTIONS)
