"""Addresses of the noun runs."""

from django.urls import path

from releaseorch.web.views import plan_edits, run_verbs, runs

urlpatterns = [
    path("runs", runs.runs, name="runs"),
    path("runs/new", runs.new, name="run-new"),
    path("runs/<id:pk>", runs.run, name="run"),
    path("runs/<id:pk>/propose", run_verbs.propose, name="run-propose"),
    path("runs/<id:pk>/approve", run_verbs.approve, name="run-approve"),
    path("runs/<id:pk>/send-back", run_verbs.send_back, name="run-send-back"),
    path("runs/<id:pk>/reject", run_verbs.reject, name="run-reject"),
    path("runs/<id:pk>/unlock", run_verbs.unlock, name="run-unlock"),
    path("runs/<id:pk>/schedule", run_verbs.schedule, name="run-schedule"),
    path("runs/<id:pk>/start", run_verbs.start, name="run-start"),
    path("runs/<id:pk>/pause", run_verbs.pause, name="run-pause"),
    path("runs/<id:pk>/resume", run_verbs.resume, name="run-resume"),
    path("runs/<id:pk>/finish", run_verbs.finish, name="run-finish"),
    path("runs/<id:pk>/limit", run_verbs.limit, name="run-limit"),
    path("runs/<id:pk>/stop", run_verbs.stop, name="run-stop"),
    path("runs/<id:pk>/cancel", run_verbs.cancel, name="run-cancel"),
    path("runs/<id:pk>/comment", run_verbs.comment, name="run-comment"),
    path("runs/<id:pk>/take-out", run_verbs.take_out, name="run-take-out"),
    path("runs/<id:pk>/add-request", plan_edits.add_request, name="run-add-request"),
    path("runs/<id:pk>/fix-forward", plan_edits.fix_forward, name="run-fix-forward"),
    path("runs/<id:pk>/approve-change", run_verbs.approve_change, name="run-approve-change"),
    path("runs/<id:pk>/decline-change", run_verbs.decline_change, name="run-decline-change"),
    path("runs/<id:pk>/withdraw-change", run_verbs.withdraw_change, name="run-withdraw-change"),
    path("runs/<id:pk>/replan", plan_edits.replan, name="run-replan"),
    path("runs/<id:pk>/edit", plan_edits.edit, name="run-edit"),
    path("runs/<id:pk>/add-step", plan_edits.add_step, name="run-add-step"),
    path("runs/<id:pk>/remove-step", plan_edits.remove_step, name="run-remove-step"),
    path("runs/<id:pk>/move-step", plan_edits.move_step, name="run-move-step"),
    path("runs/<id:pk>/edit-step", plan_edits.edit_step, name="run-edit-step"),
    path("runs/<id:pk>/add-link", plan_edits.add_link, name="run-add-link"),
    path("runs/<id:pk>/remove-link", plan_edits.remove_link, name="run-remove-link"),
]
