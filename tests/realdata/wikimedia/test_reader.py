"""The document that the reader makes of the real folder, against the published facts about it."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from releaseorch.integrations.sources.document import ImportDocument
from releaseorch.integrations.sources.registry import source_of

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def facts(real_data: Path) -> Mapping[str, Any]:
    return {fact["id"]: fact["value"] for fact in json.loads((real_data / "facts.json").read_text())["facts"]}


@pytest.fixture(scope="module")
def document(real_data: Path) -> ImportDocument:
    return source_of("wikimedia").read(real_data / "wikimedia", history=True)


def test_no_row_of_the_real_data_is_refused(document):
    assert document.refused == ()


def test_rows_commits_and_services_are_counted(document, facts):
    rows = Counter((row.place.environment, row.kind) for row in document.history if row.kind != "initial")
    expected = facts["wm-rows"]
    assert rows == {(env, kind): n for env, kinds in expected["by_env"].items() for kind, n in kinds.items()}
    assert len(document.requests) == expected["commits"]
    assert (
        len({row.place.application for row in document.history if row.kind != "initial"})
        == expected["services"]
    )


def test_staging_stands_before_both_data_centres(document):
    ranks = {environment.name: environment.rank for environment in document.environments}
    assert ranks["staging"] < ranks["eqiad"] == ranks["codfw"]


def test_the_versions_in_eqiad_and_the_drift_of_staging(document, facts):
    now = {row.place: row.version for row in document.installations}
    eqiad = {place.application: text for place, text in now.items() if place.environment == "eqiad"}
    assert {name: eqiad[name] for name in facts["wm-version"]} == facts["wm-version"]
    drift = {}
    for place, version in now.items():
        there = now.get(place._replace(environment="eqiad"))
        if place.environment == "staging" and there and there != version:
            drift[f"{place.application}/{place.component}"] = [version, there]
    assert drift == facts["wm-drift"]


def test_change_requests_are_features_with_their_services(document, facts):
    expected = facts["wm-change-requests"]
    features = {feature.key: list(feature.applications) for feature in document.features}
    assert len(features) == expected["n"]
    assert sum(len(services) > 1 for services in features.values()) == expected["multi_service"]
    assert {key: features[key] for key in expected["widest"]} == expected["widest"]


def test_commits_without_a_change_request_are_found(document, facts):
    assert sum(not request.features for request in document.requests) == facts["wm-no-request"]


def test_commits_that_are_reverts_are_found(document, facts):
    reverts = [r for r in document.requests if any(change.kind == "rollback" for change in r.changes)]
    assert len(reverts) == facts["wm-rollbacks"]


def test_the_time_from_authoring_to_merge(document, facts):
    gate = [request for request in document.requests if request.integrated_by == "jenkins-bot"]
    hours = [(request.merged_at - request.requested_at).total_seconds() / 3600 for request in gate]
    assert len(hours) == facts["wm-lead"]["n"]
    assert round(median(hours), 2) == facts["wm-lead"]["median_hours"]


def test_commits_of_one_service_per_month(document, facts):
    found = Counter(
        request.merged_at.strftime("%Y-%m")
        for request in document.requests
        if request.merged_at.year == 2024
        and any(
            (change.place.application, change.place.environment) == ("wikifunctions", "eqiad")
            for change in request.changes
        )
    )
    assert found == facts["wm-per-month"]


def test_what_reached_staging_before_eqiad(document, facts):
    first: dict[Any, Any] = {}
    for row in document.history:
        if row.kind == "deploy":
            key = (row.place.application, row.place.component, row.version)
            first.setdefault(key, {}).setdefault(row.place.environment, row.at)
    both = [at for at in first.values() if {"staging", "eqiad"} <= at.keys()]
    assert {
        "staging_earlier": sum(at["staging"] < at["eqiad"] for at in both),
        "same_time": sum(at["staging"] == at["eqiad"] for at in both),
    } == facts["wm-staging-first"]


def test_dependencies_between_services_are_kept_and_outside_systems_are_records(document, facts):
    found = [f"{link.component.application} -> {link.needs.application}" for link in document.dependencies]
    assert found == facts["wm-dependencies"]
    records = [record.payload for record in document.records if record.kind == "dependency"]
    assert len(records) == 67
    assert "swift-eqiad" in {record["depends_on"] for record in records}


def test_the_history_ends_in_what_runs_now(document):
    running: dict[Any, str | None] = {}
    for row in document.history:
        running[row.place] = row.version
    left = {place: version for place, version in running.items() if version is not None}
    assert left == {row.place: row.version for row in document.installations}


def test_every_installation_knows_since_when_unless_it_ran_from_the_start(document):
    initial = {row.place for row in document.history if row.kind == "initial"}
    changed = {row.place for row in document.history if row.kind != "initial"}
    assert {row.place for row in document.installations if row.since is None} == {
        row.place for row in document.installations if row.place not in changed
    }
    assert all(row.since or row.place in initial for row in document.installations)


def test_the_week_of_the_reenactment_is_there(document):
    week = [r for r in document.requests if "2024-06-10" <= r.merged_at.date().isoformat() <= "2024-06-16"]
    places = {change.place for request in week for change in request.changes}
    assert len(week) == 22
    assert len({request.requester for request in week}) == 12
    assert len({place.application for place in places}) == 23
    assert len({feature for request in week for feature in request.features}) == 30


def test_without_history_only_what_runs_now_is_read(real_data):
    found = source_of("wikimedia").read(real_data / "wikimedia", history=False)
    assert len(found.installations) == 218
    assert (found.history, found.requests, found.features) == ((), (), ())
    assert all(row.since is None for row in found.installations)


def test_everything_named_is_listed(document):
    versions = {(*row.component, row.text) for row in document.versions}
    components = set(document.components)
    for row in (*document.history, *document.installations):
        assert row.place[:2] in components
        assert row.version is None or (*row.place[:2], row.version) in versions
    assert {component.application for component in components} == set(document.applications)
    assert {name for feature in document.features for name in feature.applications} <= set(
        document.applications
    )


def test_reading_twice_gives_the_same_document(document, real_data):
    assert source_of("wikimedia").read(real_data / "wikimedia", history=True) == document


def test_no_two_records_have_the_same_key(document):
    keys = [(record.kind, record.key) for record in document.records]
    assert len(set(keys)) == len(keys)
    assert max(len(record.key) for record in document.records) <= 300
