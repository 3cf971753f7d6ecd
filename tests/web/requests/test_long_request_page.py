"""A request with much around it shows the first of each part, says how many there are, and shows all on demand."""

from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.states import RequestState as R
from tests.factories import ComponentFactory, House, VersionFactory
from tests.histories import request_in_state


def test_the_newest_comments_are_shown_and_all_on_demand(house: House, door) -> None:
    request = request_in_state(house, R.SUBMITTED)
    for n in range(12):
        services.comment_request(actor=house.cast.developer, request=request, text=f"Word {n}.")
    client = door(house.cast.developer)
    text = client.get(f"/requests/{request.pk}").content.decode()
    assert "Word 11." in text and "Word 1." not in text
    assert text.index("Word 10.") < text.index("Word 11.")
    assert '<a class="push" href="?all=1#comments">From the beginning</a>' in text
    assert "In the audit" in text
    text = client.get(f"/requests/{request.pk}?all=1").content.decode()
    assert "Word 0." in text and "?all=1#comments" not in text


def test_every_component_stands_there_and_the_steps_of_its_plan_on_demand(house: House, door) -> None:
    versions = [VersionFactory(component=ComponentFactory(application=house.claims)) for _ in range(12)]
    items = [ItemDraft(component=one.component, version=one) for one in versions]
    request = request_in_state(house, R.SUBMITTED, items=items)
    client = door(house.cast.developer)
    text = client.get(f"/requests/{request.pk}").content.decode()
    change = text.partition('id="ftr"')[0]
    assert all(f"/components/{one.component_id}" in change for one in versions)
    assert "?all=1#plan-steps" in text
    assert "?all=1#plan-steps" not in client.get(f"/requests/{request.pk}?all=1").content.decode()
