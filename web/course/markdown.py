"""Markdown to HTML that is safe to show, whoever wrote it.

Two locks: the parser passes no HTML through, and what comes out is cleaned against a list of what
our texts need. A lab folder may come from somebody else.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = frozenset(
    {"a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre"}
    | {"strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}
)
ATTRIBUTES = {"a": {"href"}, "code": {"class"}, "h2": {"id"}, "ol": {"start"}}
LINKS = frozenset({"https", "http", "mailto"})

_parser = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Section:
    id: str
    title: str


@dataclass(frozen=True)
class RenderedText:
    html: SafeString
    sections: tuple[Section, ...]


@lru_cache(maxsize=256)
def render_markdown(text: str) -> RenderedText:
    tokens = _parser.parse(text)
    sections = tuple(_name_sections(tokens))
    html = nh3.clean(
        _parser.renderer.render(tokens, _parser.options, {}),
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(LINKS),
        link_rel="noopener noreferrer",
    )
    # A wide block scrolls, and whoever has no mouse must be able to reach it.
    html = html.replace("<pre>", '<pre tabindex="0">')
    return RenderedText(html=mark_safe(html), sections=sections)  # noqa: S308 - cleaned above


def _name_sections(tokens: list[Token]) -> list[Section]:
    """Gives every second-level heading an id; numbers, because Korean makes long addresses."""
    sections: list[Section] = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            section = Section(
                id=f"section-{len(sections) + 1}", title=inline.content.replace("`", "")
            )
            opening.attrSet("id", section.id)
            sections.append(section)
    return sections
