"""``cuttings sources``: list, check, add, switch, import and export the sites that the desk watches."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import click

from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import Desk, OneOf, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, print_rows, print_text, say
from pipelines.config.contact import check_contact
from pipelines.config.settings import Config
from pipelines.config.source_file import add_sources, switch_sources
from pipelines.errors import ConfigError
from pipelines.files import write_atomically
from pipelines.operations.health import SourceHealth, check_sources
from pipelines.storage.shared_hosts import open_shared_hosts
from pipelines.text import counted, defuse_line
from scraper.client import Client
from scraper.days import written_date
from scraper.discovery import CHANNEL_KEYS, CHANNEL_TYPES
from scraper.errors import NoChannelError, ScraperError, SourceError
from scraper.models import ChannelKind, Source
from scraper.opml import OpmlList, read_opml
from scraper.probe import PageTrial, Sample, SiteProbe, probe_site, try_page
from scraper.source_files import fresh_id, new_sources, read_csv, write_csv, write_opml
from scraper.sources import id_fault

MOST_PARTS = 60  # of the rest of a page
SHOWN_PART = 100  # characters
LIST_COLUMNS = (
    "id",
    "name",
    "kind",
    "enabled",
    "proven",
    *CHANNEL_KEYS,
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


@sources.command("list", help="List the sources of the config.")
@with_rows
@with_desk
def list_sources(desk: Desk, rows: RowFormat) -> None:
    """Print one row a source."""
    columns = LIST_COLUMNS if rows is not RowFormat.TABLE else (*LIST_COLUMNS[:5], "channels", "note")
    watched = _watched(desk)
    print_rows(columns, [_listed(source, rows) for source in watched], rows)
    if not watched:
        desk.say("the config has no source; `cuttings sources add URL` adds one")


@sources.command(
    help="Find the feed, sitemap or listing of the site at URL, show three samples, and save the source."
)
@click.argument("url")
@click.option("--id", "source_id", metavar="ID", help="Use this short id. [default: from its host or title]")
@click.option("--name", metavar="NAME", default="", help="Use this name. [default: the title of its feed]")
@click.option(
    "--kind",
    metavar="KIND",
    default="press",
    show_default=True,
    help="Use this kind of publisher: press, charity, regulator …",
)
@click.option("-y", "--yes", is_flag=True, help="Save without asking.")
@with_desk
def add(desk: Desk, *, url: str, source_id: str | None, name: str, kind: str, yes: bool) -> None:
    """Print what was found on stdout, and save the source once a person has confirmed it."""
    path = _config_file(desk.config)
    if source_id is not None:
        _check_id(source_id, desk.config)
    with Client(desk.config.fetch, shared=open_shared_hosts(desk.database)) as client:
        try:
            probe = probe_site(url, client, source_id=source_id, name=name, kind=kind, now=datetime.now(UTC))
        except NoChannelError as error:
            for outcome in error.tried:
                say(f"tried {outcome}")
            raise
    source = _new_source(probe.source, desk.config, keeps_id=source_id is not None)
    print_text("\n".join(_probe_lines(replace(probe, source=source))))
    if not yes and not click.confirm("Save it?", err=True):
        desk.say("nothing was saved")
        return
    add_sources(path, [source], version=desk.config.fetch.version)
    desk.say(f"added {source.id} to {path}")


def _check_id(source_id: str, config: Config) -> None:
    """Raise `ConfigError` for an id that no source may have, or that another one has."""
    if fault := id_fault(source_id):
        raise ConfigError(f"--id: {fault}")
    if source_id in {known.id for known in config.sources}:
        raise ConfigError("another source has this id; choose another with --id", source_id)


def _new_source(source: Source, config: Config, *, keeps_id: bool) -> Source:
    """Return the source under an id that is free. Raises `ConfigError` when it is watched already."""
    urls = {channel.url for channel in source.channels}
    for known in config.sources:
        if urls & {channel.url for channel in known.channels}:
            state = "" if known.enabled else "; switch it on with `cuttings sources enable`"
            raise ConfigError(f"this site is already watched as source {known.id}{state}", source.homepage)
    return replace(source, id=source.id if keeps_id else fresh_id(source.id, {k.id for k in config.sources}))


@sources.command(
    help="Request every channel now; show each source's last success, articles per week and refusals."
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@with_rows
@with_desk
def check(desk: Desk, ids: tuple[str, ...], rows: RowFormat) -> None:
    """Exit with status 3 when a channel does not answer as it should."""
    chosen = [source for source in _watched(desk) if source.id in ids or (not ids and source.enabled)]
    unknown = sorted(set(ids) - {source.id for source in chosen})
    if unknown:
        raise ConfigError("not a source of this desk; `cuttings sources list` shows all", ", ".join(unknown))
    check_contact(chosen, desk.config.fetch)
    with desk.store(create=True) as store:
        checks = check_sources(chosen, store=store, settings=desk.config.fetch)
    columns = CHECK_COLUMNS if rows is RowFormat.TABLE else (*CHECK_COLUMNS, "answers")
    print_rows(columns, [_checked(each)[: len(columns)] for each in checks], rows)
    for answer in (
        f"{each.source_id}: {answer}" for each in checks for answer in each.answers if each.is_failing
    ):
        say(answer)
    if any(each.is_failing for each in checks):
        click.get_current_context().exit(EXIT_PARTIAL)


@sources.command("try", help="Show the article at URL with and without the selectors of the source ID.")
@click.argument("source_id", metavar="ID")
@click.argument("url")
@with_desk
def try_selectors(desk: Desk, source_id: str, url: str) -> None:
    """Fetch the page once and store nothing; exit with status 3 when a selector matches nothing."""
    source = next((each for each in _watched(desk) if each.id == source_id), None)
    if source is None:
        raise ConfigError("not a source of this desk; `cuttings sources list` shows all", source_id)
    with Client(desk.config.fetch, shared=open_shared_hosts(desk.database)) as client:
        trial = try_page(
            url, client, selectors=source.selectors, now=datetime.now(UTC), zone=desk.config.timezone
        )
    print_text("\n".join(defuse_line(line) for line in _trial_lines(source, trial)))
    for key in trial.unmatched:
        say(f"cuttings: the selector `{key}` of {source.id} matches nothing on this page")
    if trial.unmatched:
        click.get_current_context().exit(EXIT_PARTIAL)


def _trial_lines(source: Source, trial: PageTrial) -> list[str]:
    """Return what the rules and the selectors read on one page, and what the rules left out."""
    lines: list[str] = []
    readings = {"by the rules": trial.by_rules, f"with the selectors of {source.id}": trial.with_selectors}
    for heading, reading in readings.items():
        if reading is None:
            lines += ["no selectors are declared (body, remove, title, date, author)", ""]
        elif isinstance(reading, ScraperError):
            lines += [f"{heading}: {reading.message}", ""]
        else:
            published = written_date(reading.published_at, reading.published_precision) or "no date"
            facts = ", ".join([published, *reading.authors, counted(reading.word_count, "word")])
            lines += [f"{heading}:", f"  {reading.title}", f"  {facts}"]
            lines += [*(f"  | {line}" for line in reading.text.splitlines()), ""]
    lines.append("left out by the rules:")
    removed = () if isinstance(trial.by_rules, ScraperError) else trial.by_rules.removed
    lines += [f"  {each.reason}: {each.text}" for each in removed]
    lines += ["", "the rest of the page, with the element that each part stands in:"]
    lines += [f"  {part.selector}: {part.text[:SHOWN_PART]}" for part in trial.rest[:MOST_PARTS]]
    more = len(trial.rest) - MOST_PARTS
    return [*lines, f"  and {more} more"] if more > 0 else lines


@sources.command(help="Watch these sources again.")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_desk
def enable(desk: Desk, ids: tuple[str, ...]) -> None:
    """Set ``enabled = true`` in the config."""
    _switch(desk, ids, enabled=True)


@sources.command(help="Stop watching these sources; keep their articles.")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_desk
def disable(desk: Desk, ids: tuple[str, ...]) -> None:
    """Set ``enabled = false`` in the config."""
    _switch(desk, ids, enabled=False)


@sources.command(
    "import",
    help="Add the sources of an OPML or CSV file to the config; skip feeds that are watched already.",
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_desk
def import_sources(desk: Desk, file: Path) -> None:
    """Mark them as unproven until a check or a run has seen them working."""
    path = _config_file(desk.config)
    listed = _listed_in(file)
    new = new_sources(listed.sources, desk.config.sources)
    if new:
        add_sources(path, new, version=desk.config.fetch.version)
    known = len(listed.sources) - len(new)
    desk.say(f"added {counted(len(new), 'source')} to {path}; {known} already there")
    for skipped in listed.skipped:
        say(f"cuttings: skipped {skipped.name or 'a feed without a name'}: {skipped.reason}: {skipped.url}")
    if listed.skipped:
        click.get_current_context().exit(EXIT_PARTIAL)


def _listed_in(file: Path) -> OpmlList:
    """Return the sources of an OPML or CSV file: by what it holds, else by its name. Raises `SourceError`."""
    body = file.read_bytes()
    if not body.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SourceError("this file is empty", str(file))
    is_csv = file.suffix.lower() == ".csv" and not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    looks_like_markup = b"<" in body[:1000] or b"\0" in body[:1000] or file.suffix.lower() == ".opml"
    if is_csv or not looks_like_markup:
        return OpmlList(sources=read_csv(body, str(file)))
    return read_opml(body, str(file))


@sources.command("export", help="Write the sources to FILE as OPML or CSV; - is stdout.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
@click.option(
    "--format", "shape", type=OneOf(ListFormat), help="The format. [default: by the name of FILE, else OPML]"
)
@with_desk
def export_sources(desk: Desk, file: Path, shape: ListFormat | None) -> None:
    """Write only feeds in OPML, every key in CSV."""
    shape = shape or (ListFormat.CSV if file.suffix.lower() == ".csv" else ListFormat.OPML)
    watched = _watched(desk)
    has_feed = {each.id for each in watched for channel in each.channels if channel.kind is ChannelKind.FEED}
    left_out = [each.id for each in watched if shape is ListFormat.OPML and each.id not in has_feed]
    body = write_opml(watched) if shape is ListFormat.OPML else write_csv(watched).encode()
    if str(file) == "-":
        sys.stdout.buffer.write(body)
    else:
        desk.check_output(file)
        write_atomically(file, body)
        desk.say(f"wrote {counted(len(watched) - len(left_out), 'source')} to {file}")
    if left_out:
        desk.say(f"left out, because OPML holds only feeds (CSV holds all): {', '.join(left_out)}")


def _watched(desk: Desk) -> tuple[Source, ...]:
    """Return the sources of the config, or those of the database where there is no config."""
    if desk.config.path is not None:
        return desk.config.sources
    if not desk.database.exists():
        raise ConfigError(
            "there is neither a config nor a database here; `cuttings init` writes both",
            str(Path().absolute()),
        )
    with desk.store() as store:
        return store.sources.all()


def _config_file(config: Config) -> Path:
    if config.path is None:
        raise ConfigError(
            "a config to add sources to was not found; `cuttings init` writes one", str(Path().absolute())
        )
    return config.path


def _switch(desk: Desk, ids: tuple[str, ...], *, enabled: bool) -> None:
    path = _config_file(desk.config)
    ids = tuple(dict.fromkeys(ids))
    switch_sources(path, ids, enabled=enabled, version=desk.config.fetch.version)
    desk.say(f"{'enabled' if enabled else 'disabled'} {', '.join(ids)} in {path}")


def _listed(source: Source, rows: RowFormat) -> tuple[Cell, ...]:
    head: tuple[Cell, ...] = (source.id, source.name, source.kind, source.enabled, source.proven)
    if rows is RowFormat.TABLE:
        return (*head, [str(channel.kind) for channel in source.channels], source.note)
    urls = [[channel.url for channel in source.channels if channel.kind is kind] for kind in CHANNEL_TYPES]
    return (*head, *urls, source.homepage, source.note)


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


def _probe_lines(probe: SiteProbe) -> list[str]:
    """Return what a probe found on a site, as a person reads it."""
    source = probe.source
    lines = [f"{source.name} ({source.id})", f"  home page  {source.homepage}"]
    lines += [f"  {channel.kind:<10} {channel.url}" for channel in source.channels]
    delay = f"; it asks for {probe.crawl_delay:g} s between requests" if probe.crawl_delay else ""
    lines += [
        f"  announces  {counted(probe.links, 'article')} now",
        f"  robots.txt {'allows' if probe.allowed else 'does not allow'} our requests{delay}",
        f"  rights     {'; '.join(probe.rights.signals) or 'the site says nothing about reuse'}",
    ]
    for number, sample in enumerate(probe.samples, 1):
        lines += ["", *_sample_lines(number, sample)]
    lines += ["", "  tried:", *(f"    {outcome}" for outcome in probe.tried)]
    return [defuse_line(line) for line in lines]


def _sample_lines(number: int, sample: Sample) -> list[str]:
    article = sample.outcome
    if isinstance(article, ScraperError):
        return [f"  sample {number}: {sample.link.url}", f"    {article.message}"]
    day = f"{article.published_at:%-d %B %Y}" if article.published_at else "no date"
    facts = ", ".join([day, *article.authors, counted(article.word_count, "word"), f"{article.access} text"])
    opening = " ".join(article.text.split()[:40])
    return [f"  sample {number}: {article.title}", f"    {facts}", f"    {article.url}", f"    {opening} …"]
