"""Addresses of the noun catalog."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
