//! Where something is: the line of a file.

use serde::Serialize;

use super::{Findings, Report};
use crate::report::escape::terminal;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// The file as it was named; in a job with a workspace relative to that, if it is in there.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// From 1.
    pub(crate) column: usize,
}

impl Place {
    /// A place as parsers tell it, whose first column may be 0.
    pub(crate) fn new(file: impl Into<String>, (line, column): (usize, usize)) -> Self {
        Self { file: file.into(), line: line.max(1), column: column.max(1) }
    }

    /// Whether the file can be one of the repository: CI systems show places in no others.
    pub(crate) fn is_in_repository(&self) -> bool {
        let is_part = |part: &str| !["", ".", ".."].contains(&part);
        self.file.split('/').all(is_part) && terminal(&self.file) == self.file
    }
}

impl Report {
    /// With files named as this says.
    pub(crate) fn naming(mut self, name: impl Fn(&str) -> String) -> Self {
        let mut places: Vec<_> = self.error.iter_mut().filter_map(|error| error.place.as_mut()).collect();
        places.extend(self.warnings.iter_mut().filter_map(|warning| warning.place.as_mut()));
        let problems = self.files.iter_mut().flat_map(|file| &mut file.problems);
        places.extend(problems.filter_map(|problem| problem.reason.place.as_mut()));
        match &mut self.findings {
            Some(Findings::Artifacts(artifacts)) => {
                for artifact in artifacts {
                    places.extend(&mut artifact.named_at);
                    places.extend(artifact.error.as_mut().and_then(|error| error.place.as_mut()));
                    for row in artifact.gate.iter_mut().flat_map(|gate| &mut gate.rows) {
                        places.extend(row.refused.iter_mut().filter_map(|refusal| refusal.reason.place.as_mut()));
                        places.push(&mut row.place);
                    }
                }
            }
            Some(Findings::Doctor(doctor)) => {
                places.extend(doctor.checks.iter_mut().filter_map(|check| check.place.as_mut()));
            }
            Some(Findings::TrustInstalled(trust) | Findings::TrustShown(trust) | Findings::TrustRemoved(trust)) => {
                places.extend(trust.problems.iter_mut().filter_map(|problem| problem.place.as_mut()));
            }
            Some(Findings::Gates(gates)) => {
                places.extend(gates.problems.iter_mut().filter_map(|problem| problem.reason.place.as_mut()));
                let asked = gates.stages.iter_mut().flat_map(|stage| &mut stage.require);
                places.extend(asked.map(|asked| &mut asked.place));
            }
            Some(Findings::Key(_) | Findings::Demo(_) | Findings::Iam(_)) | None => {}
        }
        for place in places {
            place.file = name(&place.file);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_repository_has_a_plain_relative_path() {
        for (file, is_in) in [
            ("policy.json", true),
            ("ci/trust policy/ü.json", true),
            ("/etc/policy.json", false),
            ("../policy.json", false),
            ("a/../policy.json", false),
            ("./policy.json", false),
            ("", false),
            ("a\n::error::b", false),
            ("a\u{202e}b", false),
            ("##[error]a", false),
        ] {
            assert_eq!(Place::new(file, (1, 1)).is_in_repository(), is_in, "{file:?}");
        }
    }

    #[test]
    fn requirements_of_gates_are_where_the_repository_has_their_file() {
        let report = crate::report::samples::gate_unmet().naming(|file| format!("there/{file}"));
        let gate = report.artifacts()[0].gate.as_ref().unwrap();
        assert!(gate.rows.iter().all(|row| row.place.file == "there/ci/gates.yaml"));
        assert_eq!(gate.file, "ci/gates.yaml", "as it was named");
    }

    #[test]
    fn lines_and_columns_begin_at_one() {
        let place = Place::new("a", (0, 0));
        assert_eq!((place.line, place.column), (1, 1));
    }
}
