"""The nouns of version 1."""

from rest_framework.routers import SimpleRouter

from releaseorch.api.v1.audit import Events
from releaseorch.api.v1.catalog import Applications, Components, Versions
from releaseorch.api.v1.connections import Connections
from releaseorch.api.v1.environments import Environments, Inventory
from releaseorch.api.v1.features import Features
from releaseorch.api.v1.hold_after_restore import Holds
from releaseorch.api.v1.holds import Freezes, Reservations
from releaseorch.api.v1.inbox import Inbox
from releaseorch.api.v1.people import Grants, People
from releaseorch.api.v1.policies import Policies
from releaseorch.api.v1.procedures import Procedures
from releaseorch.api.v1.releases import Releases
from releaseorch.api.v1.requests import Requests
from releaseorch.api.v1.runs import Runs
from releaseorch.api.v1.steps import Attempts, Steps
from releaseorch.api.v1.targets import Placements, Targets
from releaseorch.api.v1.teams import Teams

router = SimpleRouter(trailing_slash=False)
router.register("applications", Applications, "api-application")
router.register("attempts", Attempts, "api-attempt")
router.register("components", Components, "api-component")
router.register("connections", Connections, "api-connection")
router.register("environments", Environments, "api-environment")
router.register("events", Events, "api-event")
router.register("features", Features, "api-feature")
router.register("freezes", Freezes, "api-freeze")
router.register("grants", Grants, "api-grant")
router.register("holds", Holds, "api-hold")
router.register("inbox", Inbox, "api-inbox-entry")
router.register("inventory", Inventory, "api-installation")
router.register("placements", Placements, "api-placement")
router.register("people", People, "api-person")
router.register("policies", Policies, "api-policy")
router.register("procedures", Procedures, "api-procedure")
router.register("releases", Releases, "api-release")
router.register("requests", Requests, "api-request")
router.register("reservations", Reservations, "api-reservation")
router.register("runs", Runs, "api-run")
router.register("steps", Steps, "api-step")
router.register("targets", Targets, "api-target")
router.register("teams", Teams, "api-team")
router.register("versions", Versions, "api-version")

urlpatterns = router.urls
