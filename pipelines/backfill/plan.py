"""What a backfill is to do, and with what: written once into its folder, and the same for every worker.

Everything that decides the result stands here: inputs with their sizes, options, and the versions of the
rules. A folder that was begun with another plan is refused, by the name of what differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec

from pipelines.backfill.folder import Folder, write
from pipelines.config.settings import DEFAULT_PURPOSE
from pipelines.errors import BackfillError
from pipelines.matching import FINGERPRINT_VERSION
from pipelines.storage.values import moment
from pipelines.version import VERSION
from scraper import extraction
from scraper.errors import AddressError
from scraper.urls import canonical_url

FORMAT = "3"  # of the work files and the result; raise it when a worker of before could not go on
PLAN = "plan.json"
# Bytes of input, as they lie on the disk, for one partition: 16 MB of WARC are some 1,000 pages of 100 kB.
PARTITION_BYTES = 16_000_000
FEWEST_PARTITIONS, MOST_PARTITIONS = 4, 1024
SLICE = 2_000  # articles, in order of publication, whose pairs are scored in one task
OPTIONS = {
    "format": "the format of work files",
    "version": "the version of cuttings",
    "extractor": "the version of the extraction rules",
    "fingerprint": "the version of fingerprints",
    "encoder": "the sentence encoder",
    "domains": "--domains",
    "since": "--since",
    "source": "--source",
    "timezone": "the time zone of the desk",
    "threshold": "[match] threshold",
    "purpose": "the purpose of the desk",
    "licensed": "the sources with a licence",
    "slice_articles": "the size of slices",
    "inputs": "the inputs",
}


class Input(msgspec.Struct, frozen=True, order=True):
    """One file, or one object of a bucket, and its size in bytes."""

    address: str
    size: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the result of a backfill."""

    inputs: tuple[Input, ...]
    as_of: str  # dates beyond are refused; the time of the first start, unless --as-of gives it
    encoder: str = "none"
    domains: tuple[str, ...] = ()
    since: str = ""  # ISO 8601
    source: str = ""
    timezone: str = "UTC"
    threshold: float | None = None  # natural log odds
    purpose: str = DEFAULT_PURPOSE
    licensed: tuple[str, ...] = ()  # sources whose licence permits what the publisher reserves
    slice_articles: int = SLICE
    format: str = FORMAT
    version: str = VERSION
    extractor: str = msgspec.field(default_factory=lambda: extraction.EXTRACTOR_VERSION)
    fingerprint: str = FINGERPRINT_VERSION

    @property
    def partitions(self) -> int:
        """The number of partitions by identity, a function of the bytes of the inputs."""
        size = sum(each.size for each in self.inputs)
        wanted = max(FEWEST_PARTITIONS, min(MOST_PARTITIONS, -(-size // PARTITION_BYTES)))
        return 1 << (wanted - 1).bit_length()

    @property
    def moment(self) -> datetime:
        """The time of the plan."""
        return moment(self.as_of)

    @property
    def zone(self) -> tzinfo:
        """The time zone by which days are told."""
        return ZoneInfo(self.timezone)

    @property
    def digest(self) -> str:
        """What names this plan."""
        return hashlib.blake2b(msgspec.json.encode(self, order="sorted"), digest_size=8).hexdigest()


def settle(folder: Folder, plan: Plan, *, as_of_given: bool) -> Plan:
    """Return the plan of a folder: the one it was begun with, else this one, which is written.

    Raises ``BackfillError`` if the folder was begun with another plan, or holds something else.
    """
    path = folder.path / PLAN
    if not path.exists():
        _begin(folder, plan, path)
    begun = read_plan(folder)
    names = [*OPTIONS, "as_of"] if as_of_given else list(OPTIONS)
    differing = [name for name in names if getattr(begun, name) != getattr(plan, name)]
    if differing:
        raise BackfillError(_difference(begun, plan, differing), str(folder.path))
    return begun


def _begin(folder: Folder, plan: Plan, path: Path) -> None:
    """Write the plan, unless another shard that started at the same time has done so by now."""
    has_more = folder.path.is_dir() and any(PLAN not in each.name for each in folder.path.iterdir())
    if path.exists():  # looked at after the rest: a shard writes it before its first task
        return
    if has_more:
        message = "the folder is not empty and does not belong to a backfill; name a new folder with --out"
        raise BackfillError(message, str(folder.path))
    own = path.with_name(f"{PLAN}.{uuid4().hex}")
    write(own, msgspec.json.format(msgspec.json.encode(plan)))
    _give_name(own, path)


def _give_name(own: Path, path: Path) -> None:
    """Make a file the plan, unless another shard that started at the same time was first."""
    try:
        path.hardlink_to(own)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not path.exists():
            own.replace(path)
    own.unlink(missing_ok=True)


def read_plan(folder: Folder) -> Plan:
    """Return the plan that a folder was begun with. Raises ``BackfillError``."""
    path = folder.path / PLAN
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
        message = f"the plan of the folder cannot be read ({error}); name a new folder with --out"
        raise BackfillError(message, str(path)) from error


def _difference(begun: Plan, plan: Plan, differing: Iterable[str]) -> str:
    words = []
    for name in differing:
        before, now = getattr(begun, name), getattr(plan, name)
        if name == "inputs":
            words.append(f"the inputs differ ({_inputs_differ(before, now)})")
        elif name == "domains":
            words.append("the domains of --domains differ")
        else:
            words.append(f"{OPTIONS.get(name, '--as-of')} was {before or 'not set'}, now {now or 'not set'}")
    return f"the folder was begun with something else: {'; '.join(words)}; name a new folder with --out"


def _inputs_differ(before: tuple[Input, ...], now: tuple[Input, ...]) -> str:
    changed = sorted(set(before) ^ set(now))
    return f"{changed[0].address}{f' and {len(changed) - 1} more' if len(changed) > 1 else ''}"


def read_domains(path: Path) -> tuple[str, ...]:
    """Return the domains of a list, one a line, ``#`` for comments. Raises ``BackfillError``."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8"
        raise BackfillError(f"the list of domains cannot be read ({reason})", str(path)) from error
    bare = (line.partition("#")[0].strip().lower().removeprefix("*.").strip(".") for line in lines)
    domains = tuple(sorted({_host(domain, path) for domain in bare if domain}))
    if not domains:
        raise BackfillError("the list of domains is empty", str(path))
    return domains


def _host(domain: str, path: Path) -> str:
    """Return a domain as addresses spell it (xn-- for letters beyond ASCII). Raises ``BackfillError``."""
    with suppress(AddressError):
        host = urlsplit(canonical_url(f"http://{domain}/")).hostname
        if host and not set(domain) & set("*,;:/?@") and (host == domain or not domain.isascii()):
            return host
    message = f"not a domain: {domain!r}; write one domain per line, without http://, port or comma"
    raise BackfillError(message, str(path))
