"""The pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "releaseorch.web"
    label = "web"

    def ready(self) -> None:
        from releaseorch.core import housekeeping
        from releaseorch.web import kept

        housekeeping.register("kept forms", kept.SWEEP_EVERY_S, kept.sweep)
