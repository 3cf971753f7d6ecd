"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "releaseorch.notifications"
    label = "notifications"

    def ready(self) -> None:
        from releaseorch.core import housekeeping
        from releaseorch.notifications import escalation, hooks, post, retention, rounds, webhook
        from releaseorch.runs.housekeeping import is_anything_under_way

        hooks.register()
        housekeeping.register("news", rounds.EVERY_S, rounds.tell, only_if=is_anything_under_way)
        housekeeping.register(
            "escalation", escalation.EVERY_S, escalation.escalate, only_if=is_anything_under_way
        )
        housekeeping.register("inbox", retention.EVERY_S, retention.sweep)
        housekeeping.register("mail", post.EVERY_S, post.send_due, apart=True)
        housekeeping.register("webhook", webhook.EVERY_S, webhook.send_due, apart=True)
