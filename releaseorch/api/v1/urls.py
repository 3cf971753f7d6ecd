"""The nouns of version 1."""

from rest_framework.routers import SimpleRouter

from releaseorch.api.v1.audit import Events
from releaseorch.api.v1.catalog import Applications, Components, Versions
from releaseorch.api.v1.environments import Environments, Inventory, Reservations
from releaseorch.api.v1.features import Features, Releases
from releaseorch.api.v1.requests import Requests
from releaseorch.api.v1.runs import Runs
from releaseorch.api.v1.steps import Attempts, Steps

router = SimpleRouter(trailing_slash=False)
router.register("applications", Applications, "api-application")
router.register("attempts", Attempts, "api-attempt")
router.register("components", Components, "api-component")
router.register("environments", Environments, "api-environment")
router.register("events", Events, "api-event")
router.register("features", Features, "api-feature")
router.register("inventory", Inventory, "api-installation")
router.register("releases", Releases, "api-release")
router.register("requests", Requests, "api-request")
router.register("reservations", Reservations, "api-reservation")
router.register("runs", Runs, "api-run")
router.register("steps", Steps, "api-step")
router.register("versions", Versions, "api-version")

urlpatterns = router.urls
