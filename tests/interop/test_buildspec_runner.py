"""The runner of buildspecs itself: for each rule of CodeBuild's documentation, what keeps it and what breaks it."""

import os
import pwd

import pytest
import yaml

from lab import codebuild
from lab.codebuild import Buildspec, BuildspecError, NotPlayedError
from lab.process import find_command, not_run

JUNIT = '<testsuite name="s"><testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"><skipped/></testcase></testsuite>'


@pytest.fixture
def container():
    with codebuild.container(find_command("true")) as made:
        yield made


def spec(phases=None, **more):
    """A buildspec with these commands: those of a phase, or all that it says."""
    phases = {name: {"commands": one} if isinstance(one, list) else one for name, one in (phases or {"build": [":"]}).items()}
    return Buildspec.parse(yaml.safe_dump({"version": 0.2, "phases": phases, **more}))


def played(container, phases=None, environment=None, **more):
    return container.build(spec(phases, **more), environment or {})


# --- one shell --------------------------------------------------------------------------------------------------------


def test_all_commands_run_in_one_shell(container):
    build = played(
        container,
        {
            "install": ["plain=1", "export PUBLIC=2", "twice() { printf '%s%s' \"$1\" \"$1\"; }", "cd ..", "cd src"],
            "build": ['[ "$plain$PUBLIC" = 12 ]', '[ "$(twice x)" = xx ]', '[ "$PWD" = "$CODEBUILD_SRC_DIR" ]'],
        },
    )
    build.succeeded()


def test_a_command_may_be_many_lines_and_a_comment(container):
    played(container, {"build": ["# nothing", "cat() { :; }\ncat <<E\n$(exit 3)\nE\n:", "x=\\\n1", '[ "$x" = 1 ]']}).succeeded()


@pytest.mark.parametrize(("command", "code"), [("exit 7", 7), ("exit 0", 1), ("if", 2), ("set -e; (exit 4)", 4), ("kill -9 $$", -9)])
def test_a_command_that_ends_the_shell_has_failed_and_what_was_exported_is_there_afterwards(container, command, code):
    build = played(
        container,
        {
            "pre_build": ["export KEPT=1", "lost=1", "cd .."],
            "build": {"commands": [command, ": >never"], "finally": ['[ "$KEPT$lost" = 1 ]', '[ "$PWD" != "$CODEBUILD_SRC_DIR" ]']},
            "post_build": ['[ "$KEPT$CODEBUILD_BUILD_SUCCEEDING" = 10 ]'],
        },
        **{"env": {"exported-variables": ["KEPT"]}},
    )
    assert build.code == code, build
    assert build.phases == {"pre_build": True, "build": False, "post_build": True}, build
    assert build.exported == {"KEPT": "1"}
    assert container.written() == []


def test_nothing_of_the_machine_is_there(container):
    os.environ["SEALTEST_SEEN"] = "1"
    try:
        build = played(container, {"build": ['[ -z "${SEALTEST_SEEN+x}${HOME+x}" ]', "! command -v ls", "read -r x && exit 1 || :"]})
    finally:
        del os.environ["SEALTEST_SEEN"]
    build.succeeded()


def test_another_shell_can_be_chosen(container):
    bash = ['x=(a b); [ "${x[1]}" = b ]']
    played(container, {"build": bash}, env={"shell": "bash"}).succeeded()
    assert played(container, {"build": bash}, env={"shell": "sh"}).code != 0


# --- phases -----------------------------------------------------------------------------------------------------------

FAILS = {"commands": ["(exit 3)", ": >after"], "finally": [": >always"]}
POST = [': >"post-$CODEBUILD_BUILD_SUCCEEDING"']


