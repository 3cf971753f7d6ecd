"""Addresses of the noun releases."""

from django.urls import path

from releaseorch.web.views import releases

urlpatterns = [
    path("releases", releases.releases, name="releases"),
    path("releases/<id:pk>", releases.release, name="release"),
    path("releases/<id:pk>/lock", releases.lock, name="release-lock"),
    path("releases/<id:pk>/begin", releases.begin, name="release-begin"),
    path("releases/<id:pk>/complete", releases.complete, name="release-complete"),
    path(
        "releases/<id:pk>/complete-with-exceptions",
        releases.complete_with_exceptions,
        name="release-complete-with-exceptions",
    ),
    path("releases/<id:pk>/abandon", releases.abandon, name="release-abandon"),
]
