"""Network layers (三層分離): which layer this control node belongs to, and the guard that keeps runs inside it.

Source: DESIGN section 2 rule 4; MIC guideline, 強靭性の向上 (layer separation).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .problems import fail

#: one word, the layer's code; written once when a control node is set up
DECLARATION = Path("/etc/wardops/layer")
VARIABLE = "WARDOPS_LAYER"


def declared_layer(environ: Mapping[str, str] | None = None, declaration: Path = DECLARATION) -> str:
    """The layer that this control node declares: the file, or the environment variable, which must not contradict it.

    :raises WardopsError: E0401 (nothing declared), E0402 (file and variable differ).
    """
    wanted = (os.environ if environ is None else environ).get(VARIABLE, "").strip()
    try:
        fixed = declaration.read_text(encoding="utf-8").strip()
    except OSError:
        fixed = ""
    if wanted and fixed and wanted != fixed:
        raise fail("E0402", str(declaration), declared=fixed, asked=wanted)
    layer = fixed or wanted
    if not layer:
        raise fail("E0401", variable=VARIABLE, file=declaration)
    return layer


def require_layer(asked: str, environ: Mapping[str, str] | None = None, declaration: Path = DECLARATION) -> str:
    """The declared layer, if it is the one that the run asks for.

    :raises WardopsError: E0401, E0402, or E0403 when the run asks for another layer than the declared one.
    """
    layer = declared_layer(environ, declaration)
    if asked != layer:
        raise fail("E0403", declared=layer, asked=asked)
    return layer
