"""What racers do with applications and procedures: each function is called in its own process, with ids only."""

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog import services
from releaseorch.catalog.models import Application, Procedure
from releaseorch.catalog.services import ProcedureStepDraft
from releaseorch.catalog.states import StepKind
from releaseorch.delivery import services as delivery
from releaseorch.environments import services as environments
from releaseorch.environments.models import Environment


def _person(pk: int) -> Person:
    return Person.objects.get(pk=pk)


def make(name: str, team_id: int, person_id: int) -> str:
    services.create_application(actor=_person(person_id), name=name, team=Team.objects.get(pk=team_id))
    return name


def edit(application_id: int, person_id: int, seen: int, contact: str) -> str:
    application = Application.objects.get(pk=application_id)
    services.edit_application(actor=_person(person_id), application=application, seen=seen, contact=contact)
    return contact


def retire_or_file(application_id: int, person_id: int, what: str, environment_id: int) -> str:
    application = Application.objects.get(pk=application_id)
    if what == "retire":
        services.retire_application(actor=_person(person_id), application=application, reason="In the race.")
    else:
        environment = Environment.objects.get(pk=environment_id)
        delivery.create_request(actor=_person(person_id), application=application, environment=environment)
    return what


def retire_or_set_up(environment_id: int, person_id: int, what: str) -> str:
    environment, person = Environment.objects.get(pk=environment_id), _person(person_id)
    if what == "retire":
        environments.retire_environment(actor=person, environment=environment, reason="In the race.")
    else:
        environments.create_target(actor=person, environment=environment, name=what)
    return what


def write(procedure_id: int, person_id: int, title: str) -> str:
    procedure = Procedure.objects.get(pk=procedure_id)
    step = ProcedureStepDraft(key="look", title=title, kind=StepKind.MANUAL)
    services.edit_procedure(actor=_person(person_id), procedure=procedure, steps=[step], seen=1)
    return title
