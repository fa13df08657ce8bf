"""Pages for what went wrong. They need no database and show no insides."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    del exception
    return _page(
        request,
        400,
        _("We could not understand this request"),
        _("Go back, reload the page and try again."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    del exception
    return _page(
        request,
        403,
        _("This page is not for you"),
        _("Log in as somebody who may see it, or ask your instructor."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    del reason
    return _page(
        request,
        403,
        _("This form is too old"),
        _("Go back, reload the page and send it again. Cookies must be allowed for this site."),
    )


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    del exception
    return _page(
        request,
        404,
        _("There is nothing at this address"),
        _("Look for a misspelling, or start from the list of labs."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        500,
        _("Something broke on our side"),
        _("It is not your fault and nothing of yours is lost. Try again in a moment."),
    )


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    context: dict[str, Any] = {"status": status, "title": title, "advice": advice}
    return render(request, "errors/page.html", context, status=status)
