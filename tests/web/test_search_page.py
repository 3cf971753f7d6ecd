"""Search: a part of a name or a number finds the thing, wildcards are only letters."""

import pytest

from releaseorch.catalog.models import Application
from tests.characters import Cast
from tests.factories import (
    ApplicationFactory,
    ComponentFactory,
    FeatureFactory,
    ReleaseFactory,
    VersionFactory,
)


def found(client, text: str) -> dict[str, list[str]]:
    groups = client.get("/search", {"q": text}).context["groups"]
    return {group.title: [hit.name for hit in group.hits] for group in groups}


def test_each_kind_is_found_by_a_part_of_its_name(cast: Cast, door) -> None:
    client = door(cast.outsider)
    application = ApplicationFactory(name="Zebra Portal", team=cast.claims)
    component = ComponentFactory(application=application, name="zebra-web")
    VersionFactory(component=component, text="7.zebra.1")
    FeatureFactory(key="ZEBRA-1", title="Stripes")
    ReleaseFactory(name="Zebra 2026")
    cast.qa.name = "Zebra Quinn"
    cast.qa.save()
    assert found(client, "zebra") == {
        "Features": ["ZEBRA-1 Stripes"],
        "Releases": ["Zebra 2026"],
        "Applications": ["Zebra Portal"],
        "Components": ["zebra-web"],
        "Versions": ["7.zebra.1"],
        "People": ["Zebra Quinn"],
    }


@pytest.mark.parametrize("text", ["ZEBRA portal", "ｚｅｂｒａ", "ebra  Por"])
def test_capitals_widths_and_spaces_make_no_difference(cast: Cast, door, text: str) -> None:
    ApplicationFactory(name="Zebra Portal", team=cast.claims)
    assert found(door(cast.outsider), text) == {"Applications": ["Zebra Portal"]}


def test_nothing_found_says_what_to_try(cast: Cast, door) -> None:
    text = door(cast.outsider).get("/search", {"q": "<script>{{7*7}}%"}).content.decode()
    assert "Nothing is called “&lt;script&gt;{{7*7}}%”." in text


def test_many_hits_are_cut_and_say_so(cast: Cast, door) -> None:
    Application.objects.bulk_create(
        Application(name=f"Many {n}", slug=f"many-{n}", team=cast.claims) for n in range(11)
    )
    answer = door(cast.outsider).get("/search", {"q": "many"})
    assert len(answer.context["groups"][0].hits) == 10
    assert "and more" in answer.content.decode()


@pytest.mark.parametrize(
    "text", ["", "  ", "%", "_", "'; drop table", "9" * 19, "run 9223372036854775808", "x" * 1999, "\u202e"]
)
def test_any_text_gets_an_answer(cast: Cast, door, text: str) -> None:
    assert door(cast.outsider).get("/search", {"q": text}).status_code == 200


def test_the_number_of_queries_does_not_grow_with_what_is_found(
    cast: Cast, door, django_assert_max_num_queries
) -> None:
    ComponentFactory.create_batch(10, name="same")
    client = door(cast.outsider)
    with django_assert_max_num_queries(15):
        client.get("/search", {"q": "same"})
