"""``cuttings init``: write a config and an empty database."""

from __future__ import annotations

import os
from pathlib import Path

import click
import tomlkit

from pipelines.commands.desk import CONFIG_VARIABLE, DATABASE_VARIABLE
from pipelines.commands.output import say
from pipelines.config.bundled import DEFAULT_SECTOR, bundled_sector, sector_names
from pipelines.config.settings import (
    CONFIG_NAME,
    DATABASE_NAME,
    DEFAULT_PURPOSE,
    DEFAULT_TIMEZONE,
    MOST_WORKERS,
    RESEARCH_PURPOSE,
    parse_config,
)
from pipelines.config.source_file import source_table
from pipelines.errors import ConfigError
from pipelines.files import write_atomically
from pipelines.storage.store import Store
from pipelines.text import counted
from pipelines.version import VERSION
from scraper.models import (
    DEFAULT_DELAY_SECONDS,
    DEFAULT_MAX_BYTES,
    DEFAULT_TIMEOUT_SECONDS,
    DEFAULT_WORKERS,
)
from scraper.sources import Sector

NO_SECTOR = Sector(title="", timezone=DEFAULT_TIMEZONE, sources=())

_TEMPLATE = """\
# The settings of this desk. Times are in seconds, sizes in bytes. Lines that start with # show defaults or
# examples.

[cuttings]
# Relative to this file. Raw pages are stored beside it, in a folder of the same name with `-pages` added.
database = {database}
# Your e-mail or web address, sent to publishers in the User-Agent header. Without it `cuttings run` fetches
# only from this computer.
contact = {contact}
# What you use the texts for. "{research}" (UK: CDPA s.29A): texts are stored for analysis and never
# exported or served in full. With any other purpose, pages that are marked `noarchive` or reserved against
# text and data mining are stored only as title, link, hashes and match features, unless the source's
# `licence` permits more.
purpose = {purpose}
# The IANA time zone of your readers: days begin and end in it.
timezone = {timezone}

[fetch]
# delay = {delay}            # between two requests to one host; a larger Crawl-delay of the site wins
# timeout = {timeout}         # for one page, from connecting to its last byte
# max_bytes = {max_bytes}    # bytes of one page, compressed or not
# workers = {workers}             # hosts fetched from at once, one connection each; at most {most_workers}
# max_requests = 0         # requests of one run; the next run continues; 0: no limit
# allow_private = ["127.0.0.1:8000"]  # private addresses that may be fetched, by host and port
# proxy = "http://proxy.example.org:3128"  # for every request; the environment's proxy is ignored

[match]
# threshold = 0.5          # from this probability two articles may be one event; default: the model's
# encoder = "auto"         # compares meaning as well as words: "minilm", "none" (words alone), "auto"
#                          # ("minilm" where its packages are installed), or the path of its model.onnx

[notify]
# Where `cuttings run --notify` sends the stories that newly match a topic. Services need
# `pip install 'cuttings[notify]'`.
# urls = ["mailto://user:password@example.org"]  # as Apprise writes them
# file = "news.txt"        # append to this file
# stdout = true

[digest]
# title = "Press cuttings"
# sections = ["my-topic", "press"]  # ids of topics and kinds of sources, in order; others follow
# [[digest.list]]          # readers who get a digest of their own: `cuttings digest --to board`
# name = "board"
# licence = "none"         # no NLA or CLA licence: links, dates and counts, but no text

# [[topic]]                # a saved search; `cuttings watch` prints new stories, each once
# id = "my-topic"
# name = "My topic"
# search = '"annual report" -football'
# min_publishers = 3       # print a story again when it reaches this many

[retention]
# Delete what is older than this many seconds; 0 keeps it for ever. Articles are always kept.
# pages = 0                # raw pages, which `cuttings reprocess` needs
# failures = 0             # rows in the table `failures`
# revisions = 0            # earlier texts of articles; the first and the newest one are kept
# runs = 0                 # rows in the table `runs` that nothing refers to
# links = 0                # links that no channel announces any more
# matches = 0              # verdicts without evidence, on pairs in two stories; a year or more

# One [[source]] for each site. `cuttings sources check` checks them; `enabled = false` switches one off.
"""


_SECTOR_HELP = f"Start with the sources of this sector: {', '.join(sector_names())}. [{DEFAULT_SECTOR}]"


