"""Addresses of applications, components and versions."""

from django.urls import path

from releaseorch.web.views import catalog

urlpatterns = [
    path("applications", catalog.applications, name="applications"),
    path("applications/<slug:slug>", catalog.application, name="application"),
    path("components/<id:pk>", catalog.component, name="component"),
    path("versions/<id:pk>/block", catalog.block, name="version-block"),
    path("versions/<id:pk>/unblock", catalog.unblock, name="version-unblock"),
]
