"""axe finds nothing, and no page scrolls sideways: every page, both languages, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import RESULTS, NewContext, Supervisor

PAGES = {
    "front": "/",
    "lab": "/labs/sidecar-logging",
    "status": "/status",
    "login": "/login",
    "not-found": "/nope",
}
WIDTHS = (1280, 768, 390)
COMPONENTS = [
    {"name": "etcd", "status": "running", "restarts": 0, "memory_bytes": 48 * 2**20},
    {"name": "kubelet", "status": "starting", "restarts": 1, "memory_bytes": 90 * 2**20},
    {
        "name": "controller-manager",
        "status": "backing_off",
        "restarts": 3,
        "memory_bytes": None,
        "last_exit": "killed by signal 9",
    },
]
IMAGES = [
    {"name": "docker.io/library/nginx:1.27", "kind": "stand-in", "purpose": "the web server"},
    {"name": "registry.k8s.io/pause:3.10", "kind": "own", "purpose": "holds a Pod's namespaces"},
]


@pytest.fixture(autouse=True)
def _busy_cluster(supervisor: Supervisor) -> None:
    supervisor.say(
        "preparing",
        {"engine": (43, 100, "k8s.io/kubernetes/cmd/kubelet"), "images": (3, 9, "mysql:5.7")},
        components=COMPONENTS,
        images=IMAGES,
        notes=["network_policy_not_enforced"],
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(
    new_context: NewContext, name: str, language: str, theme: str
) -> None:
    # axe is injected as a script, which our policy forbids; the policy has tests of its own.
    context = new_context(locale=language, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    page.goto(PAGES[name])
    if name == "status":
        expect(page.locator("[data-live-state]")).to_be_visible()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(
    new_context: NewContext, width: int, language: str, theme: str
) -> None:
    RESULTS.mkdir(exist_ok=True)
    context = new_context(
        locale=language, color_scheme=theme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    for name, path in PAGES.items():
        page.goto(path)
        if name == "status":
            expect(page.locator("[data-live-state]")).to_be_visible()
        file = RESULTS / f"{name}-{language}-{theme}-{width}.png"
        page.screenshot(path=file, full_page=True, animations="disabled")
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{name} is {overflow} px too wide"


def test_axe_would_notice(new_context: NewContext) -> None:
    page = new_context(bypass_csp=True).new_page()
    page.goto("/")
    page.add_style_tag(content="h1 { color: #ddd !important }")
    assert Axe().run(page).violations_count > 0
