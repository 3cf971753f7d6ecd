"""Connections: by name in each environment, opened by the worker alone, and a secret that shows up nowhere."""

import base64
import hashlib
import json
import logging
from pathlib import Path
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse

from releaseorch.audit.models import Event
from releaseorch.core.errors import Invalid
from releaseorch.delivery import plan_queries
from releaseorch.delivery import services as delivery
from releaseorch.environments import services
from releaseorch.environments.models import Connection, Environment
from releaseorch.executors.base import ConnectionRefused
from releaseorch.executors.http import connection as http
from releaseorch.executors.outbound import ALLOW_VARIABLE, Guard
from releaseorch.runs import engine
from releaseorch.runs import services as runs
from releaseorch.runs.models import Attempt, Step
from releaseorch.runs.states import AttemptState, StepState
from tests.api.conftest import program  # noqa: F401  (a fixture)
from tests.factories import House
from tests.histories import request_in_state
from tests.web.addresses import addresses

pytestmark = pytest.mark.django_db
ENDLESS = {"live-stream", "readyz"}  # a stream, and a probe that gives its connection to the database back
CANARY = 'canary "7f3a" / läuft & zählt'
# The script shows that it got the secret without saying it, then tries everything to spill it.
SPILL = """
import base64, hashlib, json, os, sys, urllib.parse
path = os.path.join(os.environ["RELEASEORCH_SECRETS_DIR"], "token")
secret = open(path, "rb").read()
print("digest", hashlib.sha256(secret).hexdigest(), oct(os.stat(path).st_mode & 0o777))
text = secret.decode()
print(text, json.dumps(text), urllib.parse.quote(text), base64.b64encode(secret).decode(), flush=True)
assert text not in " ".join([*sys.argv, *os.environ.values()])
with open(os.environ["RELEASEORCH_OUTPUTS"], "w") as out:
    print("url=https://x.example/?token=" + text, file=out)
"""


def connect(
    house: House, environment: Environment | None = None, kind: str = "shell", **config: object
) -> Connection:
    return services.create_connection(
        actor=house.cast.administrator, environment=environment or house.production, name="server", kind=kind,
        config=config,
    )  # fmt: skip


def deploy_by(house: House, *argv: str) -> None:
    house.claims_web.procedure.steps.update(connection="server", parameters={"argv": list(argv)})


def first_step(house: House) -> Step:
    run = delivery.compose_run(
        actor=house.cast.release_manager, requests=[request_in_state(house, "approved")]
    )
    delivery.propose_run(actor=house.cast.release_manager, run=run)
    delivery.approve_run(actor=house.cast.second_manager, run=run)
    runs.start_run(actor=house.cast.operator, run=run)
    return Step.objects.get(run=run, state=StepState.READY, executor="shell")


def forms_of(secret: str) -> list[str]:
    return [secret, json.dumps(secret)[1:-1], quote(secret), base64.b64encode(secret.encode()).decode()]


def read(answer: HttpResponse | StreamingHttpResponse) -> str:
    return answer.getvalue().decode(errors="replace")


def everything_stored() -> str:
    rows = []
    for model in apps.get_models():
        for row in model._base_manager.values_list():
            rows += [bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for v in row]
    files = [
        path for path in Path(settings.STATE_DIR).rglob("*") if path.is_file() and "sqlite" not in path.name
    ]
    return "\n".join([*rows, *(path.read_bytes().decode("latin-1") for path in files)])


def test_a_secret_reaches_the_child_by_a_file_and_shows_up_nowhere(
    house: House,
    door,
    program,  # noqa: F811
    caplog,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "django.template")  # below, a record for each name that a page tries
    row = connect(house)
    api = program(house.cast.administrator, "settings:write")
    said = api.post(
        f"/api/v1/connections/{row.pk}/set-secret", {"name": "token", "secret": CANARY}, format="json",
        headers={"Idempotency-Key": "once"},
    )  # fmt: skip
    assert said.status_code == 200 and [one["name"] for one in said.json()["secrets"]] == ["token"]
    deploy_by(house, "python3", "-c", SPILL)
    step = first_step(house)
    engine.run_step(step.pk, step.token)
    attempt = Attempt.objects.get(step=step)
    log = b"".join(bytes(chunk.data) for chunk in attempt.chunks.order_by("offset")).decode()
    assert attempt.state == AttemptState.SUCCEEDED, (attempt.reason, log)
    assert f"digest {hashlib.sha256(CANARY.encode()).hexdigest()} 0o600" in log
    admin = door(house.cast.administrator)
    refused = admin.post(f"/connections/{row.pk}/set-secret", {"name": "not a name", "secret": CANARY})
    assert refused.status_code == 422
    pages = [read(admin.get(one.path)) for one in addresses() if one.name not in ENDLESS]
    haystack = "\n".join([everything_stored(), log, caplog.text, read(refused), *pages, str(said.json())])
    assert "https://x.example/?token=[secret]" in haystack
    assert [form for form in forms_of(CANARY) if form in haystack] == []


