"""An asynchronous executor: the server is told what to do, asked how far it is, and searched by the attempt's id."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from releaseorch.executors import outbound, template
from releaseorch.executors.base import (
    Cancelled,
    Context,
    EffectClass,
    Errored,
    Executor,
    Failed,
    Inputs,
    Result,
    Running,
    Unknown,
    delivered,
)
from releaseorch.executors.http import exchange
from releaseorch.executors.http.config import Request
from releaseorch.executors.redaction import RedactingSink

ASK_S, CONFIRM_S, POLL_S = 2.0, 0.2, 0.01
LOG_PIECE = 48 * 1024
_KNOWN_AS = re.compile(r"(job-[0-9]{1,9})@([0-9]{1,9})")
Job = dict[str, Any]


class JobExecutor(Executor):
    """The external id is the job's, and how much of its log was passed on: `job-7@120`."""

    kind: ClassVar[str] = "jobs"
    label: ClassVar[str] = "Job server"
    effect_class: ClassVar[EffectClass] = "B"
    capabilities: ClassVar[frozenset[str]] = frozenset({"secrets", "network"})
    config_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["server", "program"],
        "properties": {
            "server": {"title": "Address of the job server", "type": "string", "minLength": 1},
            "program": {"title": "Program", "type": "string", "minLength": 1},
            "words": {"title": "What it is told", "type": "string"},
        },
    }

    def plan(self, inputs: Inputs) -> str:
        return f"Run {inputs.config['program']} on {inputs.config['server']}"

    def start(self, context: Context) -> Result:
        try:
            told = template.render_tree(dict(context.config), context.parameters)
            body = {"key": context.attempt_id, "program": told["program"], "words": told.get("words", "")}
            status, job = ask(context, "POST", "/jobs", body)
        except (template.TemplateError, outbound.Refused, outbound.Unreachable) as problem:
            return Errored(str(problem))
        except exchange.BrokenOff:
            return Unknown("The server did not answer; it may have begun the job.")
        if status == 422:
            return Errored("The server has no such program.")
        return Running(f"{job['id']}@0", POLL_S) if status == 201 else Unknown("The server is confused.")

    def poll(self, context: Context, external_id: str) -> Result:
        return self._looked_at(context, external_id)

    def cancel(self, context: Context, external_id: str) -> Result:
        known = _KNOWN_AS.fullmatch(external_id)
        if known is None:
            return Unknown("The id of this attempt can't be read.")
        try:
            ask(context, "DELETE", f"/jobs/{known[1]}")
            end = time.monotonic() + CONFIRM_S
            while True:
                result = self._looked_at(context, external_id)
                if not isinstance(result, Running):
                    return result
                if time.monotonic() > end:
                    return Unknown("The server did not confirm that the job stopped.")
                external_id = result.external_id
                time.sleep(POLL_S)
        except (outbound.Unreachable, exchange.BrokenOff):
            return Unknown("The server did not answer; the job may still be at work.")

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        try:
            status, job = ask(context, "GET", f"/jobs?key={self.key_of(context)}")
        except (outbound.Unreachable, exchange.BrokenOff):
            return Unknown("The server can't be asked.")
        if status == 404:
            return Errored("The server never began this job.")
        return self._looked_at(context, external_id or f"{job['id']}@0")

    def _looked_at(self, context: Context, external_id: str) -> Result:
        known = _KNOWN_AS.fullmatch(external_id)
        if known is None:
            return Unknown("The id of this attempt can't be read.")
        try:
            status, job = ask(context, "GET", f"/jobs/{known[1]}")
        except (outbound.Unreachable, exchange.BrokenOff):
            return Running(external_id, POLL_S)  # says nothing about the job
        if status != 200 or job["key"] != context.attempt_id:
            return Unknown("The server doesn't know this job.")
        return self._as_it_stands(context, job, int(known[2]))

    def key_of(self, context: Context) -> str:
        return context.attempt_id

    def failed(self, job: Job) -> Result:
        return Failed("The job failed.")

    def _as_it_stands(self, context: Context, job: Job, passed_on: int) -> Result:
        is_over, log = job["state"] != "running", job["log"].encode()
        piece = log[passed_on:][:LOG_PIECE]
        if not is_over or len(piece) == LOG_PIECE:
            piece = piece[: piece.rfind(b"\n") + 1]  # a secret is not cut where the line isn't
        sink = RedactingSink(context.log, context.secrets)
        sink.write(piece)
        sink.close()
        if not is_over or passed_on + len(piece) < len(log):
            return Running(f"{job['id']}@{passed_on + len(piece)}", 0.0 if is_over else POLL_S)
        if job["state"] == "cancelled":
            return Cancelled()
        return delivered(context, {"job": job["id"]}) if job["state"] == "succeeded" else self.failed(job)


def ask(context: Context, method: str, path: str, content: Job | None = None) -> tuple[int, Job]:
    """Raises Refused or Unreachable when nothing was sent, BrokenOff when nobody knows what came of it."""
    server = template.render(context.config["server"], context.parameters)
    body = json.dumps(content).encode() if content is not None else b""
    headers = {"Content-Length": str(len(body)), "Authorization": context.secrets["token"].decode()}
    request = Request(method, outbound.parse(server + path), headers, body, ASK_S)
    answer = exchange.send(request, outbound.Guard("127.0.0.1:*"))
    return answer.status, json.loads(answer.body)
