"""The status page follows the system without being reloaded."""

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewContext, Site, Supervisor, wait_until

ETCD = {"name": "etcd", "status": "running", "restarts": 0, "memory_bytes": 48 * 2**20}
NGINX = {"name": "docker.io/library/nginx:1.27", "kind": "stand-in", "purpose": "the web server"}


def open_status(page: Page) -> None:
    page.goto("/status")
    # Lost when the page is loaded again, which must not happen.
    page.evaluate("window.sameDocument = true")
    expect(page.locator("[data-live-state]")).to_have_text("live")


def assert_never_reloaded(page: Page) -> None:
    assert page.evaluate("window.sameDocument") is True


def test_the_preparation_of_the_cluster_moves_before_the_readers_eyes(
    page: Page, supervisor: Supervisor
) -> None:
    open_status(page)
    expect(page.locator("#cluster-card")).to_contain_text("has not been started yet")
    expect(page.locator("#cluster-card")).to_contain_text("manage.py cluster up")

    supervisor.say("preparing", {"sources": (0, 0, "")})
    sources = page.get_by_role("progressbar", name="Sources")
    expect(sources).to_be_visible()
    assert sources.get_attribute("value") is None
    expect(page.locator("#stage-sources")).to_contain_text("downloading")

    supervisor.say("preparing", {"engine": (43, 100, "k8s.io/kubernetes/cmd/kubelet")})
    engine = page.get_by_role("progressbar", name="Kubernetes itself")
    expect(engine).to_have_attribute("aria-valuenow", "43")
    expect(page.locator("#stage-engine-words")).to_have_text("compiling 43 %")
    expect(page.locator("#stage-sources")).to_contain_text("done")
    expect(page.locator("#headline")).to_contain_text("compiling 43 %")

    supervisor.say("preparing", {"engine": (97, 100, ""), "images": (3, 9, "mysql:5.7")})
    expect(engine).to_have_attribute("aria-valuenow", "97")
    expect(page.locator("#stage-images-words")).to_have_text("building images 3/9")

    supervisor.say("starting", {"control-plane": (0, 0, "etcd")})
    expect(page.locator("#cluster-card")).to_contain_text("The cluster is starting")

    supervisor.say(
        "ready", {}, components=[ETCD], images=[NGINX], notes=["network_policy_not_enforced"]
    )
    expect(page.locator("#headline")).to_contain_text("Everything is ready.")
    expect(page.locator("#component-etcd")).to_contain_text("48 MiB")
    expect(page.locator("#cluster")).to_contain_text("stand-in")
    expect(page.locator("#cluster")).to_contain_text("not enforced")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert_never_reloaded(page)


def test_a_component_that_was_killed_is_seen_coming_back(
    page: Page, supervisor: Supervisor
) -> None:
    supervisor.say("ready", {}, components=[ETCD])
    open_status(page)
    killed = {**ETCD, "status": "backing_off", "restarts": 1, "last_exit": "killed by signal 9"}
    supervisor.say("degraded", {}, components=[killed])
    row = page.locator("#component-etcd")
    expect(row).to_contain_text("waits before the next start")
    expect(row).to_contain_text("killed by signal 9")
    supervisor.say("ready", {}, components=[{**ETCD, "restarts": 1}])
    expect(row).to_contain_text("running")
    assert_never_reloaded(page)


def test_a_failure_comes_with_what_to_do(page: Page, supervisor: Supervisor) -> None:
    open_status(page)
    error = {"code": "disk_full", "message": "2.1 GB are free.", "help": "Free 5 GB, then retry."}
    supervisor.say("failed", {}, error=error)
    expect(page.locator("#trouble")).to_contain_text("too little room on the disk")
    expect(page.locator("#trouble")).to_contain_text("2.1 GB are free.")
    expect(page.locator("#trouble")).to_contain_text("Free 5 GB, then retry.")


def test_a_worker_that_stops_is_missed_and_welcomed_back(page: Page, site: Site) -> None:
    open_status(page)
    workers = page.locator("#part-workers")
    expect(workers).to_contain_text("1 worker is running.")
    site.stop("worker")
    try:
        expect(workers.locator(".state")).not_to_have_text("running", timeout=20_000)
    finally:
        site.start("worker")
    expect(workers).to_contain_text("1 worker is running.", timeout=30_000)
    assert_never_reloaded(page)


def test_the_page_finds_back_to_a_site_that_was_restarted(
    page: Page, site: Site, supervisor: Supervisor
) -> None:
    open_status(page)
    live = page.locator("[data-live-state]")
    site.stop("web")
    try:
        expect(live).to_have_text("connection lost, trying again", timeout=15_000)
    finally:
        site.start("web")
        wait_until(site.ready, "the site")
    expect(live).to_have_text("live", timeout=40_000)
    supervisor.say("preparing", {"images": (4, 9, "")})
    expect(page.locator("#stage-images-words")).to_have_text("building images 4/9")
    assert_never_reloaded(page)


def test_where_streams_are_cut_the_page_asks_instead(page: Page, supervisor: Supervisor) -> None:
    def cut(route: Route) -> None:
        route.fulfill(status=502, body="a proxy that knows no streams")

    page.route("**/status/events*", cut)
    page.goto("/status")
    expect(page.locator("[data-live-state]")).to_have_text("asks every few seconds")
    supervisor.say("preparing", {"images": (5, 9, "")})
    expect(page.locator("#stage-images-words")).to_have_text("building images 5/9")


def test_without_javascript_the_page_shows_the_same(
    new_context: NewContext, supervisor: Supervisor
) -> None:
    supervisor.say("preparing", {"engine": (43, 100, "")})
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/status")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "43")
    supervisor.say("preparing", {"engine": (60, 100, "")})
    expect(page.locator("#stage-engine-words")).to_have_text("compiling 60 %", timeout=15_000)


def test_the_first_page_follows_until_all_is_ready(page: Page, supervisor: Supervisor) -> None:
    supervisor.say("preparing", {"engine": (43, 100, "")})
    page.goto("/")
    line = page.locator("[data-system-line]")
    expect(line).to_contain_text("compiling 43 %")
    supervisor.say("ready", {})
    expect(line).to_have_text("Everything is ready.")
