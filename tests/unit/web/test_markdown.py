from html.parser import HTMLParser

import pytest

from web.course.markdown import TAGS, render_markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "<javascript:alert(1)>",
    '[x](https://a "onmouseover=alert(1)")',
    '[x](https://a" onmouseover="alert(1))',
    "`<script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "## <b onclick=alert(1)>x</b>",
    "| <script> |\n| --- |\n| <img src=x onerror=alert(1)> |",
    "<style>*{display:none}</style>",
    '<a href="https://a" style="position:fixed">x</a>',
    "<math><mtext></mtext><mglyph><style><img src onerror=alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '<form action="https://evil.example"><input name=password></form>',
    "\x00<script>alert(1)</script>",
]


ALLOWED = {"href", "rel", "id", "class", "start", "tabindex", "title"}


class Elements(HTMLParser):
    """What a browser would see: elements and their attributes, not text that looks like them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_harmless_html(text: str) -> None:
    for tag, attributes in Elements(render_markdown(text).html).found:
        assert tag in TAGS
        assert set(attributes) <= ALLOWED
        assert (attributes.get("href") or "https://").startswith(("https://", "mailto:"))


def test_the_forms_that_our_texts_use_survive() -> None:
    html = render_markdown(
        "## Goal\n\n1. **a** `b` [c](https://d.example/)\n\n"
        "| x |\n| --- |\n| y |\n\n```yaml\na: b\n```\n"
    ).html
    for part in (
        '<h2 id="section-1">Goal</h2>',
        "<strong>a</strong>",
        'href="https://d.example/"',
        'rel="noopener noreferrer"',
        "<td>y</td>",
        '<code class="language-yaml">a: b',
    ):
        assert part in html


def test_a_wide_block_can_be_reached_with_the_keyboard() -> None:
    assert '<pre tabindex="0">' in render_markdown("```\nlong\n```").html


def test_sections_are_listed_with_their_addresses() -> None:
    sections = render_markdown("## One\n\n### Sub\n\n## Two `x`\n").sections
    assert [(section.id, section.title) for section in sections] == [
        ("section-1", "One"),
        ("section-2", "Two x"),
    ]
