"""Addresses of the noun me."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
