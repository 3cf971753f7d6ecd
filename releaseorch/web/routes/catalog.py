"""Addresses of applications, components, procedures and versions."""

from django.urls import path

from releaseorch.web.views import applications, components, procedures, versions

urlpatterns = [
    path("applications", applications.applications, name="applications"),
    path("applications/new", applications.create, name="application-create"),
    path("applications/by-number/<id:pk>", applications.by_number, name="page-of-application"),
    path("applications/<slug:slug>", applications.application, name="application"),
    path("applications/<slug:slug>/edit", applications.edit, name="application-edit"),
    path("applications/<slug:slug>/retire", applications.retire, name="application-retire"),
    path("applications/<slug:slug>/restore", applications.restore, name="application-restore"),
    path("applications/<slug:slug>/components/new", components.create, name="component-create"),
    path("components/<id:pk>", components.component, name="component"),
    path("components/<id:pk>/edit", components.edit, name="component-edit"),
    path("components/<id:pk>/retire", components.retire, name="component-retire"),
    path("components/<id:pk>/restore", components.restore, name="component-restore"),
    path("components/<id:pk>/add-dependency", components.add_dependency, name="component-add-dependency"),
    path(
        "components/<id:pk>/remove-dependency",
        components.remove_dependency,
        name="component-remove-dependency",
    ),
    path("components/<id:pk>/versions/new", versions.register, name="version-register"),
    path("procedures", procedures.procedures, name="procedures"),
    path("procedures/new", procedures.create, name="procedure-create"),
    path("procedures/schema.json", procedures.schema, name="schema-of-procedures"),
    path("procedures/<id:pk>", procedures.procedure, name="procedure"),
    path("procedures/<id:pk>/edit", procedures.edit, name="procedure-edit"),
    path("versions/<id:pk>", versions.version, name="version"),
    path("versions/<id:pk>/block", versions.block, name="version-block"),
    path("versions/<id:pk>/unblock", versions.unblock, name="version-unblock"),
]
