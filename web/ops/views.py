from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grader.selectors.cluster_state import ClusterStatus
from grader.selectors.system import read_system_status
from web.ops.snapshot import known_language, render_snapshot
from web.ops.stream import PATH
from web.ops.words import say_system


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    system = say_system(read_system_status())
    return render(request, "ops/status.html", {"system": system, "stream": PATH})


@never_cache
@require_safe
def status_snapshot(_request: HttpRequest) -> HttpResponse:
    """For browsers whose stream is cut by something on the way."""
    snapshot = render_snapshot(read_system_status(), known_language(get_language()))
    return HttpResponse(snapshot.message, content_type="application/json")


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Browsers ask for it by this name where a page does not tell them better."""
    return redirect(static("public/icon.svg"))


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process lives; says nothing about anything else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Requests can be served: database and Redis answer. The rest is told, not judged."""
    system = read_system_status()
    body = {
        "status": "ok" if system.serves else "unavailable",
        "database": system.database,
        "redis": system.redis,
        "workers": system.workers,
        "scheduler": system.scheduler,
        "cluster": _cluster_word(system.cluster),
    }
    return JsonResponse(body, status=200 if system.serves else 503)


def _cluster_word(cluster: ClusterStatus) -> str:
    """For machines: ready | preparing(stage done/total) | none | failed(code)."""
    stage = cluster.current_stage
    match cluster.phase:
        case "ready" | "degraded" | "stopping":
            return cluster.phase
        case "preparing" | "starting":
            return f"preparing({stage.id} {stage.done}/{stage.total})" if stage else "preparing"
        case "none" | "off" | "stopped":
            return "none"
        case "failed" | "unreachable":
            return f"failed({cluster.error.code if cluster.error else cluster.phase})"
        case _:
            return f"failed({cluster.phase})"
