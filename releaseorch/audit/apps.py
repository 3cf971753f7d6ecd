"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "releaseorch.audit"
    label = "audit"

    def ready(self) -> None:
        from releaseorch.audit import outbox, seals
        from releaseorch.core import housekeeping

        housekeeping.register("seals", 1.0, seals.seal_batch)
        housekeeping.register("outbox", 1.0, outbox.deliver)
