"""What every operation of the OpenAPI document has in common: its refusals."""

from typing import Any

PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457); `reason` is for programs, `detail` for people.",
    "required": ["type", "title", "status", "reason", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "reason": {"type": "string"},
        "detail": {"type": "string"},
        "reasons": {"type": "array", "items": {"type": "string"}},
        "errors": {"type": "object", "additionalProperties": True},
    },
}
ANSWER = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
EVERYWHERE = {
    "401": "Nobody is logged in, or the token doesn't count.",
    "403": "This person or token may not; the reasons say who may.",
    "422": "A field or parameter can't be taken.",
}
OF_ONE = {"404": "There is nothing here, or it is outside of what you may see."}
OF_VERBS = {
    "400": "The body is not JSON as it is taken here.",
    "409": "Somebody else was first, or it was changed since.",
    "415": "The body is not application/json.",
}


# What a database's integer column holds; the bounds that the API itself demands are its serializers' to check.
BOUNDS = frozenset({2**31 - 1, -(2**31), 2**63 - 1, -(2**63)})


def without_bounds(part: Any) -> Any:
    """The same part of the document without the limits of one database, which another one doesn't have."""
    if isinstance(part, list):
        return [without_bounds(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {name: without_bounds(value) for name, value in part.items()}
    if found.get("type") == "integer":
        limits = [name for name in ("minimum", "maximum") if found.get(name) in BOUNDS]
        for name in [*limits, "format"]:
            found.pop(name, None)
    return found


def add_problems(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular: each operation says which refusals it knows."""
    result["components"]["schemas"] = without_bounds(result["components"]["schemas"])
    result["components"]["schemas"]["Problem"] = PROBLEM
    result["paths"] = without_bounds(result["paths"])
    # Over https the cookie's name has a prefix; the document is the same everywhere.
    result["components"]["securitySchemes"]["cookieAuth"]["name"] = "releaseorch"
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            refusals = EVERYWHERE | (OF_ONE if "{" in path else {}) | ({} if method == "get" else OF_VERBS)
            for code, why in refusals.items():
                operation["responses"].setdefault(code, {"description": why, "content": ANSWER})
    return result
