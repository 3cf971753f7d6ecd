"""Each published fact about Wikimedia's releases, answered by our database."""

import json

import pytest

from releaseorch.integrations.sources.wikimedia.facts import FACTS

pytestmark = pytest.mark.real_data


@pytest.mark.usefixtures("imported", "db")
@pytest.mark.parametrize("fact", sorted(FACTS))
def test_our_database_gives_the_published_answer(fact, published_facts):
    answer = FACTS[fact]()
    assert json.loads(json.dumps(answer)) == published_facts[fact]


def test_no_published_fact_is_left_out(published_facts):
    assert {fact for fact in published_facts if fact.startswith("wm-")} == set(FACTS)
