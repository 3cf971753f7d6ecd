"""Addresses of environments, their targets and placements, of what is kept there, and of freezes."""

from django.urls import path

from releaseorch.web.views import environment_forms, environments, freezes, reservations

urlpatterns = [
    path("environments", environments.environments, name="environments"),
    path("environments/new", environment_forms.create, name="environment-create"),
    path("environments/compare", environments.compare, name="environment-compare"),
    path("environments/<id:pk>", environments.environment, name="environment"),
    path("environments/<id:pk>/edit", environment_forms.edit, name="environment-edit"),
    path("environments/<id:pk>/retire", environment_forms.retire, name="environment-retire"),
    path("environments/<id:pk>/restore", environment_forms.restore, name="environment-restore"),
    path("targets/new", environment_forms.create_target, name="target-create"),
    path("targets/<id:pk>/edit", environment_forms.edit_target, name="target-edit"),
    path("targets/<id:pk>/retire", environment_forms.retire_target, name="target-retire"),
    path("placements/new", environment_forms.create_placement, name="placement-create"),
    path("placements/<id:pk>/edit", environment_forms.edit_placement, name="placement-edit"),
    path("placements/<id:pk>/remove", environment_forms.remove_placement, name="placement-remove"),
    path("reservations/create", reservations.create, name="reservation-create"),
    path("reservations/<id:pk>/extend", reservations.extend, name="reservation-extend"),
    path("reservations/<id:pk>/release", reservations.release, name="reservation-release"),
    path("freezes", freezes.freezes, name="freezes"),
    path("freezes/create", freezes.create, name="freeze-create"),
    path("freezes/<id:pk>/edit", freezes.edit, name="freeze-edit"),
    path("freezes/<id:pk>/lift", freezes.lift, name="freeze-lift"),
]
