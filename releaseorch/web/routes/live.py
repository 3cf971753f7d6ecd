"""The address of the event stream."""

from django.urls import path

from releaseorch.web.views import live

urlpatterns = [path("live/stream", live.live_stream, name="live-stream")]
