"""Addresses of the noun requests."""

from django.urls import path

from releaseorch.web.views import filing, request_items, requests

urlpatterns = [
    path("requests", requests.requests, name="requests"),
    path("requests/new", filing.new, name="request-create"),
    path("requests/<id:pk>", requests.detail, name="request"),
    path("requests/<id:pk>/plan", requests.plan, name="request-plan"),
    path("requests/<id:pk>/edit", filing.edit, name="request-edit"),
    path("requests/<id:pk>/submit", requests.submit, name="request-submit"),
    path("requests/<id:pk>/withdraw", requests.withdraw, name="request-withdraw"),
    path("requests/<id:pk>/approve", requests.approve, name="request-approve"),
    path("requests/<id:pk>/consent-late", requests.consent_late, name="request-consent-late"),
    path("requests/<id:pk>/send-back", requests.send_back, name="request-send-back"),
    path("requests/<id:pk>/reject", requests.reject, name="request-reject"),
    path("requests/<id:pk>/retry", requests.retry, name="request-retry"),
    path("requests/<id:pk>/comment", requests.comment, name="request-comment"),
    path("requests/<id:pk>/add-item", request_items.add_item, name="request-add-item"),
    path("requests/<id:pk>/remove-item", request_items.remove_item, name="request-remove-item"),
    path("requests/<id:pk>/move-item", request_items.move_item, name="request-move-item"),
]
