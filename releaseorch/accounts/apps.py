"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "releaseorch.accounts"
    label = "accounts"
