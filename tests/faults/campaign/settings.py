"""Settings of the processes of a campaign: the product's own, watched by `apps.Campaign`; their clocks may go wrong."""

from releaseorch.config.settings import *
from tests.faults.campaign import clocks

clocks.begin()

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.campaign"]
# Outermost: the answer is ready, the transaction is committed, and nobody was told yet.
MIDDLEWARE = ["tests.faults.campaign.watched.BeforeAnswer", *MIDDLEWARE]
