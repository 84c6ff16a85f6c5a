"""The work that is measured, each piece in a process of its own: see `benchmarks.work`."""
