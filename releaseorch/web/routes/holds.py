"""Addresses of the hold after a restore."""

from django.urls import path

from releaseorch.web.views import holds

urlpatterns = [
    path("holds/newest", holds.newest, name="hold-newest"),
    path("holds/<id:pk>", holds.hold, name="hold"),
    path("holds/<id:pk>/release", holds.release, name="hold-release"),
]
