"""``cuttings init``: a desk to start from."""

from __future__ import annotations

from pathlib import Path

import click
import tomlkit

from pipelines.commands.output import say
from pipelines.config.bundled import sector_path
from pipelines.config.settings import (
    CONFIG_NAME,
    DATABASE_NAME,
    DEFAULT_PURPOSE,
    MOST_WORKERS,
    RESEARCH_PURPOSE,
    parse_config,
)
from pipelines.config.source_file import source_table
from pipelines.errors import ConfigError
from pipelines.files import write_atomically
from pipelines.storage.store import Store
from pipelines.version import VERSION
from scraper.models import (
    DEFAULT_DELAY_SECONDS,
    DEFAULT_MAX_BYTES,
    DEFAULT_TIMEOUT_SECONDS,
    DEFAULT_WORKERS,
    Source,
)
from scraper.sources import load_sector

DEFAULT_SECTOR = "uk-childrens-services"

_TEMPLATE = """\
# The settings of this desk. Times are in seconds, sizes in bytes. Lines that start with # show defaults and
# examples.

[cuttings]
database = {database}  # relative to this file; the raw pages are kept beside it, in a folder with `-pages` added
# An e-mail or web address for publishers; it is part of the User-Agent. `cuttings run` does not leave
# this computer without one.
contact = {contact}
# What the texts are for. "{research}" (UK: CDPA s.29A): text is kept for analysis and never exported
# or served in full. Anything else: of pages marked `noarchive` or reserved against text and data mining only
# title, link, hashes and match features are kept, unless the source's `licence` says that you may.
purpose = {purpose}

[fetch]
# delay = {delay}            # between two requests to one host; a site's Crawl-delay counts when it is larger
# timeout = {timeout}         # for a whole page
# max_bytes = {max_bytes}    # of a page, on the wire and unpacked
# workers = {workers}             # hosts asked at the same time, one connection each; at most {most_workers}
# allow_private = ["127.0.0.1:8000"]  # the only way to reach a private address: by host and port

[match]
# threshold = 0.5          # probability from which two articles may be one event; default: the fitted model's
# own

[retention]
# Articles and their revisions are always kept. 0 keeps for ever.
# pages = 0                # raw pages, for `cuttings reprocess`
# failures = 0             # rows in the table `failures`

# One [[source]] a site. Check them all with `cuttings sources check`; switch one off with `enabled = false`.
"""


@click.command(
    help="Write a commented cuttings.toml with a sector's sources into DIR, and an empty database."
)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--sector", default=DEFAULT_SECTOR, show_default=True, help="Whose sources to start with.")
@click.option("--contact", default="", help="Your e-mail or web address, for publishers.")
@click.option(
    "--purpose", default=DEFAULT_PURPOSE, show_default=True, help=f'"{RESEARCH_PURPOSE}", or your own word.'
)
@click.option(
    "--db", "database", default=DATABASE_NAME, show_default=True, help="The database, relative to DIR."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def init(*, folder: Path, sector: str, contact: str, purpose: str, database: str, quiet: bool) -> None:
    """Write the config and the database; an existing config stays as it is."""
    path = folder / CONFIG_NAME
    if path.exists():
        raise ConfigError("there is a config already; edit it, or name another folder", str(path))
    sources = load_sector(sector_path(sector))
    text = _config_text(sources, contact=contact, purpose=purpose, database=database)
    config = parse_config(
        text, path, version=VERSION
    )  # before anything is written: an option may be unusable
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode())
    Store(config.database).close()
    if not quiet:
        enabled = sum(source.enabled for source in sources)
        say(
            f"wrote {path} with {len(sources)} sources ({enabled} enabled), and the database {config.database}"
        )
        say(
            "next: `cuttings run`"
            if contact
            else f"next: put your address into {path} (contact), then `cuttings sources check` and `cuttings run`"
        )


def _config_text(sources: tuple[Source, ...], *, contact: str, purpose: str, database: str) -> str:
    head = _TEMPLATE.format(
        database=_quoted(database),
        contact=_quoted(contact),
        research=RESEARCH_PURPOSE,
        purpose=_quoted(purpose),
        delay=DEFAULT_DELAY_SECONDS,
        timeout=DEFAULT_TIMEOUT_SECONDS,
        max_bytes=DEFAULT_MAX_BYTES,
        workers=DEFAULT_WORKERS,
        most_workers=MOST_WORKERS,
    )
    return "\n".join([head, *(source_table(source) for source in sources)])


def _quoted(text: str) -> str:
    return tomlkit.string(text).as_string()
