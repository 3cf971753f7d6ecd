"""A process that starts a run, as a web process does: `python -m tests.faults.start_a_run PERSON RUN`."""

import sys

import django


def main() -> None:
    django.setup()
    from releaseorch.accounts.models import Person  # needs the apps
    from releaseorch.runs import services
    from releaseorch.runs.models import DeploymentRun

    person, run = map(int, sys.argv[1:])
    services.start_run(actor=Person.objects.get(pk=person), run=DeploymentRun.objects.get(pk=run))


if __name__ == "__main__":
    main()
