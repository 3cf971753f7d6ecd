"""The bare page: what any page of this server costs that shows fifty rows: session, log-in, header, plain text."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from releaseorch.delivery.models import DeploymentRequest

BARE = "/bare"
ROWS = 50


def bare(request: HttpRequest) -> HttpResponse:
    rows = DeploymentRequest.objects.select_related("application", "environment", "requester")
    return render(request, "bare.html", {"rows": rows.order_by("-pk")[:ROWS]})


urlpatterns = [path(BARE.lstrip("/"), bare), path("", include("releaseorch.config.urls"))]
