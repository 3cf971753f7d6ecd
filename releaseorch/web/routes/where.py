"""Addresses of what is where."""

from django.urls import path

from releaseorch.web.views import where

urlpatterns = [
    path("where", where.where, name="where"),
    path("where.csv", where.download, name="where-download"),
    path("where/<id:component>/<id:environment>", where.history, name="where-history"),
    path("where/<id:component>/<id:environment>/confirm", where.confirm, name="where-confirm"),
]
