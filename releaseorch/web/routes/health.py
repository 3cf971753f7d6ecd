"""Addresses for load balancers, monitoring and `manage.py doctor`."""

from django.urls import path

from releaseorch.web.views import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("probe/mirror", health.mirror, name="probe-mirror"),
    path("live/trial", health.trial, name="probe-stream"),
]
