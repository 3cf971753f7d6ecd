"""Addresses of the noun steps."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
