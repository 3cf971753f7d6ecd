"""Addresses of the noun audit."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
