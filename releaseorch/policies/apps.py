"""The policies app."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "releaseorch.policies"
    label = "policies"
