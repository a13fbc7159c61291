"""The reader: all devices of a night at once over asyncssh, each with what its platform file says and nothing else."""
