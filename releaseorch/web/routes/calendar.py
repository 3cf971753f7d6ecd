"""The address of the calendar."""

from django.urls import path

from releaseorch.web.views import calendar

urlpatterns = [path("calendar", calendar.calendar, name="calendar")]
