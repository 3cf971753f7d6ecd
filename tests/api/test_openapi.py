"""The OpenAPI document is the one in docs, and it speaks of every route."""

from pathlib import Path

from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]


def document(tmp_path: Path) -> str:
    file = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    return file.read_text()


def routes(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern, path)
        elif isinstance(pattern, URLPattern):
            found.append(path)
    return found


def test_the_snapshot_is_true(tmp_path: Path) -> None:
    """When it isn't: `python manage.py spectacular --file docs/openapi.yaml`, and look at the difference."""
    assert document(tmp_path) == (ROOT / "docs" / "openapi.yaml").read_text()


def test_every_route_is_described() -> None:
    text = (ROOT / "docs" / "openapi.yaml").read_text()
    described = text.count("operationId:")
    viewsets = [path for path in routes(get_resolver()) if path.startswith("api/v1/")]
    assert viewsets
    assert described >= len(viewsets)
    for path in viewsets:
        fixed = (
            path.replace("^", "")
            .replace("\\Z", "")
            .replace("$", "")
            .replace("(?P<pk>[1-9][0-9]{0,17})", "{id}")
        )
        assert f"/{fixed}:" in text, path
