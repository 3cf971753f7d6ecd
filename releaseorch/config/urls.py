"""Every address of the product: the two doors, nothing else."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("releaseorch.api.urls")),
    path("", include("releaseorch.web.urls")),
]

handler400 = "releaseorch.web.http.bad_request"
handler403 = "releaseorch.web.http.forbidden"
handler404 = "releaseorch.web.http.not_found"
handler500 = "releaseorch.web.http.server_error"
