"""Configurations of any length for speed tests: more of what the session's own text holds, under other names."""

from __future__ import annotations

from dataclasses import replace

from lab.netsim.configuration import Node, Tree
from lab.netsim.session import Session


def grown(session: Session, length: int) -> Session:
    """The session with a running-config of about ``length`` bytes: further description lines in its longest block."""
    config = session.config
    tree = Tree(config, config.running)
    missing = length - len(config.running)
    if missing <= 0:
        return session
    host = max(tree.root.children, key=lambda node: len(node.children), default=tree.root)
    sample = next((child.indent for child in host.children), "")
    number = 0
    while missing > 0:
        number += 1
        line = f"description filler {number:06d} of the sim, to make this configuration as long as the measurement asks"
        if config.style == "edit":
            line = f'set comment{number} "filler"'
        elif config.style == "braces":
            line = f'description{number} "filler of the sim";'
        host.children.append(Node(line, sample))
        missing -= len(sample) + len(line) + 1
    startup = config.startup if config.startup is not None else None
    return replace(session, config=replace(config, running=tree.text(), startup=startup))
