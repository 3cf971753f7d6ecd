"""Addresses of the noun board."""

from django.urls import path

from releaseorch.web.views import board

urlpatterns = [
    path("board", board.board, name="board"),
    path("board/approve", board.approve, name="board-approve"),
]
