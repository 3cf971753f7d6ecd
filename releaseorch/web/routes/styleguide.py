"""The address of the style guide."""

from django.urls import path

from releaseorch.web.views import styleguide

urlpatterns = [path("styleguide", styleguide.styleguide, name="styleguide")]
