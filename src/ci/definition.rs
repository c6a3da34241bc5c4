//! The file in which a job is defined, as its repository has it: the place of what has no other.
//!
//! Who may open a pull request names files, so what a variable says is taken only where it is a plain path of a YAML file.

use super::CiSystem;
use super::limits::PATH_BYTES;
use super::row::Definition;
use crate::env::Env;

/// The file in which the job is defined, relative to its repository. Nothing where it is not known.
pub(crate) fn definition_file(environment: &Env, system: CiSystem) -> Option<String> {
    let (named, usual) = match system.row().definition {
        Definition::Unknown => (None, None),
        Definition::Usual(usual) => (None, Some(usual)),
        Definition::Named(variable, usual) => (environment.get(variable), Some(usual)),
        Definition::Workflow(variable) => (environment.get(variable).and_then(of_workflow), None),
    };
    named.filter(|path| is_plain(path)).or(usual).map(str::to_owned)
}

/// The path in `owner/repository/path@ref`. A ref may have an `@` of its own.
fn of_workflow(text: &str) -> Option<&str> {
    let path = text.splitn(3, '/').nth(2)?;
    path.split_once('@').map(|(path, _)| path)
}

/// Whether it is the relative path of a YAML file, and nothing else.
fn is_plain(path: &str) -> bool {
    let is_yaml = [".yml", ".yaml"].iter().any(|ending| path.ends_with(ending));
    let is_part = |part: &str| !["", ".", ".."].contains(&part);
    // GitLab also takes a URL, and a file of another project: `file@group/project`.
    let is_special = |character: char| character.is_control() || ['\\', '@', ':', '?', '#'].contains(&character);
    is_yaml && path.len() <= PATH_BYTES && path.split('/').all(is_part) && !path.contains(is_special)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(system: CiSystem, variables: &[(&str, &str)]) -> Option<String> {
        definition_file(&Env::of(variables), system)
    }

    #[test]
    fn a_workflow_is_named_by_its_reference() {
        let of = |reference| told(CiSystem::GitHub, &[("GITHUB_WORKFLOW_REF", reference)]);
        for (reference, file) in [
            ("o/r/.github/workflows/release.yml@refs/heads/main", ".github/workflows/release.yml"),
            ("o/r/.github/workflows/a.yaml@refs/tags/app@1.0.yml", ".github/workflows/a.yaml"),
            ("o/r/.github/workflows/größe 1.yml@refs/pull/1/merge", ".github/workflows/größe 1.yml"),
        ] {
            assert_eq!(of(reference).as_deref(), Some(file));
        }
        for reference in [
            "",
            "o/r",
            "o/r/.github/workflows/a.yml",
            "o/r/../../etc/a.yml@refs/heads/main",
            "o/r//etc/a.yml@refs/heads/main",
            "o/r/./a.yml@x",
            "o/r/a\\b.yml@x",
            "o/r/https://a.example/a.yml@x",
            "o/r/a\n::error::b.yml@x",
            "o/r/a\u{9b}.yml@x",
            "o/r/README.md@x",
            &format!("o/r/{}.yml@x", "a".repeat(PATH_BYTES)),
        ] {
            assert_eq!(of(reference), None, "{reference}");
        }
        assert_eq!(
            told(CiSystem::Forgejo, &[("GITHUB_WORKFLOW_REF", "o/r/.forgejo/workflows/a.yml@x")]).as_deref(),
            Some(".forgejo/workflows/a.yml")
        );
    }

    #[test]
    fn gitlab_names_its_file_where_it_is_one_of_the_project() {
        let of =
            |path| told(CiSystem::GitLab, &[("CI_CONFIG_PATH", path), ("GITHUB_WORKFLOW_REF", "o/r/a.yml@x")]).unwrap();
        assert_eq!(of("ci/build.yml"), "ci/build.yml");
        for path in [
            "",
            "ci.yml@group/project",
            "ci.yml@group/project:main.yml",
            "https://a.example/ci.yml",
            "/ci.yml",
            "../ci.yml",
        ] {
            assert_eq!(of(path), ".gitlab-ci.yml", "{path}");
        }
    }

    #[test]
    fn other_systems_have_usual_names_or_none() {
        let variables = [("GITHUB_WORKFLOW_REF", "o/r/a.yml@x"), ("CI_CONFIG_PATH", "b.yml")];
        for (system, file) in [
            (CiSystem::CodeBuild, Some("buildspec.yml")),
            (CiSystem::Jenkins, Some("Jenkinsfile")),
            (CiSystem::CircleCi, Some(".circleci/config.yml")),
            (CiSystem::TeamCity, None),
            (CiSystem::Generic, None),
            (CiSystem::None, None),
        ] {
            assert_eq!(told(system, &variables).as_deref(), file, "{system:?}");
        }
    }
}