@pytest.mark.parametrize(
    ("phase", "on_failure", "phases", "written"),
    [
        ("install", None, ["install"], ["always"]),
        ("pre_build", None, ["pre_build"], ["always"]),
        ("build", None, ["build", "post_build"], ["always", "post-0"]),
        ("build", "ABORT", ["build"], ["always"]),
        ("install", "CONTINUE", ["install", "post_build"], ["always", "post-0"]),
        ("pre_build", "CONTINUE", ["pre_build", "post_build"], ["always", "post-0"]),
        ("build", "CONTINUE", ["build", "post_build"], ["always", "post-0"]),
    ],
)
def test_what_runs_after_a_phase_that_failed(container, phase, on_failure, phases, written):
    fails = FAILS | ({"on-failure": on_failure} if on_failure else {})
    build = played(container, {phase: fails, "post_build": POST})
    assert build.code == 3 and f"[Container] {phase} 1 failed with 3" in build.out, build
    assert list(build.phases) == phases and not build.phases[phase]
    assert container.written() == written


def test_all_phases_run_in_their_order_whatever_the_order_in_the_file(container):
    names = ["post_build", "build", "pre_build", "install"]
    build = played(container, {name: [f"export SEEN=${{SEEN-}}{name[:2]}"] for name in names}, env={"exported-variables": ["SEEN"]})
    assert build.succeeded().exported == {"SEEN": "inprbupo"}
    assert list(build.phases.values()) == [True] * 4


def test_post_build_that_fails_fails_the_build(container):
    build = played(container, {"build": [":"], "post_build": [*POST, "false"]})
    assert build.code == 1 and container.written() == ["post-1"]


def test_finally_that_fails_fails_its_phase(container):
    build = played(container, {"pre_build": {"commands": [":"], "finally": ["(exit 5)"]}, "build": [": >built"]})
    assert build.code == 5 and build.phases == {"pre_build": False} and container.written() == []


# --- variables --------------------------------------------------------------------------------------------------------


def test_what_the_project_sets_wins_over_the_buildspec(container):
    env = {"variables": {"GIVEN": "spec", "OWN": "spec", "N": 7}, "exported-variables": ["GIVEN", "OWN", "N"]}
    assert played(container, environment={"GIVEN": "project"}, env=env).exported == {"GIVEN": "project", "OWN": "spec", "N": "7"}


def test_exported_is_what_is_in_the_environment_at_the_end(container):
    names = ["SET", "PLAIN", "CHILD", "MANY", "LATE"]
    build = played(
        container,
        {
            "build": ["export SET=1 MANY=\"a'b\nc\" LATE=early", "PLAIN=1", "sh -c 'export CHILD=1'"],
            "post_build": ["LATE=late"],
        },
        env={"exported-variables": names},
    )
    assert build.succeeded().exported == {"SET": "1", "MANY": "a'b\nc", "LATE": "late"}


# --- users ------------------------------------------------------------------------------------------------------------


def test_a_phase_runs_as_its_user(container):
    if os.getuid() != 0:
        not_run("only root can become another user")
    container.add_program("id", find_command("id"))
    ours, other = "nobody", "daemon"
    build = played(
        container,
        {"install": {"commands": ["export I=$(id -u)"], "run-as": other}, "build": ["export B=$(id -u)"]},
        env={"exported-variables": ["I", "B"]},
        **{"run-as": ours},
    )
    assert build.succeeded().exported == {"I": str(pwd.getpwnam(other).pw_uid), "B": str(pwd.getpwnam(ours).pw_uid)}


def test_a_user_who_is_not_there_fails_the_phase(container):
    build = played(container, {"build": {"commands": [": >ran"], "run-as": "sealtest-nobody"}})
    assert build.code == 1 and build.phases == {"build": False} and container.written() == []
    assert played(container, **{"run-as": "sealtest-nobody"}).code == 1


# --- reports and artifacts --------------------------------------------------------------------------------------------


def write(name, content=""):
    folder = f"mkdir -p {name.rpartition('/')[0]}; " if "/" in name else ""
    return f"{folder}printf '%s' '{content}' >{name}"


