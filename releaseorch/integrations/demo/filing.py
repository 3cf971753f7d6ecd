"""Scenes of requests that the fixture tells: who asked for what, and which verbs followed by whom."""

from functools import partial
from typing import Any

from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind
from releaseorch.integrations.demo.stage import Scenes, lines
from releaseorch.integrations.demo.world import World


def scenes(world: World, told: Scenes) -> None:
    for row in world.fixtures.requests:
        told.add(row["at"], partial(_filed, row=row))
        for verb in row.get("then", ()):
            told.add(verb["at"], partial(_followed, key=row["key"], verb=verb))


def _filed(world: World, *, row: dict[str, Any]) -> None:
    actor = world.people[row["by"]]
    request = services.create_request(
        actor=actor,
        application=world.applications[row["application"]],
        environment=world.environments[row["to"]],
        release=world.releases[row["release"]] if "release" in row else None,
        title=row["title"],
        note=row.get("note", ""),
        items=[*lines(world, row["deploy"]), *(_by_hand(world, one) for one in row.get("manual", ()))],
        features=[world.features[key] for key in row["features"]] if "features" in row else None,
        on_behalf_of=world.people[row["for"]] if "for" in row else None,
    )
    if not row.get("draft"):
        services.submit_request(actor=actor, request=request)
    world.requests[row["key"]] = request


def _by_hand(world: World, row: dict[str, Any]) -> ItemDraft:
    return ItemDraft(
        kind=ItemKind.MANUAL,
        title=row["title"],
        instructions=row["instructions"],
        team=world.teams[row["team"]],
        expected_s=row["minutes"] * 60,
    )


def _followed(world: World, *, key: str, verb: dict[str, Any]) -> None:
    request = DeploymentRequest.objects.select_related("application", "environment", "release").get(
        pk=world.requests[key].pk
    )
    said = verb.get("says", "")
    match verb:
        case {"approve": who}:
            services.approve_request(actor=world.people[who], request=request, comment=said)
        case {"comment": who}:
            services.comment_request(actor=world.people[who], request=request, text=said)
        case {"send_back": who}:
            services.send_back_request(actor=world.people[who], request=request, reason=said)
        case {"reject": who}:
            services.reject_request(actor=world.people[who], request=request, reason=said)
        case {"withdraw": who}:
            services.withdraw_request(actor=world.people[who], request=request, reason=said)
        case {"consent_late": who}:
            services.consent_late_request(actor=world.people[who], request=request, reason=said)
        case {"submit": who, "deploy": deploy}:
            changes = RequestChanges(items=lines(world, deploy))
            services.edit_request(actor=world.people[who], request=request, changes=changes)
            services.submit_request(actor=world.people[who], request=request)
        case _:
            raise ValueError(f"the fixture of request {key} has an unknown verb: {verb}")
    world.requests[key] = request
