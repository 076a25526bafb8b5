"""A digest as Markdown, plain text and self-contained HTML. Pure."""

from __future__ import annotations

import html
import re
import textwrap

from pipelines.export.digest.content import Digest
from pipelines.export.digest.outline import Line, Role, outline

TEXT_COLUMNS = 78  # of plain text in mails (RFC 5322, 2.1.1)

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_MARKDOWN_START = re.compile(r"^(\d+)([.)])|^([-+])", re.MULTILINE)
_MARKDOWN = {
    Role.TITLE: "# {}", Role.PERIOD: "*{}*", Role.SECTION: "## {}", Role.STORY: "### {}", Role.LEAD: "{}",
    Role.FACTS: "{}", Role.REPORT: "- {}", Role.SENTENCE: "> {}", Role.NOTE: "{}", Role.NOTHING: "{}",
}  # fmt: skip
_INDENT = {Role.LEAD: "  ", Role.FACTS: "  ", Role.REPORT: "  - ", Role.SENTENCE: "  > ", Role.NOTE: "  "}
_HTML = {
    Role.TITLE: ("h1", "font-size:22px;margin:0 0 4px"),
    Role.PERIOD: ("p", "color:#555;margin:0 0 16px"),
    Role.SECTION: ("h2", "font-size:17px;border-bottom:1px solid #bbb;margin:24px 0 8px;padding:0 0 4px"),
    Role.STORY: ("h3", "font-size:15px;margin:16px 0 4px"),
    Role.LEAD: ("p", "margin:0 0 4px"),
    Role.FACTS: ("p", "color:#555;font-size:13px;margin:0 0 4px"),
    Role.REPORT: ("p", "font-size:13px;margin:0 0 2px 16px"),
    Role.SENTENCE: ("p", "border-left:3px solid #bbb;margin:4px 0 4px 16px;padding:0 0 0 8px"),
    Role.NOTE: ("p", "font-style:italic;margin:0 0 4px"),
    Role.NOTHING: ("p", "color:#555;margin:0 0 8px"),
}
_FONT = "font-family:Georgia,'Times New Roman',serif;font-size:15px;line-height:1.4;color:#111"


def as_markdown(digest: Digest) -> str:
    """Return a digest as Markdown (CommonMark)."""
    blocks: list[str] = []
    before: Role | None = None
    for line in outline(digest):
        text = _markdown(line)
        if before is Role.REPORT and line.role is Role.REPORT:
            blocks[-1] += f"\n{text}"
        else:
            blocks.append(text)
        before = line.role
    return "\n\n".join(blocks) + "\n"


def _markdown(line: Line) -> str:
    text = escape_markdown(line.text)
    linked = f"[{text}]({_markdown_url(line.url)})" if line.url else text
    return _MARKDOWN[line.role].format(linked + escape_markdown(line.after))


def escape_markdown(text: str) -> str:
    """Return text that Markdown prints as it is."""
    escaped = _MARKDOWN_SPECIAL.sub(r"\\\1", text)
    return _MARKDOWN_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", escaped)


def _markdown_url(url: str | None) -> str:
    return re.sub(r"[\s()<>\\]", lambda match: f"%{ord(match[0]):02X}", url or "")


def as_text(digest: Digest) -> str:
    """Return a digest as plain text; words are never broken, URLs stand on lines of their own."""
    lines: list[str] = []
    for line in outline(digest):
        if line.role in (Role.SECTION, Role.STORY):
            lines.append("")
        first = _INDENT.get(line.role, "")
        rest = " " * len(first)
        wrapped = textwrap.wrap(
            line.text + line.after,
            TEXT_COLUMNS,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines += wrapped
        if line.role is Role.SECTION:
            lines.append("-" * min(TEXT_COLUMNS, len(line.text)))
        if line.url:
            lines.append(f"{rest or '  '}{line.url}")
    return "\n".join(lines) + "\n"


def as_html(digest: Digest) -> str:
    """Return a digest as one HTML page with inline styles only: mail programs drop style sheets."""
    lines = list(outline(digest))
    title = html.escape(lines[0].text)
    body = "\n".join(map(_html, lines))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n</head>\n"
        '<body style="margin:0;padding:16px;background:#fff">\n'
        f'<div style="max-width:680px;margin:0 auto;{_FONT}">\n'
        f"{body}\n</div>\n</body>\n</html>\n"
    )


def _html(line: Line) -> str:
    tag, style = _HTML[line.role]
    text = html.escape(line.text)
    if line.url:
        text = f'<a href="{html.escape(line.url)}" style="color:#1a4f8b">{text}</a>'
    return f'<{tag} style="{style}">{text}{html.escape(line.after)}</{tag}>'
