"""Deleting articles with everything that refers to them, by the foreign keys that the schema declares."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.storage.connection import Connection


def delete_articles(connection: Connection, article_ids: Iterable[int]) -> None:
    """Delete articles: rows that need them are deleted too, in other rows the reference becomes NULL."""
    condition = f"id IN ({', '.join(str(int(article_id)) for article_id in article_ids)})"
    _release(connection, "articles", condition)
    connection.execute(f"DELETE FROM articles WHERE {condition}")


def delete_pages(connection: Connection, urls: Iterable[str]) -> frozenset[str]:
    """Delete all versions of the pages at some URLs; return the hashes that no other row names."""
    ids, hashes = [], set()
    for column in ("url", "final_url"):
        sql = f"SELECT id, content_hash FROM pages WHERE {column} IN (?*)"
        for page_id, content_hash in connection.execute_in(sql, tuple(urls)):
            ids.append(page_id)
            hashes.add(content_hash)
    condition = f"id IN ({', '.join(map(str, ids))})"
    _release(connection, "pages", condition)
    connection.execute(f"DELETE FROM pages WHERE {condition}")
    rows = connection.execute_in("SELECT content_hash FROM pages WHERE content_hash IN (?*)", hashes)
    return frozenset(hashes - {row[0] for row in rows})


def _release(connection: Connection, table: str, condition: str) -> None:
    """Remove every reference to the rows of a table that meet a condition."""
    tables = [
        row[1] for row in connection.execute("PRAGMA table_list") if (row[0], row[2]) == ("main", "table")
    ]
    for child in tables:
        required = {row[1] for row in connection.execute(f"PRAGMA table_info({child})") if row[3] or row[5]}
        for _, _, parent, column, target, *_ in connection.execute(f"PRAGMA foreign_key_list({child})"):
            if parent != table:
                continue
            refers = f"{column} IN (SELECT {target} FROM {table} WHERE {condition})"
            if column in required:
                _release(connection, child, refers)
                connection.execute(f"DELETE FROM {child} WHERE {refers}")
            else:
                connection.execute(f"UPDATE {child} SET {column} = NULL WHERE {refers}")
