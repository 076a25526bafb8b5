"""One module a family of tables: typed records in, typed records out.

No rules of the trade live here, only what SQL needs; and no SQL lives anywhere else.
"""
