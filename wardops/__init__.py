"""The command ``python -m wardops``: thin glue over the core in ``plugins/module_utils``; one module for each subcommand."""
