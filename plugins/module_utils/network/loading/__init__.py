"""A configuration into a device: typed line by line, proved by reading it back, saved only then, undone when it is not right."""
