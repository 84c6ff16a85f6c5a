"""Who may do what with a hub, decided in one place, by wrappers that no caller can go round."""
