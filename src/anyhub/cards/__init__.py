"""Cards: the README of a repository, its metadata and its text, as pure text."""
