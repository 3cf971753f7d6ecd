"""Addresses of the noun features."""

from django.urls import path

from releaseorch.web.views import features

urlpatterns = [
    path("features", features.features, name="features"),
    path("features/<id:pk>", features.feature, name="feature"),
    path("features/<id:pk>/set-status", features.set_status, name="feature-set-status"),
]
