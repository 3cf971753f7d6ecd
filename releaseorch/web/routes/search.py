"""Addresses of the noun search."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
