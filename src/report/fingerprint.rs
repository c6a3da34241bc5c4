//! By what a system knows again what was found before: it is the same for the next build of the image, and no two of a report are the same.

use std::collections::HashMap;

use notary::digest::Digest;

/// The fingerprints of one report.
pub(super) struct Fingerprints {
    command: &'static str,
    /// How often something was found of the same subject, by code.
    seen: HashMap<(String, String), usize>,
}

/// What something is found of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Subject<'a> {
    /// The image, the file or the setting.
    pub(super) name: Option<&'a str>,
    /// Which part of what was asked of it, where that is known by more than its code.
    pub(super) part: Option<&'a str>,
}

impl<'a> From<Option<&'a str>> for Subject<'a> {
    fn from(name: Option<&'a str>) -> Self {
        Self { name, part: None }
    }
}

impl Fingerprints {
    /// Those of a report of this command.
    pub(super) fn of(command: &'static str) -> Self {
        Self { command, seen: HashMap::new() }
    }

    /// The fingerprint of what is found next, by its code and by what it is about.
    pub(super) fn next(&mut self, code: &str, subject: Subject<'_>) -> String {
        let name = repository(subject.name.unwrap_or_default());
        let code = subject.part.map_or_else(|| code.to_owned(), |part| format!("{code}\0{part}"));
        let count = self.seen.entry((code.clone(), name.to_owned())).or_insert(0);
        *count += 1;
        let parts = [self.command, &code, name, &count.to_string()];
        Digest::sha256(parts.join("\0").as_bytes()).hex().to_owned()
    }
}

/// The name of an image without its tag and digest, which are others for the next build.
fn repository(name: &str) -> &str {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') && before.contains(['/', ':']) => before,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_build_of_an_image_has_the_same_fingerprint_and_nothing_else_has() {
        let first = |command, code, subject| Fingerprints::of(command).next(code, Some(subject).into());
        let print = first("verify", "unsigned", "r.example:5000/app:1.0@sha256:1");
        for subject in ["r.example:5000/app", "r.example:5000/app:2.0", "r.example:5000/app@sha256:2"] {
            assert_eq!(first("verify", "unsigned", subject), print, "{subject}");
        }
        for (command, code, subject) in [
            ("sign", "unsigned", "r.example:5000/app"),
            ("verify", "tag", "r.example:5000/app"),
            ("verify", "unsigned", "r.example:5000/other"),
            ("verify", "unsigned", "r.example/app"),
        ] {
            assert_ne!(first(command, code, subject), print, "{command} {code} {subject}");
        }
        let mut prints = Fingerprints::of("verify");
        let mut next = |name| prints.next("unsigned", Some(name).into());
        let both = [next("r.example/app:1"), next("r.example/app:2")];
        assert_ne!(both[0], both[1]);
    }

    #[test]
    fn a_requirement_is_known_again_whatever_else_is_met_by_now() {
        let of = |parts: &[&'static str]| {
            let mut prints = Fingerprints::of("verify");
            let subject = |part| Subject { name: Some("r.example/app"), part: Some(part) };
            parts.iter().map(|part| prints.next("gate-unmet", subject(part))).collect::<Vec<_>>()
        };
        let (both, one) = (of(&["test: ci", "prod: anna"]), of(&["prod: anna"]));
        assert!(both[1] == one[0] && both[0] != both[1], "{both:?} {one:?}");
        assert_ne!(one[0], Fingerprints::of("verify").next("gate-unmet", Some("r.example/app").into()));
    }

    #[test]
    fn a_repository_is_the_name_without_tag_and_digest() {
        for (name, expected) in [
            ("r.example:5000/a:1", "r.example:5000/a"),
            ("r.example:5000/a", "r.example:5000/a"),
            ("r.example/a:1@sha256:00", "r.example/a"),
            ("oci-layout:out:v1", "oci-layout:out"),
            ("oci-layout:a/out@sha256:00", "oci-layout:a/out"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(repository(name), expected);
        }
    }
}
