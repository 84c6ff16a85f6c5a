"""The spelling of values in JSON, one module for each kind: `spell_…` on the server, `read_…` on the client."""
