"""Faults are made by ``strace``, which is a tool of Linux; elsewhere not even the children can be imported."""

from __future__ import annotations

import sys

collect_ignore_glob = [] if sys.platform == "linux" else ["*"]
