"""Cards of repositories: read from a hub, changed, merged, and pushed to one."""
