"""Policies: what is asked for and by which of them, one with its versions, and the verbs on them."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releaseorch.accounts import policy as rights
from releaseorch.core.actions import Action, Field
from releaseorch.policies import queries, services, words
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.policies.queries import PolicyDetail
from releaseorch.web import inputs
from releaseorch.web.access import person_of
from releaseorch.web.forms.base import FormPage, form_page
from releaseorch.web.forms.policies import NewPolicyForm, PolicyForm
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

CRUMB = ("/policies", gettext_lazy("Policies"))


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """Whose consent is asked for, in words: now, later, and what was."""
    found = queries.policies()
    context = {
        "now": [_line(one) for one in found.now],
        "ahead": [_line(one) for one in found.ahead],
        "over": [_line(one) for one in found.over],
        "otherwise": words.otherwise(),
        "may_edit": not rights.why_not(person_of(request), "policy.edit"),
    }
    return render_page(request, "policies/list.html", context)


def _line(policy: ApprovalPolicy) -> tuple[ApprovalPolicy, str, list[str]]:
    return policy, services.where_of(policy), words.sentences_of(policy)


@require_safe
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    detail = _detail(pk)
    why_not = rights.why_not(person_of(request), "policy.edit")
    if not why_not and not detail.goes_on:
        why_not = _("This policy has ended. Make a new one of that name.")
    context = {
        "detail": detail,
        "policy": detail.policy,
        "where": services.where_of(detail.policy),
        "sentence": words.consent_of(detail.policy),
        "rules": [(words.rule_text(row), row) for row in detail.policy.rules.all()],
        "edit": Action(
            "edit", _("Change: make the next version"), reverse("policy-edit", args=[detail.newest.pk]),
            allowed=not why_not, why_not=why_not,
        ),
        "retire": _retire(detail, why_not),
        "bounced": bounced,
    }  # fmt: skip
    return render_page(request, "policies/detail.html", context)


def _retire(detail: PolicyDetail, why_not: str) -> Action:
    return Action(
        "retire", _("End it"), reverse("policy-retire", args=[detail.policy.pk]),
        allowed=not why_not, why_not=why_not, needs_reason=True,
        fields=(Field("valid_until", _("From"), kind="datetime-local", help=_("Left empty: from now on.")),),
        consequence=_("From then on it asks for nothing; what was approved stays approved."),
        version=detail.newest.version,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    me = person_of(request)
    rights.require(me, "policy.edit")
    page = FormPage(
        title=_("New policy"), button=_("Make the policy"), cancel=CRUMB[0], crumbs=[CRUMB],
        consequence=_("What is in approval then needs these slots and rules; what was approved stays approved."),
    )  # fmt: skip
    form = NewPolicyForm(request.POST or None)

    def save(_seen: int | None, values: Mapping[str, Any]) -> ApprovalPolicy:
        return services.create_policy(
            actor=me, name=values["name"], subject=Subject(values["subject"]), slots=form.slots, rules=form.rules or (),
            environment=values["environment"], application=values["application"],
            valid_from=values["valid_from"],
        )  # fmt: skip

    return form_page(request, form, page, save, back=_address, said=_("Made."))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    me, detail = person_of(request), _detail(pk)
    rights.require(me, "policy.edit")
    number = detail.newest.version + 1
    page = FormPage(
        title=_("Change %(policy)s") % {"policy": detail.policy},
        button=_("Save as version %(number)d") % {"number": number},
        cancel=_address(detail.policy), crumbs=[CRUMB, (_address(detail.policy), detail.policy.name)],
        consequence=_("What was approved stays approved; what is in approval then needs what is asked here."),
    )  # fmt: skip
    newest = detail.newest
    form = PolicyForm(
        request.POST or None, slots=services.drafts_of(newest),
        rules=services.rules_of(newest) if newest.subject == Subject.REQUEST else None,
    )  # fmt: skip

    def save(seen: int | None, values: Mapping[str, Any]) -> ApprovalPolicy:
        return services.edit_policy(
            actor=me, policy=detail.policy, slots=form.slots, rules=form.rules, reason=values["reason"],
            valid_from=values["valid_from"], seen=seen,
        )  # fmt: skip

    return form_page(
        request, form, page, save, back=_address, said=_("Saved."), version=detail.newest.version
    )


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    detail = _detail(pk)

    def call(seen: int | None) -> ApprovalPolicy:
        return services.retire_policy(
            actor=person_of(request), policy=detail.policy, reason=request.POST.get("reason", ""), seen=seen,
            valid_until=inputs.moment(request.POST, "valid_until"),
        )  # fmt: skip

    return perform(
        request, call, back=_address(detail.policy), said=_("Ended."), verb="retire",
        again=lambda bounced: _page(request, pk, bounced),
    )  # fmt: skip


def _detail(pk: int) -> PolicyDetail:
    detail = queries.policy_detail(pk)
    if detail is None:
        raise Http404
    return detail


def _address(policy: ApprovalPolicy) -> str:
    return reverse("policy", args=[policy.pk])
