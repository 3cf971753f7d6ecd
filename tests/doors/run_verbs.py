"""The verbs of runs: composing, deciding, steering."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments.services.freezes import create_freeze
from releaseorch.runs import services as engine
from releaseorch.runs.models import DeploymentRun
from tests.delivery.runs import stories
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Says, Verb, typed
from tests.factories import House
from tests.histories import request_in_state, run_in_state

FIRST, SECOND, ADDED = "Migrate claims-db to 2.0.0", "Deploy claims-web 2.0.0", "Call the branches"


def run(state: str) -> Callable[[House], DeploymentRun]:
    return lambda house: run_in_state(house, state)


def held_up(house: House) -> DeploymentRun:
    """Under way when its environment is frozen."""
    begun = run_in_state(house, "running")
    create_freeze(
        actor=house.cast.release_manager, environment=begun.environment, starts_at=clock.now(),
        ends_at=clock.now() + timedelta(hours=3), reason="Quarter end",
    )  # fmt: skip
    return DeploymentRun.objects.get(pk=begun.pk)


def approved_request(house: House) -> DeploymentRequest:
    return request_in_state(house, RequestState.APPROVED)


def draft(house: House) -> DeploymentRun:
    """FIRST, then SECOND, which waits for it; ADDED waits for nothing."""
    items = [
        ItemDraft(component=component, version=house.version(component))
        for component in (house.claims_db, house.claims_web)
    ]
    chosen = request_in_state(house, RequestState.APPROVED, items=items)
    made = run_in_state(house, "draft", requests=[chosen])
    return services.add_step(
        actor=house.cast.release_manager, run=made, title=ADDED, reason="They close early."
    )


def with_a_change(house: House) -> DeploymentRun:
    """A paused run to which Rita has added a step."""
    made = run_in_state(house, "paused")
    return services.fix_run_forward(
        actor=house.cast.release_manager, run=made, title=ADDED, reason="The cache is stale."
    )


def draft_of_two(house: House) -> DeploymentRun:
    return run_in_state(
        house, "draft", requests=[stories.by_hand(house, "Call them"), stories.by_hand(house, "Wait")]
    )


def draft_and_one_more(house: House) -> DeploymentRun:
    """A draft, and beside it an approved request that no run holds."""
    stories.by_hand(house, "Tell everybody")
    return run_in_state(house, "draft", requests=[stories.by_hand(house, "Call them")])


def free_request() -> DeploymentRequest:
    return DeploymentRequest.objects.filter(run=None).latest("id")


def newest(_start: object) -> DeploymentRun:
    return DeploymentRun.objects.latest("id")


def with_version(service: Callable[..., Any], **values: Any) -> Callable[[Call], Any]:
    return lambda call: service(**call.asked, **values)


def key(call: Call, title: str) -> str:
    return str(call.subject.steps.get(title=title).key)


def keys(**titles: str) -> Says:
    """Steps by their titles, with a reason."""
    return lambda call: {**{name: key(call, title) for name, title in titles.items()}, "reason": WHY}


def edits(service: Callable[..., Any], says: Says) -> dict[str, Any]:
    """An edit of the plan: all doors take the same words."""
    return {
        "service": lambda call: service(**call.asked, **says(call)),
        "page": says,
        "api": says,
        "state": "draft",
    }


def moved(call: Call) -> dict[str, Any]:
    return {
        "step": key(call, ADDED),
        "after": [key(call, FIRST)],
        "before": [key(call, SECOND)],
        "reason": WHY,
    }


def window(call: Call) -> tuple[datetime, datetime]:
    begins = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    return begins, begins + timedelta(hours=6)


def window_as_text(call: Call) -> dict[str, str]:
    begins, ends = window(call)
    return {"window_from": begins.isoformat(), "window_until": ends.isoformat()}


def schedule(call: Call) -> DeploymentRun:
    begins, ends = window(call)
    return services.schedule_run(**call.asked, window_from=begins, window_until=ends)


def edit(call: Call) -> DeploymentRun:
    begins, ends = window(call)
    return services.edit_run(
        **call.asked, title="Sunday", window_from=begins, window_until=ends, is_exclusive=True
    )


def last_request(call: Call) -> DeploymentRequest:
    return DeploymentRequest.objects.filter(run=call.subject).latest("id")


def reasoned(service: Callable[..., Any]) -> dict[str, Any]:
    return {"service": with_version(service, reason=WHY), "page": typed(reason=WHY), "api": typed(reason=WHY)}


RUN_VERBS = [
    Verb(
        "run.create", "run.created", "release_manager", approved_request,
        lambda call: services.compose_run(actor=call.person, requests=[call.subject], title="Sunday"), "draft",
        page=lambda call: {"request": call.subject.pk, "title": "Sunday"}, page_path="/runs/new",
        api=lambda call: {"requests": [call.subject.pk], "title": "Sunday"}, api_path="runs", found=newest,
    ),
    Verb(
        "run.edit", "run.edited", "release_manager", draft, edit, "draft",
        page=lambda call: {"title": "Sunday", "is_exclusive": "on", **window_as_text(call)},
        api=lambda call: {"title": "Sunday", "is_exclusive": True, **window_as_text(call)},
        api_path="runs/{pk}", api_method="patch",
    ),
    Verb("run.replan", "run.replanned", "release_manager", draft, with_version(services.replan_run), "draft"),
    Verb(
        "run.add_step", "run.plan_edited", "release_manager", draft,
        **edits(services.add_step, typed(title="Look at it", instructions="Twice.", reason=WHY)),
    ),
    Verb(
        "run.remove_step", "run.plan_edited", "release_manager", draft,
        **edits(services.remove_step, keys(step=ADDED)),
    ),
    Verb("run.move_step", "run.plan_edited", "release_manager", draft, **edits(services.move_step, moved)),
    Verb(
        "run.edit_step", "run.plan_edited", "release_manager", draft,
        **edits(services.edit_step, lambda call: {"step": key(call, ADDED), "title": "Ask them", "reason": WHY}),
    ),
    Verb(
        "run.add_link", "run.plan_edited", "release_manager", draft,
        **edits(services.add_link, keys(before=ADDED, after=SECOND)),
    ),
    Verb(
        "run.remove_link", "run.plan_edited", "release_manager", draft,
        **edits(services.remove_link, keys(before=FIRST, after=SECOND)),
    ),
    Verb(
        "run.propose", "run.proposed", "release_manager", run("draft"), with_version(services.propose_run), "proposed",
    ),
    Verb(
        "run.approve", "run.approved", "second_manager", run("proposed"),
        with_version(services.approve_run, comment="Fine."), "approved", typed(comment="Fine."), typed(comment="Fine."),
    ),
    Verb(
        "run.send_back", "run.sent_back", "second_manager", run("proposed"), state="draft",
        **reasoned(services.send_back_run),
    ),
    Verb(
        "run.reject", "run.rejected", "second_manager", run("proposed"), state="rejected",
        **reasoned(services.reject_run),
    ),
    Verb(
        "run.unlock", "run.unlocked", "release_manager", run("approved"), state="draft",
        **reasoned(services.unlock_run),
    ),
    Verb(
        "run.schedule", "run.scheduled", "release_manager", run("approved"), schedule, "scheduled",
        window_as_text, window_as_text,
    ),
    Verb("run.start", "run.started", "operator", run("approved"), with_version(engine.start_run), "running"),
    Verb("run.pause", "run.paused", "operator", run("running"), state="paused", **reasoned(engine.pause_run)),
    Verb("run.resume", "run.resumed", "operator", run("paused"), state="running", **reasoned(engine.resume_run)),
    Verb(
        "run.fix_forward", "run.fixed_forward", "release_manager", run("paused"), state="paused",
        **{name: value for name, value in edits(
            services.fix_run_forward, typed(title="Empty the cache", instructions="All of it.", reason=WHY)
        ).items() if name != "state"},
    ),
    Verb(
        "run.approve_change", "run.change_approved", "second_manager", with_a_change,
        with_version(services.approve_change, comment="Fine."), "paused",
        typed(comment="Fine."), typed(comment="Fine."),
    ),
    Verb(
        "run.decline_change", "run.change_declined", "second_manager", with_a_change, state="paused",
        **reasoned(services.decline_change),
    ),
    Verb(
        "run.withdraw_change", "run.change_withdrawn", "release_manager", with_a_change, state="paused",
        **reasoned(services.withdraw_change),
    ),
    Verb(
        "run.finish", "run.let_finish", "release_manager", held_up, state="running",
        **reasoned(engine.finish_run),
    ),
    Verb(
        "run.limit", "run.limited", "release_manager", run("running"), with_version(engine.limit_run, steps_at_once=2),
        "running", typed(steps_at_once=2), typed(steps_at_once=2),
    ),
    Verb(
        "run.stop", "run.stopped", "release_manager", run("paused"), state="stopped",
        **reasoned(engine.stop_run),
    ),
    Verb(
        "run.cancel", "run.cancelled", "release_manager", run("proposed"), state="cancelled",
        **reasoned(services.cancel_run),
    ),
    Verb(
        "run.add_request", "run.request_added", "release_manager", draft_and_one_more,
        lambda call: services.add_request(**call.asked, requests=[free_request()]), "draft",
        page=lambda _call: {"request": free_request().pk}, api=lambda _call: {"requests": [free_request().pk]},
    ),
    Verb(
        "run.take_out", "run.request_taken_out", "release_manager", draft_of_two,
        lambda call: services.take_out_request(**call.asked, request=last_request(call), reason=WHY), "draft",
        page=lambda call: {"request": last_request(call).pk, "reason": WHY},
        api=lambda call: {"request": last_request(call).pk, "reason": WHY},
    ),
    Verb(
        "run.comment", "run.commented", "developer", run("running"),
        lambda call: engine.comment_run(actor=call.person, run=call.subject, text="I am at my desk."), "running",
        typed(text="I am at my desk."), typed(text="I am at my desk."), again=True,
    ),
]  # fmt: skip
