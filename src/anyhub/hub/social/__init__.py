"""What people do around repositories: discussions, likes, gates, collections, webhooks."""
