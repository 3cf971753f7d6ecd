"""Stands in for django.core.exceptions."""


class ImproperlyConfigured(Exception):
    pass
