"""The configuration of a model: the arguments it was constructed with, as they lie in config.json."""
