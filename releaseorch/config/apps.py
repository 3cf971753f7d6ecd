"""The composition root as an app: each process of Django gets the Celery application, for nudges, and its words."""

from django.apps import AppConfig
from django.utils import translation

from releaseorch import words


class ConfigConfig(AppConfig):
    name = "releaseorch.config"
    label = "config"

    def ready(self) -> None:
        from releaseorch.config import celery

        celery.app.set_default()
        words.speak_through(translation)