def test_a_report_group_has_the_cases_of_its_files(container):
    container.add_program("mkdir", find_command("mkdir"))
    reports = {"checks": {"files": ["**/*.xml"], "base-directory": "out", "file-format": "JunitXml"}}
    build = played(container, {"build": [write("out/deep/r.xml", JUNIT), "false"]}, reports=reports)
    assert build.code == 1, "a failed build has its reports all the same"
    assert [(case.suite, case.name, case.status) for case in build.reports["checks"]] == [
        ("s", "a", "passed"),
        ("s", "b", "failed"),
        ("s", "c", "skipped"),
    ]


@pytest.mark.parametrize("content", [None, "<testsuite/>", "<testsuite", "<other/>"])
def test_a_report_that_is_not_there_or_none_fails_the_build(container, content):
    commands = [":"] if content is None else [write("r.xml", content)]
    build = played(container, {"build": commands}, reports={"checks": {"files": ["r.xml"]}})
    assert build.code == 1 and "UPLOAD_ARTIFACTS checks" in build.out, build


def tree(container):
    container.add_program("mkdir", find_command("mkdir"))
    container.add_program("ln", find_command("ln"))
    return [write("a.json", "1"), write("d/b.json", "2"), write("d/e/c.json", "3"), "ln -s a.json link.json"]


@pytest.mark.parametrize(
    ("artifact", "files"),
    [
        ({"files": ["a.json"]}, ["a.json"]),
        ({"files": ["a.json", "missing"]}, ["a.json"]),
        ({"files": ["**/*"]}, ["a.json", "d/b.json", "d/e/c.json"]),
        ({"files": ["d/*"]}, ["d/b.json"]),
        ({"files": ["**/*"], "base-directory": "d"}, ["b.json", "e/c.json"]),
        ({"files": ["**/*"], "discard-paths": True}, ["a.json", "b.json", "c.json"]),
        ({"files": ["**/*"], "exclude-paths": ["d/**/*"]}, ["a.json"]),
        ({"files": ["**/*"], "name": "all"}, ["a.json", "d/b.json", "d/e/c.json"]),
    ],
)
def test_the_files_of_an_artifact(container, artifact, files):
    assert played(container, {"build": tree(container)}, artifacts=artifact).succeeded().files() == files


@pytest.mark.parametrize("files", [["missing"], ["link.json"], ["d"]])
def test_an_artifact_without_a_file_fails_the_build(container, files):
    build = played(container, {"build": tree(container)}, artifacts={"files": files})
    assert build.code == 1 and "no matching artifact paths found" in build.out and build.artifacts == {}


@pytest.mark.parametrize(("phase", "uploaded"), [("pre_build", False), ("build", True), ("post_build", True)])
def test_a_build_that_failed_late_uploads_what_is_there(container, phase, uploaded):
    build = played(container, {"install": [write("a.json")], phase: ["false"]}, artifacts={"files": ["a.json"]})
    assert build.code == 1 and build.files() == (["a.json"] if uploaded else []), build


def test_the_next_stage_finds_the_artifacts_where_it_begins_and_by_their_names(container):
    other = {"secondary-artifacts": {"Extra": {"files": ["d/*"], "base-directory": "."}}}
    build = played(container, {"build": tree(container)}, artifacts={"files": ["a.json"], **other}).succeeded()
    assert build.files("Extra") == ["d/b.json"]
    with codebuild.container(find_command("true")) as following:
        following.add_source(build.artifacts[None])
        following.add_source(build.artifacts["Extra"], "Extra")
        commands = ['read -r x <a.json || [ "$x" = 1 ]', '[ -f "$CODEBUILD_SRC_DIR_Extra/d/b.json" ]', ": >a.json"]
        played(following, {"build": commands}).succeeded()
        assert following.written() == ["a.json"]


# --- what CodeBuild refuses -------------------------------------------------------------------------------------------

