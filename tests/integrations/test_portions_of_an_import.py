"""An import writes in portions, so that nobody waits long for the database; one long past is never split."""

from releaseorch.integrations.sources.document import PlaceKey
from releaseorch.integrations.sources.ledger import Entry
from releaseorch.integrations.sources.past import PLACES_AT_ONCE, STAYS_AT_ONCE, portions


def places(count, stays):
    return {
        PlaceKey("app", f"component {number} of {stays}", "production"): Entry(
            "", {"stays": [[]] * stays}, ""
        )
        for number in range(count)
    }


def test_many_places_with_a_short_past_go_together():
    found = [len(some) for some in portions(places(2 * PLACES_AT_ONCE + 1, stays=1))]
    assert found == [PLACES_AT_ONCE, PLACES_AT_ONCE, 1]


def test_a_long_past_is_a_portion_of_its_own():
    todo = places(2, stays=10) | places(1, stays=3 * STAYS_AT_ONCE) | places(1, stays=20)
    found = [[len(entry.payload["stays"]) for entry in some.values()] for some in portions(todo)]
    assert found == [[10, 10], [3 * STAYS_AT_ONCE], [20]]


def test_nothing_is_no_portion():
    assert list(portions({})) == []
