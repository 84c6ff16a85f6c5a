"""Repositories as the hub keeps them: names, references, trees, objects, large files, and what they say."""
