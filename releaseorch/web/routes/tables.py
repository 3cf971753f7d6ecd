"""Addresses of import and export of master data."""

from django.urls import path

from releaseorch.web.views import tables

urlpatterns = [
    path("settings/tables", tables.tables, name="tables"),
    path("settings/tables/download", tables.download, name="tables-download"),
    path("settings/tables/look", tables.look, name="tables-look"),
    path("settings/tables/import", tables.import_, name="tables-import"),
]
