"""An environment is retired when nothing holds it; then no form offers it, and its past stays."""

from datetime import timedelta

import pytest

from releaseorch.core import clock
from releaseorch.core.actor import SYSTEM
from releaseorch.core.errors import Conflict, DomainError
from releaseorch.delivery import services as delivery
from releaseorch.delivery.drafts import RequestChanges
from releaseorch.environments import inventory, queries, services
from releaseorch.environments.models import Environment
from releaseorch.environments.states import SourceKind
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


def retire(house: House) -> Environment:
    return services.retire_environment(
        actor=house.cast.administrator, environment=house.production, reason="Moved to the new hall."
    )


def test_what_holds_it_is_named(house: House, door) -> None:
    run = run_in_state(house, "approved")
    draft = request_in_state(house, "draft")
    services.create_reservation(
        actor=house.cast.qa, environment=house.production, expires_at=clock.now() + timedelta(hours=2),
        reason="Load test",
    )  # fmt: skip
    with pytest.raises(Conflict) as no:
        retire(house)
    held = (
        f"request #{draft.pk} (draft)",
        f"{run} leads to Production",
        "kept by Quinn Abara",
        "Load test. Give it back first.",
    )
    page = door(house.cast.administrator).get(f"/environments/{house.production.pk}").content.decode()
    for said in held:
        assert said in str(no.value) and said in page, said


def test_nothing_is_filed_or_set_up_for_it_and_its_past_stays(house: House, door) -> None:
    inventory.install(
        actor=SYSTEM, component=house.claims_web, environment=house.production, target=None,
        version=house.version(house.claims_web, "7.7.7"), source_kind=SourceKind.IMPORT, source_id=None,
        source_name="first import",
    )  # fmt: skip
    draft = delivery.create_request(
        actor=house.cast.developer, application=house.claims, environment=house.acceptance
    )
    retire(house)
    soon, admin = clock.now() + timedelta(hours=1), house.cast.administrator
    here = {"environment": house.production}
    for refused in (
        lambda: delivery.create_request(actor=house.cast.developer, application=house.claims, **here),
        lambda: delivery.edit_request(
            actor=house.cast.developer, request=draft, changes=RequestChanges(environment=house.production)
        ),
        lambda: services.create_reservation(actor=house.cast.qa, expires_at=soon, reason="Test", **here),
        lambda: services.create_freeze(
            actor=admin, starts_at=soon, ends_at=soon + timedelta(hours=1), reason="Feast", **here
        ),
        lambda: services.create_target(actor=admin, name="web-9", **here),
        lambda: services.create_connection(actor=admin, name="server", kind="shell", **here),
    ):
        with pytest.raises(DomainError, match="Production is retired"):
            refused()
    client = door(admin)
    for path in ("/requests/new", "/connections/new?kind=shell", "/freezes", "/environments", "/where"):
        assert "Production" not in client.get(path).content.decode(), path
    assert "Production" in client.get("/environments?retired=1").content.decode()
    page = client.get(f"/environments/{house.production.pk}").content.decode()
    assert "Moved to the new hall." in page and "7.7.7" in page and "Keep it for a while" not in page
    assert "7.7.7" in client.get(f"/where/{house.claims_web.pk}/{house.production.pk}").content.decode()
    before = queries.where_is_what(at=clock.now() - timedelta(minutes=1)).environments
    assert (house.production in before, house.production in queries.where_is_what().environments) == (
        True,
        False,
    )
