"""The database as flat files for other tools: rows of articles, stories, reports and matches, and writers."""

from pipelines.export.formats import FORMATS, Format
from pipelines.export.records import Table, articles_table, plain_table, reports_table

__all__ = ["FORMATS", "Format", "Table", "articles_table", "plain_table", "reports_table"]
