"""OpenID providers for tests: a real one in a process of its own, and one that lies as it is told to."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

STARTED = re.compile(r"running on (http://127\.0\.0\.1:\d+)")
PATIENCE_S = 10


@contextmanager
def provider() -> Iterator[str]:
    """The address of the real one; clients must be registered, and ask with a nonce."""
    command = [sys.executable, "-u", "-m", "oidc_provider_mock", "--port", "0"]
    with subprocess.Popen(
        [*command, "--require-registration", "true", "--require-nonce", "true"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            found = next(filter(None, map(STARTED.search, process.stderr)))
            threading.Thread(target=process.stderr.read, daemon=True).start()  # or its log would block it
            yield found[1]
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def registered(issuer: str, callback: str, how: str = "post") -> dict[str, str]:
    """A client that may come back to `callback`, and shows its secret in this way."""
    asked = {"redirect_uris": [callback], "token_endpoint_auth_method": f"client_secret_{how}"}
    made: dict[str, str] = requests.post(f"{issuer}/oauth2/clients", json=asked, timeout=PATIENCE_S).json()
    return made


class Liar(BaseHTTPRequestHandler):
    """Whoever comes gets a token; `lies` change its claims, `answers` whole answers by path."""

    key: ClassVar[Any] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other_key: ClassVar[Any] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    lies: ClassVar[dict[str, Any]] = {}
    answers: ClassVar[dict[str, tuple[int, bytes]]] = {}
    nonce: ClassVar[str] = ""

    def do_GET(self) -> None:
        issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        found = {
            "/.well-known/openid-configuration": {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
                "userinfo_endpoint": f"{issuer}/userinfo",
            },
            "/jwks": {"keys": [jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)]},
            "/token": {"access_token": "x", "token_type": "Bearer", "id_token": self._token(issuer)},
        }
        status, body = self.answers.get(self.path, (200, json.dumps(found.get(self.path)).encode()))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def _token(self, issuer: str) -> str:
        now = int(time.time())
        claims = {
            "iss": issuer, "aud": "releaseorch", "sub": "s-1", "iat": now, "exp": now + 60, "nonce": self.nonce,
            "email": "dana.k@northfold.example", "email_verified": True,
        }  # fmt: skip
        claims |= {name: value for name, value in self.lies.items() if name in claims or name == "azp"}
        signed_by = self.other_key if "key" in self.lies else self.key
        if self.lies.get("alg"):
            return jwt.encode(claims, None, algorithm="none")
        return jwt.encode(claims, signed_by, algorithm="RS256")

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def liar() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
