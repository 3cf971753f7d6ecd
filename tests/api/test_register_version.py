"""CI registers what it built: again the same is fine, something else under the same name is not."""

from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentVersion
from tests.api.conftest import Programs
from tests.factories import House


def body(house: House, **changes: object) -> dict[str, object]:
    return {
        "component": house.claims_web.pk,
        "version": "5.9.0",
        "digest": "sha256:" + "a" * 64,
        "artifact_uri": "registry.example/claims/web",
        "commit": "a41f9d0",
        **changes,
    }


def test_a_new_version_is_registered_with_its_features(house: House, program: Programs) -> None:
    ci = program(house.cast.developer, "versions:write")
    answer = ci.call("versions", body(house, features=["CR-4987"]))
    assert answer.status_code == 201
    assert answer.data["version"] == "5.9.0"
    assert house.photos.held_by.get().version_id == answer.data["id"]
    assert Event.objects.filter(verb="version.registered").count() == 1


def test_the_same_again_is_answered_with_what_is_there(house: House, program: Programs) -> None:
    ci = program(house.cast.developer, "versions:write")
    first, again = ci.call("versions", body(house)), ci.call("versions", body(house))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.data["id"] == again.data["id"]
    assert ComponentVersion.objects.count() == 1


def test_another_digest_under_the_same_version_is_a_conflict(house: House, program: Programs) -> None:
    ci = program(house.cast.developer, "versions:write")
    ci.call("versions", body(house))
    answer = ci.call("versions", body(house, digest="sha256:" + "b" * 64))
    assert answer.status_code == 409
    assert answer.data["reason"] == "conflict"
    assert "never changes" in answer.data["detail"]
    assert ComponentVersion.objects.get().digest == "sha256:" + "a" * 64


def test_a_feature_nobody_knows_is_named(house: House, program: Programs) -> None:
    ci = program(house.cast.developer, "versions:write")
    answer = ci.call("versions", body(house, features=["CR-1"]))
    assert answer.status_code == 422
    assert "CR-1" in str(answer.data["errors"]["features"])
    assert not ComponentVersion.objects.exists()


def test_another_teams_component_is_refused(house: House, program: Programs) -> None:
    ci = program(house.cast.other_developer, "versions:write")
    assert ci.call("versions", body(house)).status_code == 403


def test_a_blocked_version_says_why(house: House, program: Programs) -> None:
    ci = program(house.cast.developer)
    number = ci.call("versions", body(house)).data["id"]
    assert ci.call(f"versions/{number}/block", {"reason": "Loses payouts."}).data["is_blocked"]
    assert ci.call(f"versions/{number}/block", {"reason": "Again."}).status_code == 409
    assert not ci.call(f"versions/{number}/unblock", {"reason": "Was the test."}).data["is_blocked"]