BUILD = {"build": {"commands": [":"]}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("version: 0.2\nphases: {build: {commands: [':']", "no YAML"),
        ("- a", "expected a mapping"),
        ({"version": 0.1, "phases": BUILD}, "expected 0.2"),
        ({"phases": BUILD}, "expected 0.2"),
        ({"version": 0.2}, "phases"),
        ({"version": 0.2, "phases": {}}, "there is none"),
        ({"version": 0.2, "phases": {"deploy": {}}}, "no key 'deploy'"),
        ({"version": 0.2, "phases": BUILD, "artefacts": {}}, "no key 'artefacts'"),
        ({"version": 0.2, "phases": {"build": {"command": [":"]}}}, "no key 'command'"),
        ({"version": 0.2, "phases": {"build": {"commands": []}}}, "no commands"),
        ({"version": 0.2, "phases": {"build": {"commands": ":"}}}, "expected a list"),
        ({"version": 0.2, "phases": {"build": {"commands": [{"echo a": "b"}]}}}, "expected a text"),
        ({"version": 0.2, "phases": {"build": {"commands": [":"], "runtime-versions": {}}}}, "no key 'runtime-versions'"),
        ({"version": 0.2, "phases": {"build": {"commands": [":"], "on-failure": "STOP"}}}, "ABORT or CONTINUE"),
        ({"version": 0.2, "phases": BUILD, "env": {"variabels": {}}}, "no key 'variabels'"),
        ({"version": 0.2, "phases": BUILD, "env": {"variables": {"A": True}}}, "put it in quotes"),
        ({"version": 0.2, "phases": BUILD, "env": {"variables": {"A-B": "1"}}}, "A-B cannot be set"),
        ({"version": 0.2, "phases": BUILD, "env": {"variables": {"CODEBUILD_CI": "1"}}}, "cannot be set"),
        ({"version": 0.2, "phases": BUILD, "env": {"shell": "zsh"}}, "no 'zsh'"),
        ({"version": 0.2, "phases": BUILD, "env": {"exported-variables": ["AWS_X"]}}, "AWS_X cannot be exported"),
        ({"version": 0.2, "phases": BUILD, "env": {"exported-variables": ["CODEBUILD_X"]}}, "cannot be exported"),
        ({"version": 0.2, "phases": BUILD, "env": {"exported-variables": ["a b"]}}, "cannot be exported"),
        ({"version": 0.2, "phases": BUILD, "artifacts": {"secondary-artifacts": {}}}, "there are no files"),
        ({"version": 0.2, "phases": BUILD, "artifacts": {"files": ["../a"]}}, "not below"),
        ({"version": 0.2, "phases": BUILD, "artifacts": {"files": ["a"], "discard-paths": "maybe"}}, "yes or no"),
        ({"version": 0.2, "phases": BUILD, "artifacts": {"files": ["a"], "secondary-artifacts": {"B": {"file": []}}}}, "no key 'file'"),
        ({"version": 0.2, "phases": BUILD, "reports": {"a b": {"files": ["a"]}}}, "no name"),
        ({"version": 0.2, "phases": BUILD, "reports": {"ab": {"base-directory": "a"}}}, "there are no files"),
        ({"version": 0.2, "phases": BUILD, "reports": {f"r{n}": {"files": ["a"]} for n in range(6)}}, "at most 5"),
    ],
)
def test_what_codebuild_refuses(content, told):
    with pytest.raises(BuildspecError, match=told):
        Buildspec.parse(content if isinstance(content, str) else yaml.safe_dump(content))


@pytest.mark.parametrize(
    ("phases", "more"),
    [
        (BUILD, {"cache": {"paths": ["a"]}}),
        (BUILD, {"batch": {}}),
        (BUILD, {"env": {"secrets-manager": {}}}),
        ({"install": {"commands": [":"], "runtime-versions": {"python": 3}}}, {}),
        ({"build": {"commands": [":"], "on-failure": "RETRY-3"}}, {}),
        (BUILD, {"reports": {"ab": {"files": ["a"], "file-format": "CUCUMBERJSON"}}}),
    ],
)
def test_what_is_not_played_is_refused_and_not_left_out(phases, more):
    with pytest.raises(NotPlayedError):
        spec(phases, **more)
