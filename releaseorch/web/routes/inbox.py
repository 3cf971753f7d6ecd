"""Addresses of the inbox, of the switches, and of the demo's mailbox."""

from django.urls import path

from releaseorch.web.views import demo_mail, inbox, notifications

urlpatterns = [
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/unread", inbox.unread, name="inbox-unread"),
    path("inbox/read-all", inbox.read_all, name="inbox-read-all"),
    path("inbox/<id:pk>/read", inbox.read, name="inbox-read"),
    path("me/notifications", notifications.switches, name="notifications"),
    path("me/notifications/set", notifications.set_switches, name="notifications-set"),
    path("demo/mail", demo_mail.mail, name="demo-mail"),
]
