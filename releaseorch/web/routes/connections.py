"""Addresses of connections."""

from django.urls import path

from releaseorch.web.views import connections

urlpatterns = [
    path("connections", connections.connections, name="connections"),
    path("connections/new", connections.create, name="connection-create"),
    path("connections/<id:pk>", connections.connection, name="connection"),
    path("connections/<id:pk>/edit", connections.edit, name="connection-edit"),
    path("connections/<id:pk>/set-secret", connections.set_secret, name="connection-set-secret"),
    path("connections/<id:pk>/forget-secret", connections.forget_secret, name="connection-forget-secret"),
    path("connections/<id:pk>/remove", connections.remove, name="connection-remove"),
]
