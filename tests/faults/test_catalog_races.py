"""Eight processes at the same moment on master data: one name, one edit, nothing filed for what was retired."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application, Procedure
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments.models import Environment
from tests.factories import ApplicationFactory, House
from tests.faults import catalog_contestants as contestants
from tests.races import RACERS, Finish, Racers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 3


def winners(finishes: list[Finish]) -> list[object]:
    return [finish.value for finish in finishes if finish.value]


def test_a_name_in_eight_spellings_is_one_application(house: House, racers: Racers) -> None:
    team, manager = house.cast.billing.pk, house.cast.release_manager.pk
    for number in range(ROUNDS):
        spellings = [
            f"Fleet {number}",
            f"FLEET {number}",
            f"fleet\u00ad {number}",
            f"Ｆｌｅｅｔ {number}",
        ] * 2
        finishes = racers.race(contestants.make, [(name, team, manager) for name in spellings])
        assert len(winners(finishes)) == 1
        assert Application.objects.filter(name_key=f"fleet {number}").count() == 1
        assert all("There is an application" in one.refused for one in finishes if one.refused)


def test_of_eight_edits_of_one_picture_one_counts(house: House, racers: Racers) -> None:
    for number in range(ROUNDS):
        racing = [
            (house.claims.pk, house.cast.release_manager.pk, number + 1, f"ext. {number}-{racer}")
            for racer in range(RACERS)
        ]
        (contact,) = winners(racers.race(contestants.edit, racing))
        assert Application.objects.get(pk=house.claims.pk).contact == contact
        assert Event.objects.filter(verb="application.edited").count() == number + 1


def test_what_is_retired_and_filed_for_at_once_is_one_of_the_two(house: House, racers: Racers) -> None:
    manager = house.cast.release_manager.pk
    for _round in range(ROUNDS):
        application = ApplicationFactory(team=house.cast.claims)
        racing = [
            (application.pk, manager, what, house.production.pk)
            for what in ["retire", "file"] * (RACERS // 2)
        ]
        done = winners(racers.race(contestants.retire_or_file, racing))
        filed = DeploymentRequest.objects.filter(application=application).count()
        assert filed == done.count("file")
        assert Application.objects.get(pk=application.pk).is_retired == (filed == 0)


def test_nothing_is_set_up_once_the_environment_is_retired(house: House, racers: Racers) -> None:
    person = house.cast.administrator.pk
    for number in range(ROUNDS):
        environment = Environment.objects.create(name=f"Hall {number}", slug=f"hall-{number}", rank=number)
        racing = [
            (environment.pk, person, f"server-{racer}" if racer % 2 else "retire") for racer in range(RACERS)
        ]
        done = winners(racers.race(contestants.retire_or_set_up, racing))
        assert done.count("retire") == 1
        retired = Event.objects.get(verb="environment.retired", subject_id=environment.pk)
        made = Event.objects.filter(verb="target.created", after={"environment": environment.name})
        assert made.count() == len(done) - 1
        assert not made.filter(pk__gt=retired.pk).exists()


def test_of_eight_next_versions_one_is_written(house: House, racers: Racers) -> None:
    procedure = Procedure.objects.get(name="service")
    racing = [(procedure.pk, house.cast.release_manager.pk, f"Look, {racer}") for racer in range(RACERS)]
    (title,) = winners(racers.race(contestants.write, racing))
    made = Procedure.objects.get(name="service", version=2)
    assert [step.title for step in made.steps.all()] == [title]
    assert not Procedure.objects.filter(name="service", version__gt=2).exists()
