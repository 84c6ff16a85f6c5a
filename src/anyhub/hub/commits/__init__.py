"""From what somebody wants changed to a new state of a reference: commits, and pushes of git."""
