"""The data as it stood in June 2024, then all of it: the second import goes on where the first one ended."""

import pytest

from releaseorch.core.actor import System
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.integrations.reenact.week import JUNE, as_it_stood, state_at
from releaseorch.integrations.sources.apply import apply

pytestmark = [pytest.mark.real_data, pytest.mark.django_db]


def now() -> dict[tuple[str, str, str], str]:
    return {
        (row.component.application.name, row.component.name, row.environment.name): row.version.text
        for row in inventory.current()
    }


def test_the_second_import_adds_what_happened_since(wikimedia):
    actor = System("Import of wikimedia")
    apply(as_it_stood(wikimedia, JUNE), actor=actor)
    then = {}
    for environment in ("staging", "eqiad", "codfw"):
        then |= {tuple(place): text for place, text in state_at(wikimedia, JUNE.begins, environment).items()}
    assert now() == then

    ended = set(Installation.objects.exclude(until=None).values_list("pk", "until"))
    second = apply(wikimedia, actor=actor)
    assert second.refused == []
    assert now() == {tuple(row.place): row.version for row in wikimedia.installations}
    assert Installation.objects.count() == 2342
    assert ended <= set(Installation.objects.values_list("pk", "until")), "the past is not written again"
    assert apply(wikimedia, actor=actor).changed == 0
