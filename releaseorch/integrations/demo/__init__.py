"""The demo enterprise: its world from fixtures, its artifacts on disk, its story through the services."""
