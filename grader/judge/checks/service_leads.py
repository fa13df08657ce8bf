"""The Service's port has ready endpoints, and each of them is a Pod of the workload, by uid."""

from grader.catalog.checks import ServiceLeads
from grader.evidence.reading import entries, mapping, number, text
from grader.evidence.views import Endpoint, Object, WorkloadView, endpoints, find_service
from grader.judge.case import Case
from grader.judge.verdict import Finding


def find(check: ServiceLeads, case: Case) -> Finding:
    gap = case.gap_of_kinds("Service", "EndpointSlice") or case.gap_of_workload(check.workload)
    workload = case.workload(check.workload)
    if gap or workload is None:
        return gap or case.workload_missing(check.workload)
    service = find_service(case.evidence, check.service)
    if service is None:
        params = {"service": check.service}
        missing = Finding("failed", "service_missing", params, case.kubectl("get", "services"))
        return case.gap_of_cuts("Service") or missing
    port = _port(service, check.port)
    if port is None:
        return _port_missing(service, check, case)
    found = [it for it in endpoints(case.evidence, check.service) if _port_name(port) in it.ports]
    finding = _judge(found, service, workload, check, case)
    return case.unless_settled(finding, case.matter_of(check))


def _judge(
    found: list[Endpoint], service: Object, workload: WorkloadView, check: ServiceLeads, case: Case
) -> Finding:
    ready = [it for it in found if it.ready]
    strangers = [it for it in ready if not _belongs(it, workload)]
    selector = mapping(service, "spec", "selector")
    params = {
        "service": check.service,
        "port": check.port,
        "workload": workload.name,
        "selector": ",".join(f"{key}={value}" for key, value in sorted(selector.items())),
        "endpoints": len(ready),
    }
    lines = tuple(_line(it, check) for it in found)
    command = case.kubectl(
        "get", "endpointslices", "-l", f"kubernetes.io/service-name={check.service}", "-o", "yaml"
    )
    if strangers:
        cut = case.gap_of_cuts("Pod", "ReplicaSet")
        if cut:
            return cut
        params |= {"stranger": strangers[0].pod_name or strangers[0].ip}
        return Finding("failed", "endpoints_foreign", params, command, lines)
    cut = case.gap_of_cuts("EndpointSlice")
    if cut:
        return cut
    if ready:
        return Finding("passed", "service_leads", params, command, lines)
    if found:
        return Finding("failed", "endpoints_unready", params, case.kubectl("get", "pods"), lines)
    command = case.kubectl("get", "pods", "--show-labels")
    nothing = f"service/{check.service}: selector {params['selector'] or 'none'}, no endpoints"
    return Finding("failed", "endpoints_missing", params, command, (nothing,))


def _belongs(endpoint: Endpoint, workload: WorkloadView) -> bool:
    """By uid and by address: what an EndpointSlice says of itself can be written by hand."""
    return any(endpoint.pod_uid == pod.uid and endpoint.ip in pod.ips for pod in workload.all_pods)


def _port(service: Object, number_wanted: int) -> Object | None:
    ports = entries(service, "spec", "ports")
    return next((it for it in ports if number(it, "port") == number_wanted), None)


def _port_name(port: Object) -> str:
    return text(port, "name")


def _port_missing(service: Object, check: ServiceLeads, case: Case) -> Finding:
    there = [number(it, "port") for it in entries(service, "spec", "ports")]
    ports = sorted(it for it in there if it is not None)
    return Finding(
        "failed",
        "port_not_offered",
        {"service": check.service, "port": check.port, "ports": ports},
        case.kubectl("get", "service", check.service),
        (f"service/{check.service}: spec.ports = {', '.join(map(str, ports)) or 'none'}",),
    )


def _line(endpoint: Endpoint, check: ServiceLeads) -> str:
    state = "ready" if endpoint.ready else "not ready"
    ports = ", ".join(str(port) for port in endpoint.ports.values())
    to = f"pod/{endpoint.pod_name}" if endpoint.pod_name else "no Pod"
    return f"service/{check.service} port {check.port} → {endpoint.ip}:{ports} ({to}), {state}"
