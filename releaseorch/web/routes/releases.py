"""Addresses of the noun releases."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
