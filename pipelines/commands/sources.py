"""``cuttings sources``: which sites are watched, how well they do, and how to add one."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import click

from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import Desk, OneOf, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, defuse_line, print_rows, print_text, say
from pipelines.config.settings import Config
from pipelines.config.source_file import add_sources, switch_source
from pipelines.errors import ConfigError
from pipelines.files import write_atomically
from pipelines.ingest.probe import SiteProbe, scout
from pipelines.operations.health import SourceHealth, check_sources
from scraper.client import Client
from scraper.errors import ScraperError
from scraper.models import ChannelKind, Source
from scraper.source_files import read_csv, read_opml, write_csv, write_opml

LIST_COLUMNS = (
    "id",
    "name",
    "kind",
    "enabled",
    "proven",
    "feeds",
    "sitemaps",
    "listings",
    "homepage",
    "note",
)
CHECK_COLUMNS = (
    "id", "verdict", "last_success", "articles", "per_week", "usual_per_week", "empty_share", "blocks_in_row",
)  # fmt: skip


class ListFormat(StrEnum):
    """A source list as a file."""

    OPML = "opml"
    CSV = "csv"


@click.group(help="List, add, check, switch, import and export sources.")
def sources() -> None:
    """The sources of the config."""


@sources.command("list", help="The sources of the config.")
@with_rows
@with_desk
def list_sources(desk: Desk, rows: RowFormat) -> None:
    """One row a source."""
    columns = LIST_COLUMNS if rows is not RowFormat.TABLE else (*LIST_COLUMNS[:5], "channels", "note")
    print_rows(columns, [_listed(source, rows) for source in _watched(desk)], rows)


@sources.command(help="Find feed, sitemap and listing of the site at URL, show three samples, then save it.")
@click.argument("url")
@click.option("--id", "source_id", help="Its short name; default: from its address.")
@click.option("--name", default="", help="Its name; default: the id.")
@click.option("-y", "--yes", is_flag=True, help="Save without asking.")
@with_desk
def add(desk: Desk, *, url: str, source_id: str | None, name: str, yes: bool) -> None:
    """What was found goes to stdout; nothing is saved before a person said yes."""
    path = _config_file(desk.config)
    with Client(desk.config.fetch) as client:
        found = scout(url, client, source_id=source_id, name=name, now=datetime.now(UTC))
    print_text("\n".join(_told(found)))
    if found.source.id in {source.id for source in desk.config.sources}:
        raise ConfigError("there is a source with this id; choose another with --id", found.source.id)
    if not yes and not click.confirm("Save it?", err=True):
        desk.say("nothing was saved")
        return
    add_sources(path, [found.source], version=desk.config.fetch.version)
    desk.say(f"added {found.source.id} to {path}")


@sources.command(
    help="Each source's last success, articles a week against its usual, empty texts, blocks in a row."
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@with_rows
@with_desk
def check(desk: Desk, ids: tuple[str, ...], rows: RowFormat) -> None:
    """Asks every channel once, now; exit status 3 when one does not answer as it should."""
    chosen = [source for source in _watched(desk) if source.id in ids or (not ids and source.enabled)]
    unknown = sorted(set(ids) - {source.id for source in chosen})
    if unknown:
        raise ConfigError("no such source; `cuttings sources list` shows them", ", ".join(unknown))
    with desk.store(create=True) as store:
        checks = check_sources(chosen, store=store, settings=desk.config.fetch)
    columns = CHECK_COLUMNS if rows is RowFormat.TABLE else (*CHECK_COLUMNS, "answers")
    print_rows(columns, [_checked(each)[: len(columns)] for each in checks], rows)
    for answer in (
        f"{each.source_id}: {answer}" for each in checks for answer in each.answers if each.is_ill
    ):
        say(answer)
    if any(each.is_ill for each in checks):
        click.get_current_context().exit(EXIT_PARTIAL)


@sources.command(help="Watch these sources again.")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_desk
def enable(desk: Desk, ids: tuple[str, ...]) -> None:
    """Sets ``enabled = true`` in the config."""
    _switch(desk, ids, enabled=True)


@sources.command(help="Watch these sources no longer; what they published stays.")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_desk
def disable(desk: Desk, ids: tuple[str, ...]) -> None:
    """Sets ``enabled = false`` in the config."""
    _switch(desk, ids, enabled=False)


@sources.command(
    "import", help="Add the sources of an OPML or CSV file to the config; known ids are left out."
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_desk
def import_sources(desk: Desk, file: Path) -> None:
    """They are marked as unproven until a check or a run has seen them working."""
    path = _config_file(desk.config)
    body = file.read_bytes()
    is_opml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    found = read_opml(body, str(file)) if is_opml else read_csv(body, str(file))
    known = {source.id for source in desk.config.sources}
    channels = {channel.url for source in desk.config.sources for channel in source.channels}
    new = [s for s in found if s.id not in known and not {channel.url for channel in s.channels} & channels]
    if new:
        add_sources(path, new, version=desk.config.fetch.version)
    desk.say(f"added {len(new)} sources to {path}; {len(found) - len(new)} were known")


@sources.command("export", help="Write the sources as OPML or CSV; FILE - is stdout.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
@click.option("--format", "shape", type=OneOf(ListFormat), help="Default: by the file's name, else OPML.")
@with_desk
def export_sources(desk: Desk, file: Path, shape: ListFormat | None) -> None:
    """OPML holds the feeds; CSV everything."""
    shape = shape or (ListFormat.CSV if file.suffix.lower() == ".csv" else ListFormat.OPML)
    watched = _watched(desk)
    body = write_opml(watched) if shape is ListFormat.OPML else write_csv(watched).encode()
    if str(file) == "-":
        sys.stdout.buffer.write(body)
    else:
        write_atomically(file, body)
        desk.say(f"wrote {len(watched)} sources to {file}")


def _watched(desk: Desk) -> tuple[Source, ...]:
    """The sources of the config; those the database knows where there is no config."""
    if desk.config.path is not None:
        return desk.config.sources
    if not desk.database.exists():
        raise ConfigError(
            "neither config nor database here; `cuttings init` writes both", str(Path().absolute())
        )
    with desk.store() as store:
        return store.sources.all()


def _config_file(config: Config) -> Path:
    if config.path is None:
        raise ConfigError(
            "there is no config to write to; make one with `cuttings init`", str(Path().absolute())
        )
    return config.path


def _switch(desk: Desk, ids: tuple[str, ...], *, enabled: bool) -> None:
    path = _config_file(desk.config)
    for source_id in ids:
        switch_source(path, source_id, enabled=enabled, version=desk.config.fetch.version)
    desk.say(f"{'enabled' if enabled else 'disabled'} {', '.join(ids)} in {path}")


def _listed(source: Source, rows: RowFormat) -> tuple[Cell, ...]:
    head: tuple[Cell, ...] = (source.id, source.name, source.kind, source.enabled, source.proven)
    if rows is RowFormat.TABLE:
        return (*head, [str(channel.kind) for channel in source.channels], source.note)
    places = [[channel.url for channel in source.channels if channel.kind is kind] for kind in ChannelKind]
    return (*head, *places, source.homepage, source.note)


def _checked(check: SourceHealth) -> tuple[Cell, ...]:
    return (
        check.source_id,
        check.verdict,
        check.last_success,
        check.articles,
        check.per_week,
        check.usual_per_week,
        check.empty_share,
        check.blocks_in_row,
        check.answers,
    )


def _told(found: SiteProbe) -> list[str]:
    """What was found on a site, for a person."""
    lines = [f"{found.source.name} ({found.source.id})", f"  home page  {found.source.homepage}"]
    lines += [f"  {channel.kind:<10} {channel.url}" for channel in found.source.channels]
    lines.append(f"  announces  {found.links} articles now")
    delay = f", one request in {found.crawl_delay:g} s" if found.crawl_delay else ""
    lines.append(f"  robots.txt {'lets us in' if found.allowed else 'does not let us in'}{delay}")
    lines.append(f"  rights     {'; '.join(found.rights.signals) or 'nothing is said about reuse'}")
    for number, sample in enumerate(found.samples, 1):
        if isinstance(sample.outcome, ScraperError):
            lines += ["", f"  sample {number}: {sample.link.url}", f"    {sample.outcome.message}"]
            continue
        article = sample.outcome
        when = f"{article.published_at:%-d %B %Y}" if article.published_at else "no date"
        facts = ", ".join([when, *article.authors, f"{article.word_count} words", f"{article.access} text"])
        start = " ".join(article.text.split()[:40])
        lines += [
            "",
            f"  sample {number}: {article.title}",
            f"    {facts}",
            f"    {article.url}",
            f"    {start} …",
        ]
    lines += ["", "  tried:", *(f"    {words}" for words in found.tried)]
    return [defuse_line(line) for line in lines]
