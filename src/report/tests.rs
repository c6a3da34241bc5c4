//! What holds for every form of a report that is a file.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::model::{ArtifactOutcome, Findings, Report, WaitReport};
use super::{files, samples};

/// What a form is made of besides its texts: nothing of it comes from outside.
fn skeleton(name: &str, text: &str) -> String {
    match name {
        "report.json" | "report.sarif" => {
            let document: serde_json::Value = serde_json::from_str(text).unwrap();
            let mut shape = String::new();
            json_shape(&document, &mut shape);
            shape
        }
        // Code spans, and the name in a summary, which is HTML.
        "report.md" => between(&between(text, "`", "`"), "<code>", "</code>"),
        // Values of attributes, and then what stands between elements.
        "report.xml" => between(&between(text, "\"", "\""), ">", "<"),
        "report.html" => between(text, ">", "<"),
        _ => panic!("{name}"),
    }
}

/// The text without what stands between these, the second of which ends the first.
fn between(text: &str, start: &str, end: &str) -> String {
    let mut shape = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(start) {
        shape.push_str(before);
        shape.push_str(start);
        let Some((_, after)) = behind.split_once(end) else { return shape };
        shape.push_str(end);
        rest = after;
    }
    shape + rest
}

fn json_shape(value: &serde_json::Value, into: &mut String) {
    match value {
        serde_json::Value::Object(members) => {
            into.push('{');
            members.values().for_each(|value| json_shape(value, into));
            into.push('}');
        }
        serde_json::Value::Array(values) => {
            into.push('[');
            values.iter().for_each(|value| json_shape(value, into));
            into.push(']');
        }
        serde_json::Value::String(_) => into.push('s'),
        other => into.push_str(&other.to_string()),
    }
}

/// Reports in which every text is this one: about images, one of them with this verdict, and of the other commands.
fn saying(text: &str, outcome: ArtifactOutcome) -> [Report; 5] {
    let [mut report, trust, key] = samples::saying(text);
    report.artifacts_mut()[0].outcome = outcome;
    report.error.clone_from(&report.artifacts()[0].error.clone());
    let early = Report { error: report.error.clone(), ..Report::new("verify") };
    [report, trust, key, early, samples::checked(text)]
}

/// What the forms of these reports are made of, by verdict, report and form.
fn skeletons(outcome: ArtifactOutcome) -> &'static [Vec<String>] {
    static SKELETONS: OnceLock<BTreeMap<&'static str, Vec<Vec<String>>>> = OnceLock::new();
    let of =
        |report: &Report| files(report, |_| None).unwrap().iter().map(|(name, text)| skeleton(name, text)).collect();
    let all = || ArtifactOutcome::ALL.map(|one| (one.name(), saying("x", one).iter().map(of).collect())).into();
    &SKELETONS.get_or_init(all)[outcome.name()]
}

/// Texts that try what each form would obey.
fn hostile() -> impl Strategy<Value = String> {
    let tries = [
        r"\[a\]\(https://a\.example\)",
        r"!\[a\]\(https://a\.example/a\.png\)",
        "@octocat #1 ",
        r"https://a\.example www\.a\.example a@a\.example ",
        "<img src=x onerror=alert\\(1\\)>",
        "<script>alert\\(1\\)</script>",
        "</code></details></pre></table><a href=x>",
        "\" onload=\"x",
        "' b='c",
        "\\]\\]><!\\[CDATA\\[",
        "<!-- --> &amp; &#x3c; &lt; ",
        "<failure/></testcase><testcase name=\"a\"/>",
        "\n\n\\| a \\| b \\|\n\\|---\\|---\\|\n",
        "``` \n~~~\n`` ` ",
        "\n# a\n- b\n> c\n",
        "::error::a##\\[error\\]a",
        "\x1b\\[2J",
        "\u{202e}\u{200b}\r\n",
        "\\{0\\} \\$a\\$ :a: \\\\ ",
        r"\PC",
        r"\p{C}",
    ];
    let tries = tries.iter().map(|one| proptest::string::string_regex(one).unwrap().boxed());
    let one = proptest::strategy::Union::new(tries);
    proptest::collection::vec(one, 1..12).prop_map(|pieces| pieces.concat())
}

/// Lines that a CI system would obey or a terminal: reports are printed too.
fn assert_inert(name: &str, text: &str) {
    let seen = |character: char| character == '\n' || !character.is_control();
    assert!(text.chars().all(seen), "{name}\n{text:?}");
    assert!(!text.contains(['\u{202e}', '\u{200b}']), "{name}\n{text:?}");
    assert!(!text.contains("##[") && !text.lines().any(|line| line.trim_start().starts_with("::")), "{name}\n{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_text_from_outside_is_more_than_text(text in hostile(), outcome in 0..ArtifactOutcome::ALL.len(), other in 1..5_usize) {
        let outcome = ArtifactOutcome::ALL[outcome];
        let (said, expected) = (saying(&text, outcome), skeletons(outcome));
        // A report about images, and one that is about something else.
        for (said, expected) in [(&said[0], &expected[0]), (&said[other], &expected[other])] {
            for ((name, found), expected) in files(said, |_| None).unwrap().iter().zip(expected) {
                prop_assert_eq!(&skeleton(name, found), expected, "{} {:?}\n{}", name, text, found);
                assert_inert(name, found);
            }
        }
    }
}

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
    let forms = files(&report, |_| None).unwrap();
    for (name, form) in forms.iter().filter(|(name, _)| !["report.json", "report.sarif"].contains(name)) {
        // JUnit says of a signature only what became of it.
        for (label, value) in facts.iter().chain(of_signature.iter().filter(|_| *name != "report.xml")) {
            assert!(form.contains(label) && form.contains(value), "{name}: {label}: {value}\n{form}");
        }
    }
}

#[test]
fn a_form_that_is_a_file_has_a_name_that_begins_with_report() {
    let files = files(&samples::verified(), |_| None).unwrap();
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
        files(&report, |_| None).unwrap();
        begin.elapsed()
    };
    let (few, many) = (of(100), of(2000));
    assert!(many < few * 100, "{few:?} for 100, {many:?} for 2000");
}
