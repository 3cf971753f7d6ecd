"""Addresses of the noun requests."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
