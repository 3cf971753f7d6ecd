"""Programs at the API's door, each with a token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import TestCase
from rest_framework.test import APIClient

from releaseorch.accounts import tokens
from releaseorch.accounts.models import Person

EVERYTHING = sorted(tokens.SCOPES)


class Program(APIClient):
    """Speaks JSON, expects JSON; what was put off until after commit happens after each call."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().generic(*args, **kwargs)

    def call(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.post(f"/api/v1/{path}", body or {}, format="json", headers=headers)

    def read(self, path: str, **query: Any) -> Any:
        return self.get(f"/api/v1/{path}", query)


Programs = Callable[..., Program]


@pytest.fixture
def program(db: None) -> Programs:
    def made(person: Person, *scopes: str) -> Program:
        _token, text = tokens.create_token(
            actor=person, person=person, name="test", scopes=list(scopes) or EVERYTHING, days=1
        )
        client = Program()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return client

    return made
