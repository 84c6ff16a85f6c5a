"""Who may use the hub: accounts, memberships, tokens, passwords, logins."""
