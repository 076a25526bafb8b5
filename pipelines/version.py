"""The version of `cuttings`, as in ``--version``, the User-Agent and the rows of `runs`. pyproject.toml takes
it here.

A constant, since asking the installed distribution for it (importlib.metadata) costs a run as much as loading
click.
"""

VERSION = "0.1.0"
