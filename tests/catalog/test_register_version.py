"""Registering what was built: the same again changes nothing, another artifact is refused."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog import services
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.features import services as features
from releaseorch.features.models import FeatureInVersion
from tests.factories import House

pytestmark = pytest.mark.django_db


def register(house: House, **values: object) -> tuple[ComponentVersion, bool]:
    given = {
        "actor": house.cast.developer, "component": house.claims_web, "text": "5.8.0",
        "artifact_uri": "oci://registry.example/web", "digest": "sha256:72be", **values,
    }  # fmt: skip
    return services.register_version(**given)  # type: ignore[arg-type]


def test_a_new_version_is_told_to_audit_once(house: House) -> None:
    version, created = register(house, commit="a41f9d0", build_url="https://ci.example/2291")
    again, created_again = register(house, commit="a41f9d0", build_url="https://ci.example/2291")
    assert (created, created_again, again) == (True, False, version)
    assert Event.objects.filter(verb="version.registered").count() == 1


@pytest.mark.parametrize(
    "other", [{"digest": "sha256:9999"}, {"artifact_uri": "oci://registry.example/other"}]
)
def test_another_artifact_under_the_same_version_is_a_conflict(house: House, other: dict[str, str]) -> None:
    register(house)
    with pytest.raises(Conflict, match="registered with another artifact"):
        register(house, **other)
    assert ComponentVersion.objects.get().digest == "sha256:72be"


def test_the_text_is_not_taken_for_a_number(house: House) -> None:
    for text in ("2024-06-10-131313-production", "v1", "1.0+build/7", "main@{yesterday}"):
        assert register(house, text=text)[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""), ("text", "x" * 151), ("text", "5.8\x00"), ("text", "5.8\u202e"), ("build_url", "javascript:x"),
        ("digest", "d" * 201), ("commit", "c" * 65),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_at_its_field(house: House, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        register(house, **{field: value})
    assert list(refused.value.fields) == [field]
    assert not ComponentVersion.objects.exists()


def test_a_developer_registers_for_the_own_team_only(house: House) -> None:
    with pytest.raises(NotAllowed):
        register(house, actor=house.cast.other_developer)
    assert register(house, actor=house.cast.robot)[1]


def test_features_come_with_the_version_and_later_ones_are_added(house: House) -> None:
    def with_features(*keys: str) -> bool:
        return features.register_version_with_features(
            actor=house.cast.robot,
            component=house.claims_web,
            text="5.8.0",
            digest="sha256:72be",
            features=keys,
        )[1]

    assert with_features("CR-4987") is True
    assert with_features("CR-4987") is False
    assert with_features("CR-4987", "CR-5003") is False
    held = FeatureInVersion.objects.values_list("feature__key", flat=True)
    assert sorted(held) == ["CR-4987", "CR-5003"]
    assert Event.objects.filter(verb="version.features_added").count() == 2


def test_a_feature_that_nobody_knows_is_named_and_nothing_is_registered(house: House) -> None:
    with pytest.raises(Invalid, match="There is no feature CR-1, CR-2"):
        features.register_version_with_features(
            actor=house.cast.robot,
            component=house.claims_web,
            text="5.8.0",
            features=["CR-4987", "CR-1", "CR-2"],
        )
    assert not ComponentVersion.objects.exists()
