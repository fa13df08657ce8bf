from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from grader.selectors.labs import find_lab, list_labs
from grader.selectors.system import read_system_status
from web.course.markdown import render_markdown
from web.course.words import LabCard
from web.ops.words import say_system


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    labs = [LabCard.of(lab, _language()) for lab in list_labs()]
    system = say_system(read_system_status())
    return render(request, "course/front.html", {"labs": labs, "system": system})


@require_safe
def lab(request: HttpRequest, slug: str) -> HttpResponse:
    found = find_lab(slug)
    if found is None:
        raise Http404
    text = render_markdown(found.text(_language()))
    card = LabCard.of(found, _language())
    return render(request, "course/lab.html", {"lab": card, "text": text})


def _language() -> str:
    return get_language() or "en"
