"""The store of configs: masked texts in a bare Git repository, encrypted full copies beside it, and what became of each device."""
