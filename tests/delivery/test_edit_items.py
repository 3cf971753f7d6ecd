"""Adding, removing and moving single lines of a request."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, ItemPlacement, RequestState
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def manual(title: str, anchor: int | None = None) -> ItemDraft:
    return ItemDraft(kind=ItemKind.MANUAL, title=title, placement=ItemPlacement.BEFORE, anchor=anchor)


def names(request: DeploymentRequest) -> list[str]:
    return [str(item) for item in request.items.select_related("component", "version__component")]


def test_a_line_is_added_at_the_end_or_at_a_position(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    services.add_item(actor=house.cast.developer, request=request, item=manual("Afterwards"))
    services.add_item(actor=house.cast.developer, request=request, item=manual("First", anchor=1), position=1)
    assert names(request) == ["First", "claims-web 2.0.0", "Afterwards"]
    assert str(request.items.get(title="First").anchor) == "claims-web 2.0.0"
    assert Event.objects.filter(verb="request.item_added").count() == 2


def test_a_line_that_cannot_be_deployed_is_not_added(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    with pytest.raises(Invalid, match="claims-web is in two lines"):
        services.add_item(
            actor=house.cast.developer, request=request,
            item=ItemDraft(component=house.claims_web, version=house.version(house.claims_web, "2.0.1")),
        )  # fmt: skip
    assert names(request) == ["claims-web 2.0.0"]


def test_without_its_line_a_manual_step_belongs_to_the_whole_request(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    services.add_item(actor=house.cast.developer, request=request, item=manual("Stop payouts", anchor=0))
    services.remove_item(
        actor=house.cast.developer, request=request, item=request.items.get(component=house.claims_web)
    )
    assert names(request) == ["Stop payouts"]
    assert request.items.get().anchor is None
    assert Event.objects.get(verb="request.item_removed").after["items"] == ["Stop payouts"]


@pytest.mark.parametrize(
    ("position", "order"), [(1, "cab"), (2, "acb"), (3, "abc"), (99, "abc"), (-5, "cab")]
)
def test_a_line_is_moved_and_keeps_its_row(house: House, position: int, order: str) -> None:
    request = request_in_state(house, RequestState.DRAFT, items=[manual(name) for name in "abc"])
    moved = request.items.get(title="c")
    services.move_item(actor=house.cast.developer, request=request, item=moved, position=position)
    assert "".join(names(request)) == order
    assert request.items.get(title="c").pk == moved.pk


def test_the_order_of_lines_is_content(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED, items=[manual("a"), manual("b")])
    services.move_item(
        actor=house.cast.developer, request=request, item=request.items.get(title="b"), position=1
    )
    assert request.state == RequestState.SUBMITTED


def test_a_line_that_is_gone_is_a_conflict(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT, items=[manual("a"), manual("b")])
    gone = request.items.get(title="a")
    services.remove_item(actor=house.cast.developer, request=request, item=gone)
    with pytest.raises(Conflict, match="no longer in the request"):
        services.remove_item(actor=house.cast.developer, request=request, item=gone)
