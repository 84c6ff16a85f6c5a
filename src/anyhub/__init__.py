"""anyhub: any framework, any hub."""
