"""Stands in for django.core."""
