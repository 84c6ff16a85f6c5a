"""File formats, as bytes: parse, audit, and only then hand on; no framework is needed to read or write them."""