def test_the_plan_says_which_connection_is_missing_or_for_another_tool(house: House) -> None:
    deploy_by(house, "true")
    request = request_in_state(house, "approved")
    (block,) = plan_queries.preview_for_request(request).blocks
    assert "needs the connection server, which Production doesn't have" in block.sentence
    connect(house, house.acceptance)
    assert plan_queries.preview_for_request(request).blocks
    row = connect(house, kind="http", url="https://deploy.example/")
    (block,) = plan_queries.preview_for_request(request).blocks
    assert block.sentence == "The connection server of Production is for http, not for shell."
    Connection.objects.filter(pk=row.pk).update(kind="shell", config={})
    assert plan_queries.preview_for_request(request).blocks == []


def test_a_connection_taken_away_since_stops_the_step_before_anything_is_done(house: House) -> None:
    row = connect(house)
    deploy_by(house, "true")
    step = first_step(house)
    services.remove_connection(actor=house.cast.administrator, connection=row)
    engine.run_step(step.pk, step.token)
    attempt = Attempt.objects.get(step=step)
    assert attempt.state == AttemptState.ERRORED
    assert "Production has no connection server" in attempt.reason


def test_what_a_connection_says_is_under_what_the_step_says(house: House) -> None:
    connect(house, env={"APP_HOST": "one.example", "APP_PORT": "22"})
    deploy_by(house, "sh", "-c", 'test "$APP_HOST $APP_PORT" = "two.example 22"')
    for step in house.claims_web.procedure.steps.all():
        step.parameters = {**step.parameters, "env": {"APP_HOST": "two.example"}}
        step.save()
    step = first_step(house)
    engine.run_step(step.pk, step.token)
    assert Attempt.objects.get(step=step).state == AttemptState.SUCCEEDED


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://127.1/", "http://[::1]:8080/", "http://169.254.169.254/latest/", "http://10.0.0.8/",
     "ftp://files.example/", "https://user:word@deploy.example/", "https://deploy.example/?next="],
)  # fmt: skip
def test_an_address_that_no_step_may_go_to_is_refused_when_it_is_saved(
    house: House, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.delenv(ALLOW_VARIABLE, raising=False)
    with pytest.raises(Invalid) as no:
        connect(house, kind="http", url=url)
    assert list(no.value.fields) == ["config.url"]


def test_secrets_and_their_names_are_checked_without_being_repeated(house: House) -> None:
    row = connect(house)
    for name, secret in (
        ("a b", "long enough"),
        ("token", "abc"),
        ("token", " " * 9),
        ("token", "x" * 65_537),
    ):
        with pytest.raises(Invalid) as no:
            services.set_connection_secret(
                actor=house.cast.administrator, connection=row, name=name, secret=secret
            )
        assert secret not in str(no.value)
    with pytest.raises(Invalid, match="carries a secret"):
        connect(
            house,
            house.acceptance,
            "http",
            url="https://deploy.example/",
            headers={"Authorization": "Bearer x"},
        )


JOINED = {
    "/deploy/${deploy.id}": "https://deploy.example/api/deploy/${deploy.id}",
    "https://deploy.example/other": "https://deploy.example/other",
}
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "${where}/x",
    "https://deploy.example.evil/",
    "http://deploy.example/",
]


def test_a_secret_goes_to_the_host_of_its_connection_only() -> None:
    base = {"url": "https://deploy.example/api/", "secret_headers": {"Authorization": {"secret": "token"}}}
    for own, whole in JOINED.items():
        found = http.joined({"url": own, "headers": {"Accept": "*/*"}}, base)
        assert (found["url"], found["secret_headers"]) == (whole, base["secret_headers"])
    for own in ELSEWHERE:
        with pytest.raises(ConnectionRefused, match="must be a path"):
            http.joined({"url": own}, base)


def test_a_connection_that_leads_elsewhere_forgets_its_secrets_and_says_so_before(house: House, door) -> None:
    row = connect(house, kind="http", url="https://deploy.example/api")
    admin, address = door(house.cast.administrator), f"/connections/{row.pk}/edit"
    assert "secrets are forgotten" not in admin.get(address).content.decode()
    services.set_connection_secret(
        actor=house.cast.administrator, connection=row, name="token", secret="correct horse"
    )
    assert "its secrets are forgotten" in admin.get(address).content.decode()

    def lead_to(url: str) -> dict[str, bytes]:
        version = Connection.objects.get().row_version
        answer = admin.post(address, {"name": "server", "config_url": url, "version": version})
        assert answer.status_code == 303
        return services.connections.secrets_of(row)

    assert lead_to("https://DEPLOY.example:443/other") == {"token": b"correct horse"}
    assert not Event.objects.filter(verb="connection.secret_forgotten").exists()
    assert lead_to("https://deploy.example:8443/other") == {}
    forgotten = Event.objects.get(verb="connection.secret_forgotten")
    assert (forgotten.actor_id, forgotten.before) == (house.cast.administrator.pk, {"name": "token"})


def test_what_an_address_leads_to_is_looked_at_again() -> None:
    moved = Guard(lookup=lambda *_host: ["127.0.0.1"])
    assert (
        "leads to an address that is not open"
        in http.problems({"url": "https://deploy.example/"}, moved)["url"]
    )
