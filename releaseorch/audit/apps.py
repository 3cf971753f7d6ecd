"""The audit app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

IDLE_S = 5.0  # between two looks while nothing happens


class AuditConfig(AppConfig):
    name = "releaseorch.audit"
    label = "audit"

    def ready(self) -> None:
        from releaseorch.audit import append_only, high_water, outbox, seals
        from releaseorch.core import housekeeping

        housekeeping.register("seals", 1.0, seals.seal_batch, idle=2 * IDLE_S)
        housekeeping.register("high_water", high_water.EVERY_S, high_water.look_if_new)
        housekeeping.register("outbox", 1.0, outbox.deliver, idle=IDLE_S)
        post_migrate.connect(append_only.guard, sender=self, dispatch_uid="audit.append_only")
