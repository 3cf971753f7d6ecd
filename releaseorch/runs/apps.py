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

        under_way = housekeeping.is_anything_under_way
        chores.register("sweep", housekeeping.every(), housekeeping.sweep, only_if=under_way)
        chores.register("reap", housekeeping.every(), housekeeping.reap, only_if=under_way)
        chores.register("bounds", held_up.EVERY_S, held_up.look_at_all, only_if=under_way)
        chores.register("tidy", tidying.EVERY_S, tidying.tidy)
        held_up.register()
        at_once.register("runs", limiting.following)
        holdings.register()
        target_holders.register()
