"""Makes a process of the product one of a campaign: crash points, repeated messages, and planted defects."""

from django.apps import AppConfig


class Campaign(AppConfig):
    name = "tests.faults.campaign"
    label = "campaign"

    def ready(self) -> None:
        from tests.faults.campaign import watched

        watched.begin()
