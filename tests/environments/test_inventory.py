"""What is installed where: installed, uncertain, confirmed, gone; with its history."""

from datetime import timedelta

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation, Target
from tests.factories import House, place

RUN = {"source_kind": "run", "source_id": 7, "source_name": "Friday #7"}


def install(
    house: House, version: ComponentVersion, target: Target | None = None, **more: object
) -> Installation:
    return inventory.install(
        **{"actor": house.cast.robot, "component": house.claims_web, "environment": house.production,
           "target": target, "version": version, **RUN, **more}
    )  # fmt: skip


def place_of(house: House) -> dict[str, object]:
    return {"component": house.claims_web, "environment": house.production, "target": None}


def test_a_new_version_closes_the_row_before(house: House) -> None:
    old, new = house.version(house.claims_web, "2.0.0"), house.version(house.claims_web, "2.1.0")
    first = install(house, old)
    second = install(house, new)
    first.refresh_from_db()
    assert first.until == second.since
    assert [(row.version, row.source_name) for row in inventory.current()] == [(new, "Friday #7")]
    assert [row.version for row in inventory.history(house.claims_web, house.production)] == [new, old]
    assert [row.version for row in inventory.as_of(first.since)] == [old]
    event = Event.objects.filter(verb="inventory.changed").latest("id")
    assert (event.before, event.after) == ({"version": "2.0.0"}, {"version": "2.1.0"})


def test_the_same_version_again_changes_nothing(house: House) -> None:
    version = house.version(house.claims_web)
    assert install(house, version) == install(house, version)
    assert Event.objects.filter(verb="inventory.changed").count() == 1


def test_another_components_version_is_refused(house: House) -> None:
    with pytest.raises(Invalid, match=r"billing-api 2.0.0 is not a version of claims-web"):
        install(house, house.version(house.billing_api))
    assert not Installation.objects.exists()


def test_the_past_is_not_changed_behind_the_present(house: House) -> None:
    install(house, house.version(house.claims_web, "2.0.0"))
    with pytest.raises(Invalid, match=r"came later"):
        install(house, house.version(house.claims_web, "2.1.0"), at=clock.now() - timedelta(days=1))


def test_each_target_has_its_own_row(house: House) -> None:
    version, newer = house.version(house.claims_web, "2.0.0"), house.version(house.claims_web, "2.1.0")
    one, two = place(house.claims_web, house.production, "web-1", "web-2")
    install(house, version, one)
    install(house, version, two)
    install(house, newer, one)
    assert {row.target.name: row.version for row in inventory.current() if row.target} == {
        "web-1": newer, "web-2": version,
    }  # fmt: skip


def test_uncertain_until_somebody_says_what_is_there(house: House) -> None:
    cast = house.cast
    old, new = house.version(house.claims_web, "2.0.0"), house.version(house.claims_web, "2.1.0")
    install(house, old)
    row = inventory.mark_uncertain(actor=cast.robot, attempted=new, **place_of(house), **RUN)
    assert row is not None and (row.version, row.uncertain_with) == (old, new)
    again = inventory.mark_uncertain(actor=cast.robot, attempted=new, **place_of(house), **RUN)
    assert again == row
    with pytest.raises(NotAllowed):
        inventory.confirm(actor=cast.outsider, version=old, reason="I think so", **place_of(house))
    with pytest.raises(Invalid):
        inventory.confirm(actor=cast.operator, version=old, reason="", **place_of(house))
    inventory.confirm(actor=cast.operator, version=old, reason="The page shows 2.0.0.", **place_of(house))
    (now,) = inventory.current()
    assert (now.version, now.uncertain_with, now.source_kind, now.source_name) == (
        old,
        None,
        "hand",
        "Olga Petrova",
    )
    event = Event.objects.get(verb="inventory.confirmed")
    assert (event.before, event.after) == (
        {"version": "2.0.0", "uncertain_with": "2.1.0"}, {"version": "2.0.0"},
    )  # fmt: skip
    assert event.reason == "The page shows 2.0.0."


def test_what_changes_while_a_word_is_being_kept_is_not_overwritten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (house.version(house.claims_web, text) for text in ("2.0.0", "2.1.0"))
    drawn, read = install(house, old), inventory._open_row

    def and_a_run_was_faster(*where: object) -> Installation | None:
        monkeypatch.undo()
        install(house, new)
        return read(*where)  # type: ignore[arg-type]

    monkeypatch.setattr(inventory, "_open_row", and_a_run_was_faster)
    with pytest.raises(Conflict, match="changed since you opened this page"):
        inventory.confirm(
            actor=house.cast.operator, version=None, reason="It is gone", seen={drawn.pk}, **place_of(house)
        )


def test_installing_ends_the_uncertainty(house: House) -> None:
    new = house.version(house.claims_web, "2.1.0")
    inventory.mark_uncertain(actor=house.cast.robot, attempted=new, **place_of(house), **RUN)
    assert [(row.version, row.uncertain_with) for row in inventory.current()] == [(None, new)]
    install(house, new)
    assert [(row.version, row.uncertain_with) for row in inventory.current()] == [(new, None)]


def test_removed_or_confirmed_to_be_gone(house: House) -> None:
    version = house.version(house.claims_web)
    assert inventory.uninstall(actor=house.cast.robot, **place_of(house), **RUN) is None
    assert inventory.mark_uncertain(actor=house.cast.robot, attempted=None, **place_of(house), **RUN) is None
    install(house, version)
    inventory.uninstall(actor=house.cast.robot, **place_of(house), **RUN)
    assert inventory.current() == []
    install(house, version)
    assert (
        inventory.confirm(actor=house.cast.operator, version=None, reason="Nothing there", **place_of(house))
        is None
    )
    assert inventory.current() == []
    assert len(inventory.history(house.claims_web, house.production)) == 2


def test_a_removal_broken_off_is_uncertain(house: House) -> None:
    version = house.version(house.claims_web)
    install(house, version)
    row = inventory.mark_uncertain(actor=house.cast.robot, attempted=None, **place_of(house), **RUN)
    assert row is not None and (row.version, row.uncertain_with) == (version, version)


def test_a_clock_behind_the_others_still_closes_the_row(house: House) -> None:
    first = install(house, house.version(house.claims_web, "2.0.0"))
    with clock.at(first.since - timedelta(minutes=10)):
        second = install(house, house.version(house.claims_web, "2.1.0"))
    assert second.since == first.since
    assert [row.version for row in inventory.current()] == [second.version]
