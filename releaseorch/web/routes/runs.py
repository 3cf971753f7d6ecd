"""Addresses of the noun runs."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
