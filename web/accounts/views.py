from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from web.accounts.forms import LogInForm
from web.accounts.models import User


class LogIn(LoginView):
    template_name = "accounts/login.html"
    form_class = LogInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Brings the person's language along, so that no page has to look it up again."""
        response = super().form_valid(form)
        if language := form.get_user().language:
            _remember(response, language)
        return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Sets the cookie, and keeps the choice with the person where one is logged in."""
    response = set_language(request)
    language = request.POST.get("language", "")
    if language in User.Language.values and request.user.is_authenticated:
        request.user.language = language
        request.user.save(update_fields=["language"])
    return response


def locked_out(request: HttpRequest, _response: HttpResponse, _credentials: Any) -> HttpResponse:
    """After too many wrong passwords (settings: AXES_…)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    response = render(request, "accounts/locked_out.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        samesite="Lax",
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )
