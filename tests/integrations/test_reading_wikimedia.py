from datetime import UTC, datetime

from releaseorch.integrations.sources.document import ComponentKey, PlaceKey
from releaseorch.integrations.sources.registry import source_of
from tests.integrations.wikimedia_folders import deployment, make_folder


def read(folder):
    return source_of("wikimedia").read(folder, history=True)


def test_releases_main_production_and_staging_are_the_service_itself_others_are_components(tmp_path):
    end = "".join(f"maps,{name},eqiad,v1\n" for name in ["canary", "maps"])
    end += "tegola,main,eqiad,v1\ntegola,test,eqiad,v1\ncitoid,production,staging,v1\nzotero,staging,staging,v1\n"
    components = read(make_folder(tmp_path, end=end)).components
    assert components == (
        ComponentKey("citoid", "citoid"),
        ComponentKey("maps", "canary"),
        ComponentKey("maps", "maps"),
        ComponentKey("tegola", "tegola"),
        ComponentKey("tegola", "test"),
        ComponentKey("zotero", "zotero"),
    )


def test_one_commit_is_one_request_with_a_change_per_environment(tmp_path):
    rows = "".join(deployment(environment=name) for name in ["staging", "eqiad", "codfw"])
    (request,) = read(make_folder(tmp_path, rows)).requests
    assert [change.place.environment for change in request.changes] == ["codfw", "eqiad", "staging"]
    assert request.features == ("T1", "T22")
    assert (request.requester, request.subject) == ("Ada", "thumbor: new image")


def test_a_feature_is_titled_by_the_first_commit_that_names_it(tmp_path):
    rows = deployment(commit="c2", merged_at="2024-06-12T08:00:00Z", subject="second", service="zotero")
    rows += deployment(subject="first")
    features = read(make_folder(tmp_path, rows)).features
    assert [(feature.key, feature.title) for feature in features] == [("T1", "first"), ("T22", "first")]
    assert features[0].applications == ("thumbor", "zotero")


def test_history_begins_with_what_ran_already_and_a_removal_leaves_nothing(tmp_path):
    rows = deployment() + deployment(
        commit="c2", kind="remove", old_version="v2", new_version="", merged_at="2024-06-12T08:00:00Z"
    )
    history = read(make_folder(tmp_path, rows, start="thumbor,thumbor,staging,v1\n")).history
    assert [(row.kind, row.version, row.at.day) for row in history] == [
        ("initial", "v1", 10),
        ("deploy", "v2", 10),
        ("remove", None, 12),
    ]


def test_a_build_time_is_read_from_the_version_where_there_is_one(tmp_path):
    end = "".join(
        f"s,{index},eqiad,{version}\n"
        for index, version in enumerate(
            ["2024-12-17-110323-production", "v1.2.3", "2024-13-45-110323-production"]
        )
    )
    versions = read(make_folder(tmp_path, end=end)).versions
    assert [version.built_at for version in versions] == [
        datetime(2024, 12, 17, 11, 3, 23, tzinfo=UTC),
        None,
        None,
    ]


def test_what_differs_from_the_last_known_change_has_no_since(tmp_path):
    document = read(make_folder(tmp_path, deployment(), end="thumbor,thumbor,staging,v9\n"))
    (row,) = document.installations
    assert (row.place, row.version, row.since) == (PlaceKey("thumbor", "thumbor", "staging"), "v9", None)


def test_a_dependency_declared_twice_is_one_and_an_outside_system_is_a_record(tmp_path):
    end = "citoid,citoid,eqiad,v1\nzotero,zotero,eqiad,v1\n"
    dependencies = "citoid,zotero,a.yaml\ncitoid,zotero,b.yaml\ncitoid,swift,a.yaml\n"
    document = read(make_folder(tmp_path, end=end, dependencies=dependencies))
    assert [
        (one.component.application, one.needs.application, one.reason) for one in document.dependencies
    ] == [("citoid", "zotero", "runtime")]
    assert [record.key for record in document.records] == [
        "citoid/swift/a.yaml",
        "citoid/zotero/a.yaml",
        "citoid/zotero/b.yaml",
    ]
