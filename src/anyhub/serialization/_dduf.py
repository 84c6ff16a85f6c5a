"""DDUF files, by the name that the module has in `huggingface_hub`."""

from __future__ import annotations

from anyhub.formats.dduf import DDUFEntry, read_dduf_file
from anyhub.formats.dduf_writer import export_entries_as_dduf, export_folder_as_dduf

__all__ = ["DDUFEntry", "export_entries_as_dduf", "export_folder_as_dduf", "read_dduf_file"]
