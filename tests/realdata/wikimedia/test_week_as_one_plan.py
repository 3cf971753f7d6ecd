"""The planner on a real week, without a database: what fits into one run and what contradicts itself."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from releaseorch.delivery.planning.inputs import (
    ComponentIn,
    DependencyIn,
    EnvironmentIn,
    InstalledIn,
    ItemIn,
    PlanInputs,
)
from releaseorch.delivery.planning.plan import Plan
from releaseorch.delivery.planning.planner import compute_plan
from releaseorch.integrations.sources.document import ComponentKey, ImportDocument, RequestFound
from releaseorch.integrations.sources.registry import source_of

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def document(real_data: Path) -> ImportDocument:
    return source_of("wikimedia").read(real_data / "wikimedia", history=True)


def week_of(document: ImportDocument) -> list[RequestFound]:
    return [r for r in document.requests if "2024-06-10" <= r.merged_at.date().isoformat() <= "2024-06-16"]


def plan_of(document: ImportDocument, requests: Iterable[RequestFound], environment: str) -> Plan:
    ids = {key: number for number, key in enumerate(document.components, 1)}
    requests = list(requests)
    items = [
        ItemIn(
            id=number * 100 + position,
            request_id=number,
            request_number=number,
            kind="deploy" if change.version else "remove",
            component_id=ids[ComponentKey(*change.place[:2])],
            version_text=change.version or "",
            position=position,
        )
        for number, request in enumerate(requests, 1)
        for position, change in enumerate(request.changes)
        if change.place.environment == environment
    ]
    running: dict[ComponentKey, str | None] = {}
    for row in document.history:
        if row.place.environment == environment and (row.kind == "initial" or row.at < requests[0].merged_at):
            running[ComponentKey(*row.place[:2])] = row.version
    return compute_plan(
        PlanInputs(
            environment=EnvironmentIn(name=environment),
            items=tuple(items),
            components=tuple(
                ComponentIn(id=number, name=key.component, application_id=0, application_name=key.application)
                for key, number in ids.items()
            ),
            dependencies=tuple(
                DependencyIn(component_id=ids[one.component], needs_id=ids[one.needs])
                for one in document.dependencies
            ),
            installed=tuple(
                InstalledIn(component_id=ids[key], version_text=text) for key, text in running.items() if text
            ),
        )
    )


def test_the_whole_week_in_one_run_names_the_three_components_with_two_versions(document):
    found = plan_of(document, week_of(document), "eqiad")
    contradicted = [conflict for conflict in found.conflicts if conflict.kind == "two-versions"]
    names = {document.components[(conflict.component_id or 0) - 1] for conflict in contradicted}
    assert names == {
        ("thumbor", "thumbor"),
        ("machinetranslation", "machinetranslation"),
        ("cirrus-streaming-updater", "producer"),
    }
    assert all(len(conflict.request_ids) >= 2 for conflict in contradicted)


def test_the_changes_of_twelve_june_are_one_run_of_eighteen_components(document):
    day = [request for request in week_of(document) if request.merged_at.date().isoformat() == "2024-06-12"]
    found = plan_of(document, day, "eqiad")
    assert len(found.steps) == 18
    assert {step.state for step in found.steps} == {"pending"}
    assert not found.is_blocked
