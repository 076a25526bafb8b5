"""Write the feeds and sitemaps of the demo sites. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime
from xml.sax.saxutils import escape

from pipelines.demo.articles import Report
from pipelines.demo.pages import opening, with_tracking
from pipelines.demo.sites import Announcement, DemoSite

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def rss(site: DemoSite, channel: Announcement, reports: Sequence[Report], root: str) -> str:
    """Return RSS 2.0 as a blog engine writes it: opaque guid, summary, author in ``dc:creator``."""
    items = []
    for report in reports[: channel.newest]:
        creator = f"<dc:creator>{escape(report.byline)}</dc:creator>" if report.byline else ""
        items.append(
            f"<item><title>{escape(report.title)}</title>"
            f"<link>{escape(root + with_tracking(site.path(report), channel.tracking))}</link>{creator}"
            f"<pubDate>{format_datetime(report.date)}</pubDate>"
            f'<guid isPermaLink="false">{site.id}:{escape(report.slug)}</guid>'
            f"<description>{escape(opening(report))}</description></item>"
        )
    return (
        f'{_XML}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{escape(site.name)}</title><link>{root}/</link>"
        f'<atom:link href="{root}{channel.path}" rel="self" type="application/rss+xml"/>'
        f"<description>{escape(site.tagline)}</description><language>en-GB</language>"
        f"{''.join(items)}</channel></rss>"
    )


def atom(site: DemoSite, channel: Announcement, reports: Sequence[Report], root: str) -> str:
    """Return Atom (RFC 4287) with tag URIs as ids."""
    entries = []
    for report in reports[: channel.newest]:
        author = f"<author><name>{escape(report.byline)}</name></author>" if report.byline else ""
        entries.append(
            f"<entry><title>{escape(report.title)}</title>"
            f"<id>tag:{site.id}.example,2026:{escape(report.slug)}</id>"
            f'<link rel="alternate" type="text/html" href="{escape(root + site.path(report))}"/>{author}'
            f"<published>{report.date.isoformat()}</published>"
            f"<updated>{report.changed_at.isoformat()}</updated>"
            f"<summary>{escape(opening(report))}</summary></entry>"
        )
    newest = max(report.changed_at for report in reports)
    return (
        f'{_XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB"><title>{escape(site.name)}</title>'
        f"<id>tag:{site.id}.example,2026:feed</id><updated>{newest.isoformat()}</updated>"
        f'<link rel="self" href="{root}{channel.path}"/><link rel="alternate" href="{root}/"/>'
        f"<author><name>{escape(site.name)}</name></author>{''.join(entries)}</feed>"
    )


def news_sitemap(site: DemoSite, channel: Announcement, reports: Sequence[Report], root: str) -> str:
    """Return a sitemap with Google News tags, and with AMP URLs if the site lists them."""
    rows = []
    for report in reports[: channel.newest]:
        variants = ("", *report.also) if channel.variants else ("",)
        rows += [_sitemap_row(site, report, root + site.path(report, variant)) for variant in variants]
    return (
        f'{_XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{"".join(rows)}</urlset>'
    )


def sitemap_index(channel: Announcement, reports: Sequence[Report], root: str) -> str:
    """Return a sitemap index that points to the site's one sitemap."""
    newest = max(report.changed_at for report in reports)
    return (
        f'{_XML}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>'
        f"<loc>{root}{channel.of}</loc><lastmod>{newest.isoformat()}</lastmod></sitemap></sitemapindex>"
    )


def _sitemap_row(site: DemoSite, report: Report, url: str) -> str:
    return (
        f"<url><loc>{escape(url)}</loc><lastmod>{report.changed_at.isoformat()}</lastmod>"
        f"<news:news><news:publication>"
        f"<news:name>{escape(site.name)}</news:name><news:language>en</news:language></news:publication>"
        f"<news:publication_date>{report.date.isoformat()}</news:publication_date>"
        f"<news:title>{escape(report.title)}</news:title></news:news></url>"
    )
