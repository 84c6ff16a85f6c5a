"""The fixture that anyhub gives to pytest, taken from where it is, so that it need not be installed."""

from __future__ import annotations

from anyhub.pytest_plugin import anyhub_server

__all__ = ["anyhub_server"]
