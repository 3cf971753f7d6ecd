"""The core app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "releaseorch.core"
    label = "core"

    def ready(self) -> None:
        from releaseorch.core import housekeeping, signs

        housekeeping.register("sign", signs.EVERY_S, signs.of_the_housekeeper)
