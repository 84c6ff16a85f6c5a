"""Moving many bytes between machines: in parallel, checked, and going on where it was cut."""
