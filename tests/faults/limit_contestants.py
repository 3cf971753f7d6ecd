"""What racers do for the places of an environment: claim steps, end them, change the limit, freeze it."""

from releaseorch.accounts.models import Person
from releaseorch.environments.models import Environment
from releaseorch.environments.services import edit_environment
from releaseorch.runs.store import Claim
from tests.faults import contestants, freeze_contestants


def claim_end_or_limit(what: str, subject: int | Claim, other: int) -> object:
    """claim: step and token; end: the claim; limit and freeze: environment, and how many or by whom."""
    if isinstance(subject, Claim):
        return contestants.finish(subject, "Done")
    if what == "claim":
        return contestants.claim(subject, other)
    if what == "freeze":
        return freeze_contestants.freeze(subject, other)
    return limit(subject, other)


def limit(environment_id: int, steps_at_once: int) -> object:
    environment = Environment.objects.get(pk=environment_id)
    who = Person.objects.filter(grants__role="administrator").first()
    assert who is not None
    return edit_environment(actor=who, environment=environment, steps_at_once=steps_at_once).steps_at_once
