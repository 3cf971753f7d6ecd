"""The audit app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "releaseorch.audit"
    label = "audit"

    def ready(self) -> None:
        from releaseorch.audit import append_only, high_water, outbox, seals
        from releaseorch.core import housekeeping

        housekeeping.register("seals", 1.0, seals.seal_batch)
        housekeeping.register("high_water", high_water.EVERY_S, high_water.look)
        housekeeping.register("outbox", 1.0, outbox.deliver)
        post_migrate.connect(append_only.guard, sender=self, dispatch_uid="audit.append_only")
