"""Pages as people use them: language, theme, keyboard, log-in, reading."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext, Site


def test_the_language_is_switched_and_kept(page: Page) -> None:
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_role("heading", level=1)).to_contain_text("진짜 클러스터에서")
    page.get_by_role("link", name="nginx 옆의 로그 전송 컨테이너").click()
    expect(page.get_by_role("heading", name="목표")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(re.compile("/labs/sidecar-logging$"))
    expect(page.get_by_role("heading", name="Goal")).to_be_visible()


def test_the_theme_follows_the_system_until_it_is_chosen(new_context: NewContext) -> None:
    page = new_context(color_scheme="dark").new_page()
    page.goto("/")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch between light and dark").click()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.goto("/status")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_the_content_is_one_key_away(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_an_administrator_logs_in_and_out_again(page: Page, site: Site) -> None:
    page.goto("/")
    page.get_by_role("link", name="Log in").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    expect(page.get_by_label("Name")).to_have_value("admin")
    expect(page.get_by_label("Password")).to_be_focused()
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("admin", exact=True)).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def test_code_is_copied_with_one_click(new_context: NewContext) -> None:
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/labs/sidecar-logging")
    frame = page.locator(".code-frame").filter(has_text="kubectl expose")
    frame.hover()
    frame.get_by_role("button", name="Copy").click()
    expect(frame.get_by_role("button")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("kubectl expose deployment nginx-with-sidecar --port=80\n")


def test_the_table_of_contents_leads_to_its_section(page: Page) -> None:
    page.goto("/labs/sidecar-logging")
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Steps").click()
    expect(page.get_by_role("heading", name="Steps")).to_be_in_viewport()


@pytest.mark.parametrize("reduced", ["reduce", "no-preference"])
def test_nothing_moves_for_those_who_asked_for_rest(
    new_context: NewContext, supervisor: object, reduced: str
) -> None:
    supervisor.say("preparing", {"engine": (0, 0, "")})  # type: ignore[attr-defined]
    page = new_context(reduced_motion=reduced).new_page()
    page.goto("/status")
    script = "document.getAnimations().filter(a => a.playState === 'running').length"
    expect(page.locator(".is-running .stage-mark")).to_be_visible()
    assert (page.evaluate(script) > 0) is (reduced == "no-preference")