@click.command(help="Write a commented cuttings.toml and an empty database into DIR (default: this folder).")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=None)
@click.option("--sector", metavar="NAME", help=_SECTOR_HELP)
@click.option("--empty", is_flag=True, help="Start without sources, for a sector of your own.")
@click.option("--contact", metavar="ADDRESS", default="", help="Tell publishers this e-mail or web address.")
@click.option(
    "--purpose",
    metavar="PURPOSE",
    default=DEFAULT_PURPOSE,
    show_default=True,
    help=f'State what the texts are for: "{RESEARCH_PURPOSE}" or your own words.',
)
@click.option(
    "--db",
    metavar="FILE",
    help=f"Create this database; relative to DIR. [without DIR: {DATABASE_VARIABLE}; else {DATABASE_NAME}]",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"Write this config. [without DIR: {CONFIG_VARIABLE}; else {CONFIG_NAME}]",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
@click.option("-v", "--verbose", is_flag=True, help="Print details.")
def init(
    *,
    folder: Path | None,
    sector: str | None,
    empty: bool,
    contact: str,
    purpose: str,
    db: str | None,
    config_file: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write the config and the database; never overwrite a config."""
    if empty and sector is not None:
        raise ConfigError("--empty and --sector cannot be used together; give one of them")
    path, database = _places(folder, config_file, db)
    if path.exists():
        raise ConfigError("this config exists already; edit it, or name another folder or file", str(path))
    name = sector or DEFAULT_SECTOR
    chosen = NO_SECTOR if empty else bundled_sector(name)
    text = _config_text(chosen, contact=contact, purpose=purpose, database=database)
    config = parse_config(text, path, version=VERSION)  # fails on unusable options before files are written
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode())
    config.database.parent.mkdir(parents=True, exist_ok=True)
    Store(config.database, zone=config.timezone).close()
    if verbose:
        for source in chosen.sources:
            say(f"source {source.id}: {source.homepage}, {'enabled' if source.enabled else 'not enabled'}")
    if not quiet:
        say(f"wrote {path} with {_counted(chosen)} and the database {config.database}")
        if sector is None and not empty:
            others = ", ".join(each for each in sector_names() if each != name)
            say(f"{name} is the default; `--sector` also takes {others}, `--empty` starts without sources")
        say(f"next: {_next_step(path, is_empty=empty, has_contact=bool(contact))}")


def _places(folder: Path | None, config_file: Path | None, db: str | None) -> tuple[Path, str]:
    """Return the path of the config, and that of the database as the config names it.

    The variables name the files of another desk where the user names a folder for this one.
    """
    named = {} if folder else os.environ
    path = config_file or Path(named.get(CONFIG_VARIABLE) or (folder or Path()) / CONFIG_NAME)
    if db is None and (variable := named.get(DATABASE_VARIABLE)):
        database = Path(variable)
    else:
        database = (folder or path.parent) / Path(db or DATABASE_NAME).expanduser()
    try:
        return path, str(database.relative_to(path.parent))
    except ValueError:  # it is not in the folder of the config
        return path, str(database.absolute())


def _counted(sector: Sector) -> str:
    enabled = sum(source.enabled for source in sector.sources)
    subject = f" on {sector.title}" if sector.title else ""
    return f"{counted(len(sector.sources), 'source')}{subject} ({enabled} enabled)"


def _next_step(path: Path, *, is_empty: bool, has_contact: bool) -> str:
    steps = [] if has_contact else [f"set `contact` in {path}"]
    steps.append("`cuttings sources add URL`" if is_empty else "`cuttings sources check`")
    return f"{', '.join(steps)}, then `cuttings run`"


def _config_text(sector: Sector, *, contact: str, purpose: str, database: str) -> str:
    head = _TEMPLATE.format(
        database=_quoted(database),
        contact=_quoted(contact),
        research=RESEARCH_PURPOSE,
        purpose=_quoted(purpose),
        timezone=_quoted(sector.timezone),
        delay=DEFAULT_DELAY_SECONDS,
        timeout=DEFAULT_TIMEOUT_SECONDS,
        max_bytes=DEFAULT_MAX_BYTES,
        workers=DEFAULT_WORKERS,
        most_workers=MOST_WORKERS,
    )
    return "\n".join([head, *(source_table(source) for source in sector.sources)])


def _quoted(text: str) -> str:
    return tomlkit.string(text).as_string()
