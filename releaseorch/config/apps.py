"""The composition root as an app: every process of Django has the Celery application, so its nudges find the broker."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "releaseorch.config"
    label = "config"

    def ready(self) -> None:
        from releaseorch.config import celery

        celery.app.set_default()
