"""Addresses of steps, their attempts' logs and their evidence."""

from django.urls import path

from releaseorch.web.views import step_files, step_verbs, steps

urlpatterns = [
    path("steps/<id:pk>", steps.step, name="step"),
    path("steps/<id:pk>/take", step_verbs.take, name="step-take"),
    path("steps/<id:pk>/hand-back", step_verbs.hand_back, name="step-hand-back"),
    path("steps/<id:pk>/reassign", step_verbs.reassign, name="step-reassign"),
    path("steps/<id:pk>/done", step_verbs.done, name="step-done"),
    path("steps/<id:pk>/failed", step_verbs.failed, name="step-failed"),
    path("steps/<id:pk>/decide", step_verbs.decide, name="step-decide"),
    path("steps/<id:pk>/retry", step_verbs.retry, name="step-retry"),
    path("steps/<id:pk>/retry-from", step_verbs.retry_from, name="step-retry-from"),
    path("steps/<id:pk>/confirm", step_verbs.confirm, name="step-confirm"),
    path("steps/<id:pk>/decline", step_verbs.decline, name="step-decline"),
    path("steps/<id:pk>/review", step_verbs.review, name="step-review"),
    path("steps/<id:pk>/skip", step_verbs.skip, name="step-skip"),
    path("steps/<id:pk>/take-over", step_verbs.take_over, name="step-take-over"),
    path("steps/<id:pk>/mark-done", step_verbs.mark_done, name="step-mark-done"),
    path("steps/<id:pk>/mark-failed", step_verbs.mark_failed, name="step-mark-failed"),
    path("attempts/<id:pk>/log", step_files.log, name="attempt-log"),
    path("attempts/<id:pk>/lines", steps.lines, name="attempt-lines"),
    path("evidence/<id:pk>/file", step_files.evidence_file, name="evidence-file"),
]
