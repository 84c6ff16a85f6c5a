"""Git's half of a repository: objects, trees, packs, and pointers to large files."""
