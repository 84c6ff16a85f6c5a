"""Where models live: the `Hub` protocol and the hubs that keep it."""
