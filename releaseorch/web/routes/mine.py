"""Addresses of the noun mine."""

from django.urls import path

from releaseorch.web.views import mine

urlpatterns = [path("", mine.mine, name="mine")]
