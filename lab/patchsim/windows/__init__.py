"""Windows terminals (sim): a WinRM and PSRP endpoint that unmodified Ansible talks to. See README.md: what it proves and what not."""
