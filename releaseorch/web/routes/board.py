"""Addresses of the noun board."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
