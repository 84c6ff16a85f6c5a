"""The `anyhub` command."""
