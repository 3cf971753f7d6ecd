"""Addresses of the audit."""

from django.urls import path

from releaseorch.web.views import audit

urlpatterns = [
    path("audit", audit.audit, name="audit"),
    path("audit/verify", audit.verify, name="audit-verify"),
]
