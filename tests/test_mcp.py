"""The questions for a language model through `datasette-mcp`, where that is installed beside Datasette."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import Played
from tests.served import dressed, wait_for, widest

pytest.importorskip("datasette_mcp", reason="datasette-mcp is not installed; .ci/datasette-next installs it")

ASKED = {"ask-stories", "ask-why", "ask-gaps", "ask-first", "ask-digest"}


@pytest.fixture(scope="module")
def desk(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dressed(played.database, tmp_path_factory.mktemp("mcp") / "desk.db")


@pytest.fixture(scope="module")
def address(desk: Path) -> Iterator[str]:
    """Where Datasette itself answers, with both plugins and no command of ours."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    setting = ["--setting", "plugins.datasette-mcp.canned_queries", "true"]
    command = [sys.executable, "-m", "datasette", str(desk), "--port", str(port), *setting]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/-/static-plugins/cuttings/desk.css", process)
        yield f"http://127.0.0.1:{port}/-/mcp"
    finally:
        process.terminate()
        process.wait(timeout=20)


class Client:
    """One session with the server (MCP, Streamable HTTP, 2025-06-18)."""

    def __init__(self, address: str, http: requests.Session) -> None:
        self.address, self.http = address, http
        http.trust_env = False
        http.headers["accept"] = "application/json, text/event-stream"
        about = {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }
        begun = self.send("initialize", about, number=1)
        http.headers["mcp-session-id"] = begun.headers["mcp-session-id"]
        self.send("notifications/initialized", {})

    def send(
        self, method: str, parameters: dict[str, Any], *, number: int | None = None
    ) -> requests.Response:
        request = {"jsonrpc": "2.0", "method": method, "params": parameters}
        answer = self.http.post(
            self.address, json=request if number is None else {**request, "id": number}, timeout=30
        )
        assert answer.ok, answer.text
        return answer

    def tool(self, name: str, **arguments: Any) -> Any:
        """The result of one tool."""
        text = self.send("tools/call", {"name": name, "arguments": arguments}, number=2).text
        lines = [line[5:] for line in text.splitlines() if line.startswith("data:") and "jsonrpc" in line]
        return json.loads(lines[-1] if lines else text)["result"]["structuredContent"]


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    with requests.Session() as http:
        yield Client(address, http)


def test_the_five_questions_are_offered(client: Client) -> None:
    listed = json.dumps(client.tool("list_canned_queries"))
    assert [name for name in ASKED if f'"{name}"' not in listed] == []


def test_answers_name_the_ids_they_rest_on(client: Client, desk: Path) -> None:
    story, articles = widest(desk)

    def ask(query: str, **parameters: object) -> list[dict[str, object]]:
        answer = client.tool("execute_canned_query", database="desk", query=query, parameters=parameters)
        rows: list[dict[str, object]] = answer["rows"]
        return rows

    assert story in {row["story_id"] for row in ask("ask-stories", words="kinship")}
    assert {row["article_a"] for row in ask("ask-why", story=story)} <= set(articles)
    assert ask("ask-gaps", story=story)[0]["missing_source_id"]
    assert ask("ask-first", story=story)[0]["article_id"] in articles
    assert ask("ask-digest", digest=1)[0]["story_id"]
