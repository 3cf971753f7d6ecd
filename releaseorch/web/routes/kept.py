"""Addresses of what was typed and not saved."""

from django.urls import path

from releaseorch.web.views import kept

urlpatterns = [
    path("kept/return", kept.bring_back, name="kept-return"),
    path("kept/<id:pk>/forget", kept.forget, name="kept-forget"),
]
