"""The doors of the server; each module has the handlers of one part of the route table."""
