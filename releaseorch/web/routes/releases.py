"""Addresses of the noun releases."""

from django.urls import path

from releaseorch.web.views import release_edits, releases

urlpatterns = [
    path("releases", releases.releases, name="releases"),
    path("releases/new", release_edits.create, name="release-create"),
    path("releases/<id:pk>", releases.release, name="release"),
    path("releases/<id:pk>/edit", release_edits.edit, name="release-edit"),
    path("releases/<id:pk>/set-cut-offs", release_edits.set_cut_offs, name="release-set-cut-offs"),
    path("releases/<id:pk>/set-features", release_edits.set_features, name="release-set-features"),
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
