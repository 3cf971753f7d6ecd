"""A word on a feature counts for the versions that were tried, and no longer than they are there."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.actor import SYSTEM
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.environments import inventory, signoffs
from releaseorch.environments.models import FeatureSignoff
from releaseorch.environments.states import SignoffVerdict
from releaseorch.features.models import Feature, FeatureInVersion
from tests.factories import House

pytestmark = pytest.mark.django_db
GOOD, BAD = SignoffVerdict.ACCEPTED, SignoffVerdict.REFUSED


def arrive(house: House, feature: Feature, component, text: str = "5.8.0", place=None):
    """A version that holds the feature is installed, by default in Acceptance."""
    version = house.version(component, text)
    FeatureInVersion.objects.create(version=version, feature=feature)
    inventory.install(
        actor=SYSTEM, component=component, environment=place or house.acceptance, target=None, version=version,
        source_kind="run", source_id=214, source_name="#214",
    )  # fmt: skip
    return version


def say(
    house: House, verdict: SignoffVerdict = GOOD, feature: Feature | None = None, **values
) -> FeatureSignoff:
    values = {"actor": house.cast.qa, "environment": house.acceptance, **values}
    return signoffs.sign_off_feature(feature=feature or house.payouts, verdict=verdict, **values)


def standing(house: House, feature: Feature | None = None) -> signoffs.Standing:
    return signoffs.standing_in(feature or house.payouts, house.acceptance)


def test_a_word_names_the_versions_it_was_given_for(house: House) -> None:
    arrive(house, house.payouts, house.claims_web)
    word = say(house, reason="Paid out twelve claims.")
    assert word.versions == {"claims-web": "5.8.0"}
    event = Event.objects.get(verb="feature.signed_off")
    assert (event.subject_id, event.after["verdict"]) == (house.payouts.pk, "accepted")
    assert standing(house).word == word and not standing(house).is_outdated


def test_a_newer_version_undoes_it_and_says_so(house: House) -> None:
    arrive(house, house.payouts, house.claims_web)
    say(house)
    arrive(house, house.payouts, house.claims_web, "5.8.1")
    assert standing(house).is_outdated
    assert standing(house).sentence == "Undone by what was installed since: claims-web 5.8.1."
    again = say(house)
    assert standing(house).word == again and not standing(house).is_outdated


def test_only_what_is_there_as_a_whole_is_accepted(house: House) -> None:
    with pytest.raises(Conflict, match="Nothing of CR-4987 is installed in Acceptance"):
        say(house, BAD, house.photos, reason="Blank page.")
    arrive(house, house.photos, house.claims_web)
    with pytest.raises(Conflict, match="isn't in Acceptance as a whole yet"):
        say(house, GOOD, house.photos)
    with pytest.raises(Invalid):
        say(house, BAD, house.photos, reason=" ")
    say(house, BAD, house.photos, reason="The picture is upside down.")
    house.photos.scopes.filter(application=house.portal).update(status="dropped")
    assert say(house, GOOD, house.photos, actor=house.cast.release_manager).verdict == GOOD


def test_nobody_signs_what_they_did_not_look_at(house: House) -> None:
    arrive(house, house.payouts, house.claims_web)
    seen = standing(house).digest
    arrive(house, house.payouts, house.claims_web, "5.8.1")
    with pytest.raises(Conflict, match="Other versions are in Acceptance by now"):
        say(house, digest=seen)
    assert not FeatureSignoff.objects.exists()


def test_owner_tester_and_those_with_the_role_say_it_and_no_robot(house: House) -> None:
    arrive(house, house.payouts, house.claims_web)
    for name in ("developer", "operator", "auditor", "outsider"):
        with pytest.raises(NotAllowed):
            say(house, actor=getattr(house.cast, name))
    with pytest.raises(NotAllowed, match="A robot never signs off"):
        say(house, actor=house.cast.robot)
    Feature.objects.filter(pk=house.payouts.pk).update(tester=house.cast.developer)
    assert say(house, feature=Feature.objects.get(pk=house.payouts.pk), actor=house.cast.developer)


def test_the_same_word_twice_is_said_once(house: House) -> None:
    arrive(house, house.payouts, house.claims_web)
    say(house)
    with pytest.raises(Conflict, match="You said so already"):
        say(house)
    say(house, BAD, reason="It rounds down after all.")
    assert standing(house).word.verdict == BAD
    assert FeatureSignoff.objects.count() == 2


def test_every_environment_is_told_at_constant_cost(house: House, django_assert_num_queries) -> None:
    for place in (house.development, house.integration, house.acceptance):
        arrive(house, house.payouts, house.claims_web, f"5.{place.rank}.0", place)
    say(house)
    scopes = list(house.payouts.scopes.all())
    with django_assert_num_queries(3):
        found = signoffs.standings(house.payouts, scopes)
    assert [one.environment.name for one in found] == ["Development", "Integration", "Acceptance"]
