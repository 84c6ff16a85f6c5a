"""Models: classes that save, load and push themselves, and the cards that describe them."""
