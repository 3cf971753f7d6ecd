"""Addresses of the noun features."""

from django.urls import path

from releaseorch.web.views import feature_edits, features

urlpatterns = [
    path("features", features.features, name="features"),
    path("features/new", feature_edits.create, name="feature-create"),
    path("features/<id:pk>", features.feature, name="feature"),
    path("features/<id:pk>/edit", feature_edits.edit, name="feature-edit"),
    path("features/<id:pk>/set-status", feature_edits.set_status, name="feature-set-status"),
    path("features/<id:pk>/add-application", feature_edits.add_application, name="feature-add-application"),
    path(
        "features/<id:pk>/remove-application",
        feature_edits.remove_application,
        name="feature-remove-application",
    ),
    path("features/<id:pk>/move", feature_edits.move, name="feature-move"),
    path("features/<id:pk>/sign-off", feature_edits.sign_off, name="feature-sign-off"),
]
