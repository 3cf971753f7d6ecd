"""Logs of attempts: shown at their end, searched, downloaded as a file; closed where the application is restricted."""

import re
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from releaseorch.core import clock
from releaseorch.executors.shell.executor import ShellExecutor
from releaseorch.executors.shell.wrapper import write_atomically
from releaseorch.runs.models import Attempt
from tests.executors.shell_stage import scratch, status_of
from tests.executors.stage import context_for
from tests.factories import House
from tests.runs import builders


def attempt_of(house: House, *argv: str) -> Attempt:
    """One attempt of a step of claims-web that ran this command."""
    version = house.version(house.claims_web, "3.0.0")
    step = builders.installing("deploy", version, *argv)
    run = builders.running_run(house.cast.release_manager, step, environment=house.production)
    builders.carry_out(run, "deploy")
    return builders.last_attempt(run, "deploy")


def test_a_log_is_shown_searched_and_downloaded_whole(house: House, door) -> None:
    attempt = attempt_of(house, "sh", "-c", "seq 1 40000; echo '<img src=x onerror=alert(1)>'")
    client = door(house.cast.auditor)
    page = client.get(f"/steps/{attempt.step_id}").content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "the last lines" in page
    found = client.get(f"/steps/{attempt.step_id}?find=39999").content.decode()
    assert "39999  39999" in found
    assert "No line holds this." in client.get(f"/steps/{attempt.step_id}?find=zebra").content.decode()
    saved = client.get(f"/attempts/{attempt.pk}/log")
    text = b"".join(saved.streaming_content).decode()
    assert text == "".join(f"{n}\n" for n in range(1, 40001)) + "<img src=x onerror=alert(1)>\n"
    assert saved["Content-Type"] == "text/plain; charset=utf-8"
    assert saved["Content-Disposition"].startswith("attachment; filename=")
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert saved["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize("query", ["attempt=7", "attempt=99999999999999999999", "find=" + "x" * 1000])
def test_an_odd_address_is_no_failure(house: House, door, query: str) -> None:
    attempt = attempt_of(house, "echo", "hello")
    assert door(house.cast.auditor).get(f"/steps/{attempt.step_id}?{query}").status_code in {200, 400}


def test_logs_of_a_restricted_application_are_for_its_team_and_operators(house: House, door) -> None:
    house.claims.is_restricted = True
    house.claims.save()
    attempt = attempt_of(house, "sh", "-c", "printf very-%s private; exit 1")
    run, step = attempt.step.run_id, attempt.step_id
    for person in (house.cast.developer, house.cast.operator):
        client = door(person)
        assert "very-private" in client.get(f"/steps/{step}").content.decode()
        assert client.get(f"/attempts/{attempt.pk}/log").status_code == 200
    for person in (house.cast.other_developer, house.cast.release_manager, house.cast.auditor):
        client = door(person)
        for path in (f"/steps/{step}", f"/runs/{run}"):
            page = client.get(path).content.decode()
            assert "very-private" not in page
            assert "Ask Claims." in page
            assert "Needs a decision" in page
        refused = client.get(f"/attempts/{attempt.pk}/log")
        assert refused.status_code == 403
        assert "Ask Claims." in refused.content.decode()


def test_what_is_not_there_is_not_there(house: House, door) -> None:
    client = door(house.cast.operator)
    assert client.get("/attempts/1/log").status_code == 404
    assert client.get("/evidence/1/file").status_code == 404


def test_the_lines_of_an_attempt_are_fetched_again_only_while_it_runs(house: House, door) -> None:
    attempt = attempt_of(house, "echo", "hello there")
    client = door(house.cast.auditor)
    over = client.get(f"/attempts/{attempt.pk}/lines").content.decode()
    assert "hello there" in over
    assert "hx-get" not in over
    Attempt.objects.filter(pk=attempt.pk).update(state="running", ended_at=None)
    page = client.get(f"/steps/{attempt.step_id}").content.decode()
    assert f'hx-get="/attempts/{attempt.pk}/lines?seen=12" hx-trigger="every 600ms"' in page
    assert client.get(f"/attempts/{attempt.pk}/lines?seen=12").status_code == 204
    attempt.chunks.create(offset=12, data=b"and more\n")
    assert "and more" in client.get(f"/attempts/{attempt.pk}/lines?seen=12").content.decode()
    Attempt.objects.filter(pk=attempt.pk).update(state="succeeded", ended_at=clock.now())
    assert "hx-get" not in client.get(f"/attempts/{attempt.pk}/lines?seen=21").content.decode()
    Attempt.objects.filter(pk=attempt.pk).update(state="running", ended_at=None)
    house.claims.is_restricted = True
    house.claims.save()
    assert client.get(f"/attempts/{attempt.pk}/lines").status_code == 403


def test_what_an_old_script_prints_is_read_and_asked_for_within_a_second(
    house: House, door, tmp_path: Path
) -> None:
    attempt = attempt_of(house, "true")
    Attempt.objects.filter(pk=attempt.pk).update(state="running", ended_at=None)
    page = door(house.cast.auditor).get(f"/attempts/{attempt.pk}/lines").content.decode()
    asked_every = re.search(r'hx-trigger="every (\d+)ms"', page)
    assert asked_every
    context = context_for({"argv": ["sh", "-c", "until [ -e go ]; do sleep 0.02; done"]}, tmp_path)
    begun = ShellExecutor().start(context)
    status = status_of(context)
    write_atomically(
        context.work_dir / "wrapper.json", {**status, "started_at": status["started_at"] - 86_400}
    )
    polled = ShellExecutor().poll(context, begun.external_id)
    scratch(context, "go").touch()
    assert polled.next_poll_s + int(asked_every[1]) / 1000 < 1


@pytest.mark.parametrize("path", ["/attempts/{}/log", "/api/v1/attempts/{}/log"])
def test_a_log_is_sent_part_by_part_from_an_asgi_server_too(house: House, path: str) -> None:
    """An iterator that isn't asynchronous would be read whole there before its first part is sent."""
    attempt = attempt_of(house, "sh", "-c", "yes | head -c 1000000")
    client = AsyncClient()
    client.force_login(house.cast.auditor, backend="django.contrib.auth.backends.ModelBackend")

    async def parts() -> list[bytes]:
        answer = await client.get(path.format(attempt.pk))
        assert answer.is_async
        return [part async for part in answer.streaming_content]

    received = async_to_sync(parts)()
    assert len(received) > 1
    assert b"".join(received) == b"y\n" * 500_000
