"""The runs app."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "releaseorch.runs"
    label = "runs"

    def ready(self) -> None:
        from releaseorch.core import housekeeping as chores
        from releaseorch.runs import holdings, housekeeping, target_holders, tidying

        chores.register("sweep", housekeeping.every(), housekeeping.sweep)
        chores.register("reap", housekeeping.every(), housekeeping.reap)
        chores.register("tidy", tidying.EVERY_S, tidying.tidy)
        holdings.register()
        target_holders.register()
