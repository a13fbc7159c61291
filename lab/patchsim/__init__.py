"""A simulated ward of Windows terminals and their WSUS server (sim): one world, seen through several doors. See README.md."""
