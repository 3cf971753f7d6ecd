"""The verbs of releases."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from releaseorch.features import services
from releaseorch.features.models import Release
from releaseorch.features.states import MilestoneKind
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


CLOSES = {
    kind: datetime(2031, 5, day, 18, tzinfo=UTC) for kind, day in zip(MilestoneKind, (4, 6, 7), strict=True)
}
SAID_CLOSES = {str(kind): at.strftime("%Y-%m-%dT%H:%M") for kind, at in CLOSES.items()}
SPRING = {"name": "2031.1", "target_date": datetime(2031, 5, 9, 20, tzinfo=UTC)}
SAID_SPRING = {"name": "2031.1", "target_date": "2031-05-09T20:00"}


def made(_release: Release) -> Release:
    return Release.objects.get(name="2031.1")


RELEASE_VERBS = [
    Verb(
        "release.create", "release.created", "release_manager", planning,
        lambda call: services.create_release(actor=call.person, **SPRING), found=made, again=True,
        page=typed(**SAID_SPRING), page_path="/releases/new", api=typed(**SAID_SPRING), api_path="releases",
    ),
    Verb(
        "release.edit", "release.edited", "release_manager", planning, with_version(services.edit_release, **SPRING),
        page=typed(**SAID_SPRING), api=typed(**SAID_SPRING), api_path="releases/{pk}", api_method="patch",
    ),
    Verb(
        "release.set_cut_offs", "release.cut_offs_set", "release_manager", planning,
        with_version(services.set_release_milestones, milestones=CLOSES),
        page=typed(**SAID_CLOSES), api=typed(**SAID_CLOSES),
    ),
    Verb(
        "release.set_features", "release.features_set", "release_manager", planning,
        lambda call: services.set_release_features(**call.asked, features=[call.house.payouts]),
        page=typed(features="CR-5003"), api=typed(features=["CR-5003"]),
    ),
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
