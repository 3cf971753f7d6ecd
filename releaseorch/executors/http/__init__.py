"""Sends one HTTP request, or repeats a health check until it passes."""
