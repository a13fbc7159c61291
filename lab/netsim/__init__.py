"""Simulated network devices (sim): vendor command lines over real SSH, played from descriptions. See README.md."""
