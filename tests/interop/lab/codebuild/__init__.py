"""CodeBuild without CodeBuild: a buildspec is read, and run in a build container, as its documentation says.

What the documentation leaves open is here the stricter of two ways, or refused (`NotPlayedError`).
"""

from .build import Build, Case
from .container import Container, container
from .job import PRELUDE, SEALGATE_IMAGE, Job, job_with_docker, job_with_sealgate
from .pipeline import Pipeline
from .spec import PHASES, Buildspec, BuildspecError, NotPlayedError

__all__ = [
    "PHASES",
    "PRELUDE",
    "SEALGATE_IMAGE",
    "Build",
    "Buildspec",
    "BuildspecError",
    "Case",
    "Container",
    "Job",
    "NotPlayedError",
    "Pipeline",
    "container",
    "job_with_docker",
    "job_with_sealgate",
]
