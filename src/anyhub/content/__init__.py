"""Bytes named by their hash, and the places that keep them."""
