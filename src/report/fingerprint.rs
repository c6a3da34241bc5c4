//! By what a system knows again what was found before: it is the same for the next build of the image, and no two of a report are the same.

use std::collections::HashMap;

use notary::digest::Digest;

/// The fingerprints of one report.
pub(super) struct Fingerprints {
    command: &'static str,
    /// How often something was found of the same subject, by code.
    seen: HashMap<(String, String), usize>,
}

impl Fingerprints {
    /// Those of a report of this command.
    pub(super) fn of(command: &'static str) -> Self {
        Self { command, seen: HashMap::new() }
    }

    /// The fingerprint of what is found next, by its code and by what it is about.
    pub(super) fn next(&mut self, code: &str, subject: &str) -> String {
        let name = repository(subject);
        let count = self.seen.entry((code.to_owned(), name.to_owned())).or_insert(0);
        *count += 1;
        let parts = [self.command, code, name, &count.to_string()];
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
        let first = |command, code, subject| Fingerprints::of(command).next(code, subject);
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
        let both = [prints.next("unsigned", "r.example/app:1"), prints.next("unsigned", "r.example/app:2")];
        assert_ne!(both[0], both[1]);
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
