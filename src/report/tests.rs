//! What holds for every form of a report that is a file.

mod injection;

use super::model::{ArtifactOutcome, Findings, Report, WaitReport};
use super::{Files, files, samples};

#[test]
fn each_form_for_people_tells_every_fact_of_an_image() {
    let mut report = samples::verified_with_aws();
    let image = &mut report.artifacts_mut()[0];
    // Of what has passed, JUnit says little.
    image.outcome = ArtifactOutcome::Rejected;
    image.waited = Some(WaitReport { rounds: 2, seconds: 7 });
    image.candidates_omitted = 3;
    image.listing.as_mut().unwrap().notes.push("the tag decides".to_owned());
    image.signed = samples::signed().artifacts_mut().remove(0).signed;
    let image = &report.artifacts()[0];
    let (facts, of_signature) = (image.facts(), image.candidates[0].facts());
    assert!(facts.contains(&("waited", "7 s, looked 2 times".to_owned())), "{facts:?}");
    let forms = files(&report, Files::Usual, |_| None).unwrap();
    for (name, form) in forms.iter().filter(|(name, _)| !["report.json", "report.sarif"].contains(name)) {
        // JUnit says of a signature only what became of it.
        for (label, value) in facts.iter().chain(of_signature.iter().filter(|_| *name != "report.xml")) {
            assert!(form.contains(label) && form.contains(value), "{name}: {label}: {value}\n{form}");
        }
    }
}

#[test]
fn a_form_that_is_a_file_has_a_name_that_begins_with_report() {
    let files = files(&samples::verified(), Files::Usual, |_| None).unwrap();
    assert!(files.iter().all(|(name, text)| name.starts_with("report.") && text.ends_with('\n')), "{files:?}");
}

/// All forms of a report take as long for each image however many there are.
#[test]
fn hundreds_of_images_are_no_more_work_than_one_each() {
    let of = |count: usize| {
        let mut report = Report::of("verify", Findings::Artifacts(Vec::new()));
        for _ in 0..count {
            report.artifacts_mut().push(samples::verified().artifacts_mut().remove(0));
        }
        let begin = std::time::Instant::now();
        files(&report, Files::Usual, |_| None).unwrap();
        begin.elapsed()
    };
    let (few, many) = (of(100), of(2000));
    assert!(many < few * 100, "{few:?} for 100, {many:?} for 2000");
}

#[test]
fn where_no_command_is_known_the_program_is_the_title() {
    let report = |command| Report { error: samples::several().artifacts()[4].error.clone(), ..Report::new(command) };
    for (command, title) in [("sealgate", "sealgate"), ("trust show", "sealgate trust show")] {
        let report = report(command);
        let forms = files(&report, Files::Usual, |_| None).unwrap();
        for (name, form) in &forms {
            assert!(!form.contains("sealgate sealgate"), "{name}: {form}");
            // JSON has the command, and SARIF the program.
            assert!(form.contains(title) || ["report.json", "report.sarif"].contains(name), "{name}: {form}");
        }
        assert!(
            super::annotations(&report, super::Language::GitHub).starts_with(&format!("::error title={title}%3A "))
        );
    }
}

#[test]
fn a_summary_is_the_page_where_that_fits() {
    let page = "x".repeat(5000);
    let summary = |bytes, page| super::summary(&samples::verified(), bytes, page).unwrap();
    assert_eq!(summary(5000, Some(&page)), page);
    for other in [summary(4999, Some(&page)), summary(5000, None)] {
        assert!(other.starts_with("## "), "{other}");
    }
}
