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
    assert f'hx-get="/requests/{request.pk}/plan" hx-trigger="load"' in text
    assert (
        f'hx-get="/requests/{request.pk}/plan?all=1"'
        in client.get(f"/requests/{request.pk}?all=1").content.decode()
    )
    few = client.get(f"/requests/{request.pk}/plan").content.decode()
    assert f'href="/requests/{request.pk}/plan?all=1#plan-steps">All 12 steps</a>' in few
    every = client.get(f"/requests/{request.pk}/plan?all=1").content.decode()
    assert "all=1#plan" not in every
    assert (few.count('<td class="faint"'), every.count('<td class="faint"')) == (10, 12)


def test_the_plan_is_a_part_of_its_page_and_a_page_by_itself(house: House, door) -> None:
    request = request_in_state(house, R.SUBMITTED)
    client = door(house.cast.developer)
    part = client.get(f"/requests/{request.pk}/plan", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<section id="preview"') and "<html" not in part
    alone = client.get(f"/requests/{request.pk}/plan").content.decode()
    assert part in alone and f'<a href="/requests/{request.pk}">' in alone


def test_a_request_that_is_over_has_no_plan_any_more(house: House, door) -> None:
    request = request_in_state(house, R.WITHDRAWN)
    client = door(house.cast.developer)
    assert "/plan" not in client.get(f"/requests/{request.pk}").content.decode()
    assert "Nothing would be done any more." in client.get(f"/requests/{request.pk}/plan").content.decode()
