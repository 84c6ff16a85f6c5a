"""A hub behind HTTP: doors that parse a request, call the hub once, and spell its answer."""
