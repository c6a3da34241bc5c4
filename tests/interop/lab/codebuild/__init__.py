"""CodeBuild without CodeBuild: a buildspec is read, and run in a build container, as its documentation says.

What the documentation leaves open is here the stricter of two ways, or refused (`NotPlayedError`).
"""

from .build import Build, Case
from .container import Container, container
from .spec import PHASES, Buildspec, BuildspecError, NotPlayedError

__all__ = ["PHASES", "Build", "Buildspec", "BuildspecError", "Case", "Container", "NotPlayedError", "container"]
