"""The verbs of requests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.features.models import ReleaseMilestone
from releaseorch.features.states import MilestoneKind
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House
from tests.histories import request_in_state

WHY = "Because of the weather."


def request(state: str) -> Callable[[House], DeploymentRequest]:
    return lambda house: request_in_state(house, state)


def two_lines(house: House) -> DeploymentRequest:
    """A draft: claims-web 2.0.0, and something by hand after it."""
    items = [
        ItemDraft(component=house.claims_web, version=house.version(house.claims_web)),
        ItemDraft(kind=ItemKind.MANUAL, title="Tell the service desk"),
    ]
    return request_in_state(house, RequestState.DRAFT, items=items)


def application_of(house: House) -> Any:
    """Where a new request begins; the version is there already, so that every door finds it."""
    house.version(house.claims_web)
    return house.claims


def late(house: House) -> DeploymentRequest:
    """Filed an hour after filing had closed."""
    closed = clock.now() - timedelta(hours=1)
    ReleaseMilestone.objects.create(release=house.release, kind=MilestoneKind.FILING, at=closed)
    return request_in_state(house, RequestState.SUBMITTED)


def newest(_start: object) -> DeploymentRequest:
    return DeploymentRequest.objects.latest("id")


def version_of(call: Call) -> Any:
    return call.house.claims_web.versions.get()


def form_of_one_line(call: Call) -> dict[str, Any]:
    return {
        "application": call.house.claims.pk, "environment": call.house.production.pk, "release": call.house.release.pk,
        "lines": 1, "kind-0": "deploy", "component-0": call.house.claims_web.pk, "version-0": version_of(call).pk,
        "do": "draft", "title": "Claims on Saturday",
    }  # fmt: skip


def last_item(call: Call) -> Any:
    return call.subject.items.order_by("position").last()


def with_version(service: Callable[..., Any], **values: Any) -> Callable[[Call], Any]:
    return lambda call: service(**call.asked, **values)


def create(call: Call) -> DeploymentRequest:
    house, items = call.house, [ItemDraft(component=call.house.claims_web, version=version_of(call))]
    return services.create_request(
        actor=call.person, application=house.claims, environment=house.production, release=house.release, items=items,
        title="Claims on Saturday",
    )  # fmt: skip


REQUEST_VERBS = [
    Verb(
        "request.create", "request.created", "developer", application_of, create, "draft", found=newest, again=True,
        page=form_of_one_line, page_path="/requests/new", api_path="requests",
        api=lambda call: {
            "application": "claims", "environment": "production", "release": "2026.4", "title": "Claims on Saturday",
            "items": [{"component_id": call.house.claims_web.pk, "version_id": version_of(call).pk}],
        },
    ),
    Verb(
        "request.edit", "request.edited", "developer", request("draft"),
        lambda call: services.edit_request(**call.asked, changes=RequestChanges(title="Claims on Saturday")), "draft",
        page=lambda call: form_of_one_line(call) | {
            "was_application": call.house.claims.pk, "was_release": call.house.release.pk,
            "feature": list(call.subject.features.values_list("feature_id", flat=True)),
        },
        api=typed(title="Claims on Saturday"), api_path="requests/{pk}", api_method="patch",
    ),
    Verb(
        "request.add_item", "request.item_added", "developer", two_lines,
        lambda call: services.add_item(
            **call.asked, item=ItemDraft(kind=ItemKind.MANUAL, title="Look at it", instructions="Twice.")
        ), "draft",
        page=typed(title="Look at it", instructions="Twice."),
        api=typed(kind="manual", title="Look at it", instructions="Twice."),
    ),
    Verb(
        "request.remove_item", "request.item_removed", "developer", two_lines,
        lambda call: services.remove_item(**call.asked, item=last_item(call)), "draft",
        page=lambda call: {"item": last_item(call).pk}, api=lambda call: {"item": last_item(call).pk},
    ),
    Verb(
        "request.move_item", "request.item_moved", "developer", two_lines,
        lambda call: services.move_item(**call.asked, item=last_item(call), position=1), "draft",
        page=lambda call: {"item": last_item(call).pk, "position": 1},
        api=lambda call: {"item": last_item(call).pk, "position": 1},
    ),
    Verb(
        "request.submit", "request.submitted", "developer", request("draft"),
        with_version(services.submit_request), "submitted",
    ),
    Verb(
        "request.withdraw", "request.withdrawn", "developer", request("approved"),
        with_version(services.withdraw_request, reason=WHY), "withdrawn", typed(reason=WHY), typed(reason=WHY),
    ),
    Verb(
        "request.approve", "request.approved", "release_manager", request("submitted"),
        with_version(services.approve_request, comment="Fine."), "approved",
        typed(comment="Fine."), typed(comment="Fine."),
    ),
    Verb(
        "request.send_back", "request.sent_back", "release_manager", request("submitted"),
        with_version(services.send_back_request, reason=WHY), "sent_back", typed(reason=WHY), typed(reason=WHY),
    ),
    Verb(
        "request.consent_late", "request.late_consented", "release_manager", late,
        with_version(services.consent_late_request, reason=WHY), "submitted", typed(reason=WHY), typed(reason=WHY),
    ),
    Verb(
        "request.reject", "request.rejected", "release_manager", request("approved"),
        with_version(services.reject_request, reason=WHY), "rejected", typed(reason=WHY), typed(reason=WHY),
    ),
    Verb(
        "request.retry", "request.retried", "developer", request("failed"),
        with_version(services.retry_request, reason=WHY), "approved", typed(reason=WHY), typed(reason=WHY),
    ),
    Verb(
        "request.comment", "request.commented", "developer", request("submitted"),
        lambda call: services.comment_request(actor=call.person, request=call.subject, text="Soon?"), "submitted",
        typed(text="Soon?"), typed(text="Soon?"), again=True,
    ),
]  # fmt: skip
