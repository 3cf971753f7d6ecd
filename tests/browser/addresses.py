"""The pages of a house where something is under way: a run with a decision, a plan to approve, a request that waits."""

from releaseorch.accounts.services import begin_second_factor
from releaseorch.runs.models import DeploymentRun, Step
from tests.factories import House
from tests.histories import request_in_state, run_in_state
from tests.web.runs import stage


def run_at_a_decision(house: House) -> DeploymentRun:
    run, _step = stage.at_a_decision(house)
    return run


def busy_house(house: House) -> dict[str, str]:
    """The address of each page that people use, by its name; everything on them was reached through services."""
    decision = run_at_a_decision(house)
    plan = run_in_state(
        house, "proposed", requests=[request_in_state(house, "approved", environment=house.integration)]
    )
    waits = request_in_state(house, "submitted", environment=house.acceptance, title="Photographs")
    sent_back = request_in_state(house, "sent_back", environment=house.development)
    failed = Step.objects.get(run=decision, state="needs_decision")
    begin_second_factor(actor=house.cast.release_manager)
    return {
        "My work": "/",
        "Board": f"/board?release={house.release.pk}&environment={house.production.pk}",
        "Requests": "/requests",
        "New request": f"/requests/new?application={house.claims.pk}&environment={house.production.pk}",
        "Request": f"/requests/{waits.pk}",
        "Request sent back": f"/requests/{sent_back.pk}",
        "Runs": "/runs",
        "New run": "/runs/new",
        "Plan": f"/runs/{plan.pk}",
        "Run with a decision": f"/runs/{decision.pk}",
        "Step": f"/steps/{failed.pk}",
        "Where is what": "/where",
        "Features": "/features",
        "Feature": f"/features/{house.photos.pk}",
        "Releases": "/releases",
        "Release": f"/releases/{house.release.pk}",
        "Applications": "/applications",
        "Application": f"/applications/{house.claims.slug}",
        "Component": f"/components/{house.claims_web.pk}",
        "Audit": "/audit",
        "Search": "/search?q=claims",
        "My access": "/me",
        "Second factor": "/me/second-factor",
    }
