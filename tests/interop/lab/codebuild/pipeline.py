"""CodePipeline, as a template describes it: its actions one after the other, what each hands over, and what the last one deploys."""

import contextlib
import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .job import SEALGATE_IMAGE, job_with_docker, job_with_sealgate
from .spec import Buildspec

EXECUTION = "99999999-8888-7777-6666-555555555555"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# The action that deploys reads at most this much.
DEFINITIONS_BYTES = 100_000


@dataclass
class Played:
    """What became of a run: its builds by the names of their actions, and what was deployed, or None."""

    folder: Path
    builds: dict = field(default_factory=dict)
    variables: dict = field(default_factory=dict)
    artifacts: dict = field(default_factory=dict)
    # What each build asked AWS for, as IAM names it.
    asked: dict = field(default_factory=dict)
    deployed: object = None


class Pipeline:
    """The pipeline of a template, in the laboratory."""

    def __init__(self, template, lab, account):
        (self.pipeline,) = template.of_type("AWS::CodePipeline::Pipeline").values()
        self.projects = {one["Name"]: one for one in template.of_type("AWS::CodeBuild::Project").values()}
        self.lab, self.account = lab, account

    def play(self, source, folder, before=None, spec_of=None):
        """Plays it, until an action fails.

        `before` is called with an action's name and the run so far: what others do meanwhile. `spec_of` may change a buildspec."""
        played = Played(Path(folder))
        played.variables["codepipeline.PipelineExecutionId"] = EXECUTION
        for stage in self.pipeline["Stages"]:
            for action in stage["Actions"]:
                if before:
                    before(action["Name"], played)
                kind = action["ActionTypeId"]["Provider"]
                play = {"CodeCommit": self.source, "CodeStarSourceConnection": self.source, "CodeBuild": self.build, "ECS": self.deploy}
                done = play[kind](action, played, source=source, spec_of=spec_of)
                if not done:
                    return played
        return played

    def source(self, action, played, source, **_):
        (output,) = action["OutputArtifacts"]
        played.artifacts[output["Name"]] = Path(shutil.copytree(source, played.folder / "source"))
        played.variables[f"{action['Namespace']}.CommitId"] = COMMIT
        return True

    def build(self, action, played, spec_of=None, **_):
        project = self.projects[action["Configuration"]["ProjectName"]]
        buildspec = Buildspec.parse(project["Source"]["BuildSpec"])
        if spec_of:
            buildspec = spec_of(action["Name"], buildspec)
        environment = {one["Name"]: one["Value"] for one in project["Environment"]["EnvironmentVariables"]}
        environment |= self.variables_of(action, played)
        with self.job(project) as job:
            (primary, *others) = [one["Name"] for one in action["InputArtifacts"]]
            job.container.add_source(played.artifacts[primary])
            for name in others:
                job.container.add_source(played.artifacts[name], name)
            self.lab.diary.clear()
            build = job.run(buildspec, **environment)
            # What has no colon needs no permission: the address of a blob, the time of a server.
            played.asked[action["Name"]] = {one.action for one in self.lab.diary.requests if ":" in one.action}
            played.builds[action["Name"]] = build
            if build.code == 0:
                (output,) = action["OutputArtifacts"]
                to = played.folder / output["Name"]
                played.artifacts[output["Name"]] = Path(shutil.copytree(build.artifacts[None], to))
            for name, value in build.exported.items() if "Namespace" in action else ():
                played.variables[f"{action['Namespace']}.{name}"] = value
        return build.code == 0

    @contextlib.contextmanager
    def job(self, project):
        """The container of a project: by its image."""
        environment = project["Environment"]
        if environment["Image"].startswith("aws/codebuild/"):
            assert environment["PrivilegedMode"] is True, "docker needs it"
            with job_with_docker(self.lab, self.account) as job:
                yield job
        else:
            assert environment["Image"] == SEALGATE_IMAGE and environment["ImagePullCredentialsType"] == "SERVICE_ROLE"
            with job_with_sealgate(self.lab, self.account) as job:
                yield job

    @staticmethod
    def variables_of(action, played):
        """The variables that an action sets. Values are pasted into the JSON as they are, and only then it is read."""
        text = action["Configuration"].get("EnvironmentVariables", "[]")
        pasted = re.sub(r"#\{([^}]*)\}", lambda found: played.variables[found[1]], text)
        variables = json.loads(pasted)
        assert all(set(one) == {"name", "type", "value"} and one["type"] == "PLAINTEXT" for one in variables), variables
        return {one["name"]: one["value"] for one in variables}

    @staticmethod
    def deploy(action, played, **_):
        """Reads what the action of ECS reads."""
        (artifact,) = [one["Name"] for one in action["InputArtifacts"]]
        path = played.artifacts[artifact] / action["Configuration"]["FileName"]
        content = path.read_bytes()
        assert len(content) <= DEFINITIONS_BYTES
        played.deployed = json.loads(content.decode("utf-8"))
        assert all(set(one) == {"name", "imageUri"} for one in played.deployed), played.deployed
        return True
