"""Benchmarks: whole processes, ours and the peer in turn in one run; ``make bench`` (``ONLY=<name prefix>`` runs some)."""
