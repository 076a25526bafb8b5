"""Send the news on topics after a run: to notification services (Apprise), a file, or stdout."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from pipelines.commands.desk import Desk
from pipelines.commands.output import print_text, say
from pipelines.commands.watch import WATCHED_DAYS, news_lines
from pipelines.config.settings import NotifySettings
from pipelines.operations.topics import TopicNews, mark_told, topic_news
from pipelines.storage.store import Store
from pipelines.stories.view import view_stories
from pipelines.text import counted, defuse

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """Where news go. ``send`` takes title and text and returns what went wrong, or nothing."""

    entry: str  # of the config
    send: Callable[[str, str], str]


def notify(desk: Desk, store: Store) -> bool:
    """Send what `watch` would print, and return whether it arrived everywhere.

    If the config has no topic or no service, say so and leave the news for later. What a service did not
    accept is sent again, only to that service, after the next run. A notification that
    fails never fails a run: it is one line on stderr.
    """
    services = tuple(_services(desk.config.notify))
    if not services or not desk.config.topics:
        lacking = "[notify] urls, file or stdout" if desk.config.topics else "[[topic]]"
        say(f"--notify sent nothing: the config has no {lacking}")
        return False
    now = datetime.now(UTC)
    news = topic_news(store, since=now - timedelta(days=WATCHED_DAYS))
    if not news:
        return True
    stories = store.stories.many(each.story_id for each in news)
    views = {view.story.id: view for view in view_stories(store, list(stories.values()))}
    errors = []
    for service in services:
        known = store.topics.delivered(service.entry)
        fresh = [each for each in news if _key(each) not in known]
        if not fresh:
            continue
        lines = [line for each in fresh for line in news_lines(each, views[each.story_id])]
        title = f"{desk.config.digest.title}: {counted(len({each.story_id for each in fresh}), 'story')}"
        if error := service.send(title, defuse("\n".join(lines))):
            errors.append(error)
        else:
            store.topics.deliver(service.entry, map(_key, fresh))
    if errors:
        logger.warning("notify_failed stories=%d", len(news))
        say(f"could not send notifications ({'; '.join(errors)}); the next run tries again")
        return False
    with store.transaction():
        mark_told(store, news, now=now)
        store.topics.all_delivered()
    logger.info("notified stories=%d", len(news))
    return True


def _key(news: TopicNews) -> tuple[str, int, str]:
    return news.topic.id, news.story_id, str(news.kind)


def _services(settings: NotifySettings) -> Iterator[_Service]:
    for number, url in enumerate(settings.urls, 1):
        yield _Service(entry=url, send=partial(_post, number, url))
    if settings.file:
        yield _Service(entry=f"file {settings.file}", send=partial(_append, settings.file))
    if settings.stdout:
        yield _Service(entry="stdout", send=_print)


def _append(path: str, title: str, text: str) -> str:
    try:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - a path from the config
            file.write(f"{title}\n{text}\n")
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


def _print(_title: str, text: str) -> str:
    print_text(text)
    return ""


def _post(number: int, url: str, title: str, text: str) -> str:
    try:
        from apprise import Apprise, NotifyFormat  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return "[notify] urls need Apprise: pip install 'cuttings[notify]'"
    service = Apprise()
    if not service.add(url):
        return f"[notify] urls entry {number} is not a URL that Apprise knows"
    # Without the format a mail would take lines and titles as HTML.
    sent = service.notify(title=title, body=text, body_format=NotifyFormat.TEXT)
    return "" if sent else f"[notify] urls entry {number} did not accept the message"
