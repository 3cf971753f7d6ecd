"""A small job server: what it has said is on its disk, so that it may be killed at any moment and started again.

Called with a folder and a port. POST /jobs with a key begins a job, once however often it is sent; GET /jobs?key= finds
it; GET and DELETE /jobs/<id> read it and ask it to stop. Jobs that hadn't ended go on after a restart.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PROGRAMS = ("deploy", "break", "wait", "stubborn")
JOURNAL = "journal"
DIE_BEFORE_ANSWERING = "die-before-answering"
Job = dict[str, Any]


def read_journal(folder: Path) -> dict[str, Job]:
    """The jobs by id, as the disk has them; a line that was cut off counts as never written."""
    jobs: dict[str, Job] = {}
    path = folder / JOURNAL
    content = path.read_bytes() if path.exists() else b""
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        fact = json.loads(line)
        jobs.setdefault(fact["id"], {"log": "", "effects": 0, "is_asked_to_stop": False}).update(fact)
    return jobs


class Jobs:
    """Every change is written through to the disk before anybody hears of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_id = read_journal(folder)
        self._lock = threading.Lock()
        self._journal = (folder / JOURNAL).open("ab")
        self._journal.truncate((folder / JOURNAL).read_bytes().rfind(b"\n") + 1)
        for job_id, job in self.by_id.items():
            if job["state"] == "running":
                self._set_to_work(job_id)

    def begin(self, key: str, program: str, words: str, password: str) -> Job:
        with self._lock:
            found = self.of_key(key)
            if found is not None:
                return found
            job_id = f"job-{len(self.by_id) + 1}"
            log = f"signed in with {password}\n"
            job = {"id": job_id, "key": key, "program": program, "words": words, "log": log}
            self._note(job | {"effects": 0, "is_asked_to_stop": False, "state": "running"})
        self._set_to_work(job_id)
        return self.by_id[job_id]

    def of_key(self, key: str) -> Job | None:
        return next((job for job in self.by_id.values() if job["key"] == key), None)

    def change(self, job_id: str, **facts: Any) -> Job:
        with self._lock:
            self._note({"id": job_id, **facts})
            return self.by_id[job_id]

    def _note(self, fact: Job) -> None:
        self._journal.write(json.dumps(fact).encode() + b"\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())
        self.by_id.setdefault(fact["id"], {}).update(fact)

    def _set_to_work(self, job_id: str) -> None:
        threading.Thread(target=self._work, args=[job_id], daemon=True).start()

    def _work(self, job_id: str) -> None:
        job = self.by_id[job_id]
        if not job["effects"]:
            self.change(job_id, effects=1, log=job["log"] + job["words"] + "\n")
        if job["program"] in ("wait", "stubborn"):
            may_end = False
            while not may_end:
                may_end = (self.folder / f"{job_id}.go").exists()
                if job["is_asked_to_stop"] and job["program"] == "wait":
                    self.change(job_id, state="cancelled")
                    return
                time.sleep(0.005)
            self.change(job_id, effects=2)
        self.change(job_id, state="failed" if job["program"] == "break" else "succeeded")


class Handler(BaseHTTPRequestHandler):
    jobs: Jobs

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        password = self.headers.get("Authorization", "")
        if asked["program"] not in PROGRAMS:
            return self._answer(422, {"problem": "no such program"})
        job = self.jobs.begin(asked["key"], asked["program"], asked["words"], password)
        self._die_if_told()
        return self._answer(201, job)

    def do_GET(self) -> None:
        _path, _mark, key = self.path.partition("?key=")
        job = self.jobs.of_key(key) if key else self.jobs.by_id.get(self._job_id)
        self._answer(200, job) if job else self._answer(404, {"problem": "no such job"})

    def do_DELETE(self) -> None:
        job = self.jobs.by_id.get(self._job_id)
        if job is None:
            return self._answer(404, {"problem": "no such job"})
        self.jobs.change(self._job_id, is_asked_to_stop=True)
        self._die_if_told()
        return self._answer(202, job)  # asked, not yet stopped

    @property
    def _job_id(self) -> str:
        return self.path.removeprefix("/jobs/")

    def _die_if_told(self) -> None:
        if (sign := self.jobs.folder / DIE_BEFORE_ANSWERING).exists():
            sign.unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    def _answer(self, status: int, content: Job) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # Whoever starts it again keeps the port meanwhile, by a socket that listens to nobody.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(self.server_address)


def serve(folder: Path, port: int) -> None:
    Handler.jobs = Jobs(folder)
    server = Server(("127.0.0.1", port), Handler)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.02)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
