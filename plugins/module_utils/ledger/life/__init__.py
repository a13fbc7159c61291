"""The life of equipment: allowed steps, events, replacement and repair, what must follow, moves."""
