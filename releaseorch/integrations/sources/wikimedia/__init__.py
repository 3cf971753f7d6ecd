"""Wikimedia's services on Kubernetes: image versions per service, component and environment, with their changes."""
