"""The verbs of releases."""

from collections.abc import Callable
from typing import Any

from releaseorch.features import services
from releaseorch.features.models import Release
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House


def planning(house: House) -> Release:
    return house.release


def locked(house: House) -> Release:
    return services.lock_release(actor=house.cast.release_manager, release=house.release)


def in_progress(house: House) -> Release:
    return services.begin_release(actor=house.cast.release_manager, release=locked(house))


def with_version(service: Callable[..., Any], **values: Any) -> Callable[[Call], Any]:
    return lambda call: service(**call.asked, **values)


def reasoned(service: Callable[..., Any]) -> dict[str, Any]:
    return {"service": with_version(service, reason=WHY), "page": typed(reason=WHY), "api": typed(reason=WHY)}


RELEASE_VERBS = [
    Verb("release.lock", "release.locked", "release_manager", planning, with_version(services.lock_release), "locked"),
    Verb(
        "release.begin", "release.begun", "release_manager", locked,
        with_version(services.begin_release), "in_progress",
    ),
    Verb(
        "release.complete", "release.completed", "release_manager", in_progress,
        with_version(services.complete_release), "completed",
    ),
    Verb(
        "release.complete_with_exceptions", "release.completed_with_exceptions", "release_manager", in_progress,
        state="completed_with_exceptions", **reasoned(services.complete_release_with_exceptions),
    ),
    Verb(
        "release.abandon", "release.abandoned", "release_manager", planning, state="abandoned",
        **reasoned(services.abandon_release),
    ),
]  # fmt: skip
