"""Addresses of the noun styleguide."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
