"""Send the news on topics after a run: to notification services (Apprise), a file, or stdout."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pipelines.commands.desk import Desk
from pipelines.commands.output import print_text, say
from pipelines.commands.watch import WATCHED_DAYS, news_lines
from pipelines.config.settings import NotifySettings
from pipelines.operations.topics import mark_told, topic_news
from pipelines.storage.store import Store
from pipelines.stories.view import view_stories
from pipelines.text import counted, defuse

logger = logging.getLogger(__name__)


def notify(desk: Desk, store: Store) -> bool:
    """Send what `watch` would print, and return whether it arrived; what did not is sent after the next run.

    A notification that fails never fails a run: it is one line on stderr.
    """
    now = datetime.now(UTC)
    news = topic_news(store, since=now - timedelta(days=WATCHED_DAYS))
    if not news:
        return True
    stories = store.stories.many(each.story_id for each in news)
    views = {view.story.id: view for view in view_stories(store, list(stories.values()))}
    lines = [line for each in news for line in news_lines(each, views[each.story_id])]
    title = f"{desk.config.digest.title}: {counted(len(news), 'story')}"
    error = _send(desk.config.notify, title, defuse("\n".join(lines)))
    if error:
        logger.warning("notify_failed stories=%d", len(news))
        say(f"could not send notifications ({error}); the next run tries again")
        return False
    mark_told(store, news, now=now)
    logger.info("notified stories=%d", len(news))
    return True


def _send(settings: NotifySettings, title: str, text: str) -> str:
    """Send to all services, then write to file and stdout; return what went wrong, or nothing."""
    if settings.urls and (error := _send_to_services(settings.urls, title, text)):
        return error  # the file comes last, so that it does not get the same news twice
    if settings.file:
        try:
            with open(settings.file, "a", encoding="utf-8") as file:  # noqa: PTH123 - a path from the config
                file.write(f"{title}\n{text}\n")
        except OSError as error:
            return f"{settings.file}: {error.strerror}"
    if settings.stdout:
        print_text(text)
    return ""


def _send_to_services(urls: Sequence[str], title: str, text: str) -> str:
    try:
        from apprise import Apprise  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return "[notify] urls need Apprise: pip install 'cuttings[notify]'"
    services = [Apprise() for _ in urls]  # one each: Apprise does not say which of several failed
    for number, (service, url) in enumerate(zip(services, urls, strict=True), 1):
        if not service.add(url):
            return f"[notify] urls entry {number} is not a URL that Apprise knows"
    failed = [str(n) for n, service in enumerate(services, 1) if not service.notify(title=title, body=text)]
    return f"[notify] urls entry {', '.join(failed)} did not accept the message" if failed else ""
