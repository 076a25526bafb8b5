"""The database as flat files for other tools: rows of articles, stories, reports and matches, and writers."""

from pipelines.export.about import about_export
from pipelines.export.datapackage import describe_file
from pipelines.export.formats import FORMATS, Export, Format
from pipelines.export.records import Table, articles_table, plain_table, reports_table

__all__ = [
    "FORMATS",
    "Export",
    "Format",
    "Table",
    "about_export",
    "articles_table",
    "describe_file",
    "plain_table",
    "reports_table",
]
