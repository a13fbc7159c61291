"""What each module does on a simulated terminal. A module that is not here is refused, loudly."""

from __future__ import annotations

from . import accounts, basic, files, registry, system, updates
from .base import Module

#: by full name
MODULES: dict[str, Module] = {
    f"ansible.windows.{name}": module
    for part in (basic, registry, system, accounts, files, updates)
    for name, module in part.MODULES.items()
}
