//! What deserves attention as a Code Quality report, which GitLab shows in a merge request, free of charge. An entry that breaks its rules
//! hides all behind it.

use serde::Serialize;

use super::super::escape::{self, terminal};
use super::super::fingerprint::Fingerprints;
use super::super::limits::CODE_QUALITY;
use super::super::model::{Place, Report};
use super::super::remarks::{About, Grade, Remark, capped};

/// Where something is that has no place in a file, if it is not known which file defines the job.
const PIPELINE: &str = ".gitlab-ci.yml";

#[derive(Serialize)]
struct Degradation {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// Renders the report. One about which there is nothing to say is an empty array, which GitLab wants to know what was fixed.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(in super::super) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let (title, remarks) = (report.title(), report.remarks());
    let (shown, more) = capped(&remarks, CODE_QUALITY);
    let rest = (more > 0).then(|| Remark {
        grade: Grade::Notice,
        title: format!("{more} more"),
        lines: vec![format!("and {more} more: see report.json")],
        place: None,
        about: About { code: "left-out".to_owned(), ..About::default() },
    });
    let mut prints = Fingerprints::of(report.command);
    let all: Vec<_> = shown
        .iter()
        .chain(&rest)
        .map(|remark| Degradation {
            description: format!("{}: {}", remark.headline(&title), remark.text().replace('\n', " · ")),
            check_name: terminal(&remark.about.code).into_owned(),
            fingerprint: prints.next(&remark.about.code, remark.about.subject()),
            severity: match remark.grade {
                Grade::Error => "critical",
                Grade::Warning => "major",
                Grade::Notice => "info",
            },
            location: location(remark.place.as_ref(), report.job_file.as_deref()),
        })
        .collect();
    let mut text = escape::json(&serde_json::to_string_pretty(&all)?).into_owned();
    text.push('\n');
    Ok(text)
}

/// A line of the repository: the place, or else the first line of the file that defines the job.
fn location(place: Option<&Place>, job: Option<&str>) -> Location {
    let job = Place::new(job.unwrap_or(PIPELINE), (1, 1));
    let known = place.into_iter().chain([&job]).find(|place| place.is_in_repository());
    let (path, begin) = known.map_or((PIPELINE, 1), |place| (place.file.as_str(), place.line));
    Location { path: path.to_owned(), lines: Lines { begin } }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::super::model::{ArtifactOutcome, ArtifactReport, Findings, Reason};
    use super::super::super::samples;
    use super::*;

    /// The entries, as GitLab takes them (`CodequalityReports#valid_degradation?` and the pages of its documentation).
    fn entries(report: &Report) -> Vec<Value> {
        let text = render(report).unwrap();
        let entries: Vec<Value> = serde_json::from_str(&text).unwrap();
        let prints: BTreeSet<_> = entries.iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(prints.len(), entries.len(), "each has its own");
        for entry in &entries {
            assert!(["description", "check_name"].iter().all(|name| !entry[name].as_str().unwrap().is_empty()));
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&entry["severity"].as_str().unwrap()));
            let path = entry["location"]["path"].as_str().unwrap();
            assert!(!path.is_empty() && !path.starts_with(['/', '.']) || path == ".gitlab-ci.yml", "{path}");
            assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() > 0);
        }
        entries
    }

    #[test]
    fn a_plainly_good_run_is_an_empty_array() {
        assert_eq!(render(&samples::verified()).unwrap(), "[]\n");
        assert_eq!(render(&samples::signed()).unwrap(), "[]\n");
    }

    #[test]
    fn each_remark_is_an_entry_at_the_file_of_the_job() {
        let report = Report { job_file: Some("ci/pipeline.yml".to_owned()), ..samples::rejected() };
        let first = &entries(&report)[0];
        let text = format!("{} {}", first["description"].as_str().unwrap(), first["check_name"].as_str().unwrap());
        let expected = "sealgate verify: rejected [untrusted-identity]: registry.example/app@sha256:1111: the signer is none of the \
                        trusted identities untrusted-identity";
        assert_eq!(text, expected);
        let (severity, place) = (&first["severity"], &first["location"]);
        assert_eq!(
            (severity, &place["path"], &place["lines"]["begin"]),
            (&"critical".into(), &"ci/pipeline.yml".into(), &1.into())
        );
        assert_eq!(entries(&samples::several()).len(), samples::several().remarks().len());
    }

    #[test]
    fn an_entry_is_at_the_line_that_it_is_about_and_never_outside_of_the_repository() {
        let at = |file: &str, job: Option<&str>| {
            let mut report = Report { job_file: job.map(str::to_owned), ..Report::new("verify") };
            report.warnings.push(Reason::new("a", "b").at(Place::new(file, (7, 3))));
            let location = entries(&report)[0]["location"].clone();
            (location["path"].as_str().unwrap().to_owned(), location["lines"]["begin"].as_u64().unwrap())
        };
        assert_eq!(at("ci/policy.json", None), ("ci/policy.json".to_owned(), 7));
        for file in ["/etc/policy.json", "../policy.json", "./policy.json", "a\nb", ""] {
            assert_eq!(at(file, Some("ci/a.yml")), ("ci/a.yml".to_owned(), 1), "{file:?}");
            assert_eq!(at(file, Some("../a.yml")), (".gitlab-ci.yml".to_owned(), 1), "{file:?}");
            assert_eq!(at(file, None), (".gitlab-ci.yml".to_owned(), 1), "{file:?}");
        }
    }

    #[test]
    fn a_requirement_of_gates_is_an_entry_at_its_line_that_is_known_again() {
        let mut report = samples::gate_unmet();
        let before = entries(&report);
        let lines: Vec<_> = before.iter().map(|entry| entry["location"]["lines"]["begin"].as_u64().unwrap()).collect();
        assert_eq!((&before[0]["location"]["path"], lines), (&"ci/gates.yaml".into(), vec![13, 14, 15]));
        let rows = &mut report.artifacts_mut()[0].gate.as_mut().unwrap().rows;
        rows.remove(1);
        assert_eq!(entries(&report)[0]["fingerprint"], before[1]["fingerprint"], "whatever else is met by now");
    }

    #[test]
    fn the_next_build_is_known_again() {
        let of = |reference: &str| {
            let image = ArtifactReport::new(reference, ArtifactOutcome::Unsigned);
            entries(&Report::of("verify", Findings::Artifacts(vec![image])))[0]["fingerprint"].clone()
        };
        assert_eq!(of("r.example/app:1"), of("r.example/app:2"));
        assert_ne!(of("r.example/app:1"), of("r.example/other:1"));
    }

    #[test]
    fn the_last_entry_says_how_many_more_there_are() {
        let image = |number| ArtifactReport::new(format!("r.example/a{number}"), ArtifactOutcome::Unsigned);
        let of = |count| entries(&Report::of("verify", Findings::Artifacts((0..count).map(image).collect())));
        assert_eq!(of(CODE_QUALITY).len(), CODE_QUALITY);
        let more = of(CODE_QUALITY + 5);
        assert_eq!((more.len(), more.last().unwrap()["check_name"].as_str().unwrap()), (CODE_QUALITY, "left-out"));
    }
}
