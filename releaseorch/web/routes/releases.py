"""Addresses of the noun releases."""

from django.urls import path

from releaseorch.web.views import releases

urlpatterns = [
    path("releases", releases.releases, name="releases"),
    path("releases/<id:pk>", releases.release, name="release"),
]
