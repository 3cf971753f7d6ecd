"""Path converters, so that an address that can't be right is no address."""

from django.urls import register_converter

LARGEST_ID = 2**63 - 1


class IdConverter:
    """The id of a row as people say it: 1 … 2^63-1 without leading zeros; all else is a 404."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > LARGEST_ID:
            raise ValueError(value)
        return number

    def to_url(self, value: int | str) -> str:
        return str(value)


register_converter(IdConverter, "id")
