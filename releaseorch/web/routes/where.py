"""Addresses of the noun where."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
