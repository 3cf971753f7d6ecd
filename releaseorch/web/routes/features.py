"""Addresses of the noun features."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
