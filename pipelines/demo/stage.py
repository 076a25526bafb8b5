"""Run one server for each demo site on 127.0.0.1; their content can be changed while they run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.config.source_file import source_table
from pipelines.demo.editions import Edition, find_reply
from pipelines.demo.server import Received, Reply, SiteServer
from scraper.models import Channel, ChannelKind, Source

# Between two requests to one demo site; they are ours, a publisher's are not. The clock of the demo stands
# still: each pause would also last as long as all before it.
DELAY_SECONDS = 0.0

_CONFIG = """\
# Written by `cuttings demo`. The sites it names were on 127.0.0.1 only while the demo ran.
[cuttings]
database = {database}
contact = "demo@cuttings.example"

[fetch]
delay = {delay}
allow_private = [{hosts}]

"""


class Stage:
    """All demo sites, each on its own free port; a context manager. ``show`` changes the edition."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._servers: dict[str, SiteServer] = {}
        self._replies: dict[str, Mapping[str, Reply]] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with self._open:  # closes what was opened, should a port be refused half-way
            for site in self._edition.sites:
                self._servers[site.id] = self._open.enter_context(SiteServer(self._answer(site.id)))
            self.show(self._edition)
            self._open = self._open.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def show(self, edition: Edition) -> None:
        """Serve this edition from now on."""
        self._replies = {site.id: edition.replies(site, self.root(site.id)) for site in edition.sites}

    def root(self, site_id: str) -> str:
        """Return a site's URL without the last slash."""
        return self._servers[site_id].url("")

    def sources(self) -> tuple[Source, ...]:
        """Return the sites as sources."""
        return tuple(
            Source(
                id=site.id,
                name=site.name,
                homepage=self.root(site.id) + "/",
                kind=site.kind,
                owner=site.owner,
                channels=tuple(
                    Channel(kind=ChannelKind(channel.kind), url=self.root(site.id) + channel.path)
                    for channel in site.channel
                    if channel.path not in {index.of for index in site.channel}  # an index leads there
                ),
            )
            for site in self._edition.sites
        )

    def config(self, database: Path) -> str:
        """Return a `cuttings.toml` that watches the sites."""
        hosts = ", ".join(f'"{server.host}"' for server in self._servers.values())
        opening = _CONFIG.format(
            database=json.dumps(str(database), ensure_ascii=False), delay=DELAY_SECONDS, hosts=hosts
        )
        return opening + "\n".join(source_table(source) for source in self.sources())

    def _answer(self, site_id: str) -> Callable[[Received], Reply]:
        return lambda request: find_reply(self._replies.get(site_id, {}), request.target)
