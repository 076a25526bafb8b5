"""The database as flat files for other tools."""

from pipelines.export.records import Table, articles_table, plain_table

__all__ = ["Table", "articles_table", "plain_table"]
