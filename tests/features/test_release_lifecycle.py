"""The lifecycle of a release as a full table, and what locking means."""

from collections.abc import Callable

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.features import release_actions, services
from releaseorch.features.models import Release
from releaseorch.features.states import RELEASE_MOVES
from releaseorch.features.states import ReleaseState as R
from tests.factories import House, ReleaseFactory

pytestmark = pytest.mark.django_db

ALLOWED: dict[str, tuple[set[R], R]] = {
    "lock": ({R.PLANNING}, R.LOCKED),
    "begin": ({R.LOCKED}, R.IN_PROGRESS),
    "complete": ({R.IN_PROGRESS}, R.COMPLETED),
    "complete_with_exceptions": ({R.IN_PROGRESS}, R.COMPLETED_WITH_EXCEPTIONS),
    "abandon": ({R.PLANNING, R.LOCKED, R.IN_PROGRESS}, R.ABANDONED),
}
SERVICES: dict[str, tuple[Callable[..., Release], str]] = {
    "lock": (services.lock_release, "release.locked"),
    "begin": (services.begin_release, "release.begun"),
    "complete": (services.complete_release, "release.completed"),
    "complete_with_exceptions": (
        services.complete_release_with_exceptions,
        "release.completed_with_exceptions",
    ),
    "abandon": (services.abandon_release, "release.abandoned"),
}


def with_reason(verb: str) -> dict[str, str]:
    return {"reason": "CR-5021 stays out."} if verb in {"complete_with_exceptions", "abandon"} else {}


def test_the_table_names_every_verb() -> None:
    assert set(ALLOWED) == set(RELEASE_MOVES) == set(SERVICES)


@pytest.mark.parametrize("state", list(R))
@pytest.mark.parametrize("verb", ALLOWED)
def test_a_verb_moves_from_its_sources_only(house: House, verb: str, state: R) -> None:
    release = ReleaseFactory(state=state)
    service, event = SERVICES[verb]
    sources, target = ALLOWED[verb]
    offered = {action.verb for action in release_actions.actions_for(release, house.cast.release_manager)}
    assert (verb in offered) == (state in sources)
    if state in sources:
        service(actor=house.cast.release_manager, release=release, **with_reason(verb))
        assert Release.objects.get(pk=release.pk).state == target
        assert Event.objects.get(verb=event).after == {"state": target}
    else:
        with pytest.raises(Conflict):
            service(actor=house.cast.release_manager, release=release, **with_reason(verb))
        assert Release.objects.get(pk=release.pk).state == state
        assert not Event.objects.filter(verb=event).exists()


@pytest.mark.parametrize("verb", ["complete_with_exceptions", "abandon"])
def test_what_is_not_plain_success_needs_a_reason(house: House, verb: str) -> None:
    release = ReleaseFactory(state=R.IN_PROGRESS)
    with pytest.raises(Invalid):
        SERVICES[verb][0](actor=house.cast.release_manager, release=release, reason=" ")
    assert Release.objects.get(pk=release.pk).state == R.IN_PROGRESS


@pytest.mark.parametrize("who", ["developer", "operator", "auditor", "outsider"])
def test_it_is_moved_by_release_managers(house: House, who: str) -> None:
    person = getattr(house.cast, who)
    with pytest.raises(NotAllowed):
        services.lock_release(actor=person, release=house.release)
    assert all(not action.allowed for action in release_actions.actions_for(house.release, person))


def test_a_stale_page_is_a_conflict(house: House) -> None:
    seen = house.release.row_version
    services.lock_release(actor=house.cast.release_manager, release=house.release, seen=seen)
    with pytest.raises(Conflict):
        services.begin_release(actor=house.cast.release_manager, release=house.release, seen=seen)


def test_a_locked_release_loses_features_but_gets_none(house: House) -> None:
    manager = house.cast.release_manager
    services.lock_release(actor=manager, release=house.release)
    services.set_release_features(actor=manager, release=house.release, features=[house.photos])
    with pytest.raises(Conflict, match=r"2026\.4 is locked: CR-5003 can't be added any more"):
        services.set_release_features(
            actor=manager, release=house.release, features=[house.photos, house.payouts]
        )
    assert list(house.release.features.all()) == [house.photos]
