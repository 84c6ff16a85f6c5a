"""The kinds of values that a configuration can hold beside those of JSON: one file for each family of types."""
