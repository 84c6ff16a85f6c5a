"""A hub on the network, by the Hub's protocol."""
