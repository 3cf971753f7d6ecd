"""Addresses of people and of the roles that they have."""

from django.urls import path

from releaseorch.web.views import grants, leaving, passwords, people, robot_tokens

urlpatterns = [
    path("people", people.people, name="people"),
    path("people/new", people.create, name="person-create"),
    path("people/<id:pk>", people.person, name="person"),
    path("people/<id:pk>/edit", people.edit, name="person-edit"),
    path("people/<id:pk>/deactivate", leaving.deactivate, name="person-deactivate"),
    path("people/<id:pk>/reactivate", people.reactivate, name="person-reactivate"),
    path("people/<id:pk>/reset-password", people.reset_password, name="password-reset"),
    path("people/<id:pk>/reset-second-factor", people.reset_second_factor, name="person-reset-second-factor"),
    path("people/<id:pk>/unlink", people.unlink, name="person-unlink"),
    path("people/<id:pk>/grant", grants.to_person, name="person-grant"),
    path("people/<id:pk>/tokens/create", robot_tokens.create, name="robot-token-create"),
    path("people/<id:pk>/tokens/<id:token>/revoke", robot_tokens.revoke, name="robot-token-revoke"),
    path("roles", grants.roles, name="roles"),
    path("grants/<id:pk>/revoke", grants.revoke, name="grant-revoke"),
    path("set-password/<id:pk>/<str:ticket>", passwords.set_password, name="password-set"),
]
