"""What machines are told: readiness, figures; and whom forwarded headers are believed from."""

import json
import logging

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from releaseorch.core import logs, readiness, signs
from releaseorch.web import probe, proxies
from releaseorch.web.below import BelowAPath
from tests.characters import Cast
from tests.factories import House

BELOW = override_settings(BASE_URL="https://tools.example/releaseorch", ALLOWED_HOSTS=["tools.example"])
FORWARDED = {
    "HTTP_X_FORWARDED_FOR": "198.51.100.7",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_REQUEST_ID": "given-by-the-proxy",
}


def mirror(**headers: str) -> dict[str, str]:
    return Client().get("/probe/mirror", {"ticket": probe.ticket()}, **headers).json()


@pytest.mark.django_db
def test_ready_only_with_database_migrations_and_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().get("/readyz").json() == {"ok": True, "problems": []}
    MigrationRecorder(connection).record_unapplied("runs", "0001_initial")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer.json()["problems"] == [
        "1 migrations are missing, the first is runs.0001_initial. Run manage.py migrate."
    ]
    assert "migrate" in readiness.database_problem()


@pytest.mark.django_db
def test_not_ready_while_the_broker_is_away() -> None:
    from celery import current_app

    before = current_app.conf.broker_write_url
    current_app.conf.broker_write_url = "redis://127.0.0.1:1/0"
    try:
        assert "broker doesn't answer" in readiness.broker_problem()
    finally:
        current_app.conf.broker_write_url = before


@pytest.mark.django_db
def test_the_figures_are_closed_unless_a_token_or_an_address_opens_them(house: House) -> None:
    assert Client().get("/metrics").status_code == 403
    assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 403
    signs.of_the_housekeeper()
    with override_settings(METRICS_TOKEN="figures"):
        assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer wrong").status_code == 403
        told = Client().get("/metrics", HTTP_AUTHORIZATION="Bearer figures").content.decode()
    with override_settings(METRICS_FROM=("127.0.0.0/8",)):
        assert Client().get("/metrics").status_code == 200
        assert Client(REMOTE_ADDR="198.51.100.7").get("/metrics").status_code == 403
    assert "releaseorch_housekeeper_silent_seconds{host=" in told
    assert 'releaseorch_http_request_seconds_count{method="GET",status="403",view="metrics"}' in told
    for name in (
        "requests",
        "runs",
        "steps_need_decision",
        "outbox_oldest_seconds",
        "unsealed_oldest_seconds",
    ):
        assert f"# TYPE releaseorch_{name} gauge" in told


@override_settings(PROXIES=("10.1.0.0/16", "192.0.2.1"))
def test_only_a_named_proxy_is_believed() -> None:
    stranger = mirror(REMOTE_ADDR="203.0.113.5", **FORWARDED)
    assert (stranger["scheme"], stranger["client"]) == ("http", "203.0.113.5")
    assert stranger["request_id"] != "given-by-the-proxy"
    named = mirror(REMOTE_ADDR="10.1.2.3", **FORWARDED)
    assert (named["scheme"], named["client"]) == ("https", "198.51.100.7")
    assert named["request_id"] == "given-by-the-proxy"
    assert mirror(REMOTE_ADDR="", **FORWARDED)["scheme"] == "http"  # a unix socket must be named too
    with override_settings(PROXIES=("unix",)):
        assert mirror(REMOTE_ADDR="", **FORWARDED)["client"] == "198.51.100.7"


@override_settings(PROXIES=("10.1.0.0/16",))
@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the first was invented by the client
        ("198.51.100.7, 10.1.9.9", "198.51.100.7"),  # two proxies of ours
        ("2001:db8::5", "2001:db8::5"),
        ("unknown", "10.1.2.3"),
        ("198.51.100.7, <script>", "10.1.2.3"),
        ("", "10.1.2.3"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy(forwarded: str, client: str) -> None:
    assert proxies.client_of(forwarded, "10.1.2.3") == client


def test_nobody_without_a_ticket_learns_what_requests_look_like() -> None:
    for path in ("/probe/mirror", "/live/trial"):
        assert Client().get(path).status_code == 404
        assert Client().get(path, {"ticket": "doctor:x:y"}).status_code == 404
    assert Client().get("/live/trial", {"ticket": probe.ticket()}).status_code == 501  # not the event server


@pytest.mark.django_db
def test_below_a_path_every_address_carries_it_once(cast: Cast) -> None:
    with BELOW:
        client = Client(SERVER_NAME="tools.example")
        asked = client.get("/runs")
        assert asked["Location"] == "/releaseorch/login?next=%2Fruns"
        client.force_login(cast.release_manager, backend="django.contrib.auth.backends.ModelBackend")
        page = client.get("/me")
        text = page.content.decode()
        assert 'href="/releaseorch/runs"' in text and 'src="/releaseorch/static/js/live.js"' in text
        assert 'data-stream="/releaseorch/live/stream"' in text
        assert 'href="/runs"' not in text and "/releaseorch/releaseorch" not in text
        assert int(page["Content-Length"]) == len(page.content)
        bent = client.get("/runs?cursor=%00", HTTP_REFERER="http://tools.example/releaseorch/board")
        assert bent.status_code == 400 and 'href="/releaseorch/board"' in bent.content.decode()
        docs = client.get("/api/docs").content.decode()
        assert "openapi.yaml" in docs and "/api/openapi.yaml" not in docs.replace(
            "/releaseorch/api/openapi.yaml", ""
        )


def test_a_path_may_be_called_as_a_page_of_ours(rf: RequestFactory) -> None:
    with override_settings(BASE_URL="https://tools.example/releases", ALLOWED_HOSTS=["testserver"]):
        below = BelowAPath(lambda _request: HttpResponse())
        asked = rf.get("/releases/3")
        below.process_request(asked)
        whole = "http://testserver/releases/releases/3"
        told = [asked.build_absolute_uri(one) for one in (None, "/releases/3", "3", whole)]
        assert told == [whole] * 4
        ways = {
            "/releases/3": "/releases/releases/3",
            whole: whole,
            "https://else.example/3": "https://else.example/3",
        }
        for way, outside in ways.items():
            answer = below.process_response(asked, HttpResponse(headers={"Location": way}))
            assert answer["Location"] == outside


def test_a_log_line_says_what_it_belongs_to() -> None:
    record = logging.LogRecord("releaseorch.runs", logging.ERROR, __file__, 1, "step %s", (7,), None)
    with logs.about(run=3, attempt=9):
        told = json.loads(logs.Json().format(record))
        assert logs.Text().format(record).endswith("step 7 [run=3 attempt=9]")
    assert (told["level"], told["message"], told["run"], told["attempt"]) == ("error", "step 7", "3", "9")
    assert "run" not in json.loads(logs.Json().format(record))
    assert settings.PROXIES == ()
