"""Tell a monitor such as healthchecks.io that a run began and how it ended. A ping never fails a run.

The protocol is that of https://healthchecks.io/docs/http_api/: POST to ``URL/start`` at the start and to
``URL/<exit status>`` at the end, with the messages of the run as body.
"""

from __future__ import annotations

import logging

import requests

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0  # a monitor that hangs must not delay a run for long
MOST_REDIRECTS = 3  # each may take that time; a monitor that moved from http to https sends one
SIGNALLED = 128  # and more: the status of a run that a signal ended, which is to end within 5 s
SIGNALLED_TIMEOUT_SECONDS = 1.0
MAX_BODY_BYTES = 10_000  # of the messages, from their end; healthchecks.io stores up to 100 kB


class Pinger:
    """Send the pings of one run, through the forward proxy if one is given.

    The monitor is the user's own choice: private addresses are allowed.
    """

    def __init__(self, url: str, *, agent: str = "cuttings", proxy: str = "") -> None:
        self._url = url.rstrip("/")
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._headers = {"User-Agent": agent, "Content-Type": "text/plain; charset=utf-8"}

    def start(self) -> bool:
        """Say that the run begins. Return whether the monitor accepted it."""
        return self._send("start", "")

    def finish(self, status: int, messages: str) -> bool:
        """Say with which exit status the run ended. Return whether the monitor accepted it."""
        timeout = SIGNALLED_TIMEOUT_SECONDS if status >= SIGNALLED else TIMEOUT_SECONDS
        return self._send(str(status), messages, timeout)

    def _send(self, event: str, messages: str, timeout: float = TIMEOUT_SECONDS) -> bool:
        body = messages.encode("utf-8", "replace")[-MAX_BODY_BYTES:]
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no .netrc from the environment
            session.max_redirects = MOST_REDIRECTS
            try:
                reply = session.post(
                    f"{self._url}/{event}",
                    data=body,
                    headers=self._headers,
                    timeout=timeout,
                    proxies=self._proxies,
                    stream=True,  # the body is not read: it may never end
                )
            except (requests.RequestException, ValueError) as error:
                logger.warning("ping_failed event=%s error=%s", event, type(error).__name__)
                return False
        logger.info("ping_sent event=%s status=%d", event, reply.status_code)
        return reply.ok
