"""Who said what in one text: quoted passages, the persons it names, and which of them speaks. Pure."""

from pipelines.stories.attribution.passages import Passage
from pipelines.stories.attribution.roles import role_of
from pipelines.stories.attribution.speakers import speakers

__all__ = ["Passage", "role_of", "speakers"]
