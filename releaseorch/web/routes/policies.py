"""Addresses of policies."""

from django.urls import path

from releaseorch.web.views import policies

urlpatterns = [
    path("policies", policies.policies, name="policies"),
    path("policies/new", policies.create, name="policy-create"),
    path("policies/<id:pk>", policies.policy, name="policy"),
    path("policies/<id:pk>/edit", policies.edit, name="policy-edit"),
    path("policies/<id:pk>/retire", policies.retire, name="policy-retire"),
]
