"""The API's addresses: version 1, its OpenAPI document, and a page that shows it."""

from django.contrib.auth.decorators import login_required
from django.urls import include, path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

# A page for people, so it leads to the login form; it answers nothing but GET and HEAD.
docs = require_safe(login_required(SpectacularSwaggerView.as_view(url="openapi.yaml")))

urlpatterns = [
    path("v1/", include("releaseorch.api.v1.urls")),
    path("openapi.yaml", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs", docs, name="api-docs"),
]
