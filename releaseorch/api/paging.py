"""Pages of lists by key, so that page 1,000 costs as much as page 1 and nothing is shown twice."""

from rest_framework.pagination import CursorPagination


class Keyset(CursorPagination):
    """Newest first by id; `?limit=` up to 200, `?cursor=` from the links `next` and `previous`."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
