"""Addresses of the noun teams."""

from django.urls import path

from releaseorch.web.views import grants, teams

urlpatterns = [
    path("teams", teams.teams, name="teams"),
    path("teams/new", teams.create, name="team-create"),
    path("teams/<id:pk>", teams.team, name="team"),
    path("teams/<id:pk>/edit", teams.edit, name="team-edit"),
    path("teams/<id:pk>/add-member", teams.add_member, name="team-add-member"),
    path("teams/<id:pk>/remove-member", teams.remove_member, name="team-remove-member"),
    path("teams/<id:pk>/retire", teams.retire, name="team-retire"),
    path("teams/<id:pk>/grant", grants.to_team, name="team-grant"),
]
