//! What a job says of itself, for those who read its report elsewhere: its commit, and the address of its page.
//!
//! Variables are hostile until they were looked at. One that has not the form of what it stands for says nothing.

use super::CiSystem;
use super::limits::ADDRESS;
use super::row::Part;
use crate::env::Env;
use crate::report::escape::uri;

/// The commit that the job is about: an object name of Git, SHA-1 or SHA-256.
pub(crate) fn commit(environment: &Env, system: CiSystem) -> Option<String> {
    let commit = environment.get(system.row().commit?)?;
    let is_hex = commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && [40, 64].contains(&commit.len())).then(|| commit.to_ascii_lowercase())
}

/// The address of the page that shows the job or its run.
pub(crate) fn page(environment: &Env, system: CiSystem) -> Option<String> {
    let mut page = String::new();
    for part in system.row().page {
        match part {
            Part::Is(text) => page.push_str(text),
            // Only where an address begins may one be; behind that, it is a part of a path.
            Part::Of(variable) => page.push_str(&in_address(environment.get(variable)?)?),
        }
    }
    let is_web = ["https://", "http://"].iter().any(|scheme| page.strip_prefix(scheme).is_some_and(is_of_host));
    (is_web && page.len() <= ADDRESS).then_some(page)
}

/// Whether an address without its scheme begins with a host, and not with a name and a password.
fn is_of_host(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !authority.is_empty() && !authority.contains(['@', '%'])
}

/// A value as a part of an address: what has a meaning there keeps it. Nothing for one with control characters.
fn in_address(value: &str) -> Option<String> {
    (!value.contains(char::is_control)).then(|| uri::encoded(value, b"-._~:/?#[]@!$&'()*+,;=%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_an_object_name_of_git() {
        let of = |system, name, value| commit(&Env::of(&[(name, value)]), system);
        let (sha1, sha256) = ("0123456789abcdef0123456789ABCDEF01234567", "a".repeat(64));
        assert_eq!(of(CiSystem::GitLab, "CI_COMMIT_SHA", sha1), Some(sha1.to_ascii_lowercase()));
        assert_eq!(of(CiSystem::GitHub, "GITHUB_SHA", &sha256), Some(sha256.clone()));
        // The source in S3 has a version, and none of Git.
        for other in ["", "main", "arn:aws:s3:::b/k", &sha1[1..], "0123456789abcdef0123456789abcdef0123456\n"] {
            assert_eq!(of(CiSystem::CodeBuild, "CODEBUILD_RESOLVED_SOURCE_VERSION", other), None, "{other}");
        }
        assert_eq!(of(CiSystem::None, "GITHUB_SHA", &sha256), None);
    }

    #[test]
    fn a_page_is_an_address_of_the_web() {
        let of = |system, variables: &[(&str, &str)]| page(&Env::of(variables), system);
        let github = [
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "acme/app"),
            ("GITHUB_RUN_ID", "7"),
        ];
        assert_eq!(of(CiSystem::GitHub, &github).as_deref(), Some("https://github.example/acme/app/actions/runs/7"));
        assert_eq!(of(CiSystem::GitHub, &github[..2]), None);
        let azure = [
            ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "https://dev.azure.com/acme/"),
            ("SYSTEM_TEAMPROJECT", "My app"),
            ("BUILD_BUILDID", "9"),
        ];
        let expected = "https://dev.azure.com/acme/My%20app/_build/results?buildId=9";
        assert_eq!(of(CiSystem::Azure, &azure).as_deref(), Some(expected));
        for hostile in [
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "https://user:secret@ci.example/1",
            "https://a\n::error::b",
            "//ci.example/1",
            &format!("https://ci.example/{}", "a".repeat(ADDRESS)),
        ] {
            assert_eq!(of(CiSystem::GitLab, &[("CI_JOB_URL", hostile)]), None, "{hostile}");
        }
        let quoted = of(CiSystem::GitLab, &[("CI_JOB_URL", "https://ci.example/\"><script>")]);
        assert_eq!(quoted.as_deref(), Some("https://ci.example/%22%3E%3Cscript%3E"));
    }
}
