"""Installing patches on terminals directly (VDI masters, stragglers): when it may be done, and what came of it."""
