"""The delivery app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "releaseorch.delivery"
    label = "delivery"

    def ready(self) -> None:
        from releaseorch.core import housekeeping
        from releaseorch.delivery import holdings, hooks, moved_cut_offs, retiring, windows
        from releaseorch.runs.housekeeping import is_anything_under_way

        hooks.register()
        holdings.register()
        retiring.register()
        moved_cut_offs.register()
        housekeeping.register("windows", windows.EVERY_S, windows.open_windows, only_if=is_anything_under_way)
