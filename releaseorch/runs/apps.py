"""The runs app."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "releaseorch.runs"
    label = "runs"

    def ready(self) -> None:
        from releaseorch.core import housekeeping as chores
        from releaseorch.environments import at_once
        from releaseorch.runs import held_up, holdings, housekeeping, target_holders, tidying
        from releaseorch.runs.services import limiting

        chores.register("sweep", housekeeping.every(), housekeeping.sweep)
        chores.register("reap", housekeeping.every(), housekeeping.reap)
        chores.register("bounds", held_up.EVERY_S, held_up.look_at_all)
        chores.register("tidy", tidying.EVERY_S, tidying.tidy)
        held_up.register()
        at_once.register("runs", limiting.following)
        holdings.register()
        target_holders.register()
