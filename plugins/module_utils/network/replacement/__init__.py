"""A dead device and the one that takes its place: the configuration to load, the sheet for who stands before it, what follows from it."""
