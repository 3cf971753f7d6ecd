"""Addresses of the noun mine."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
