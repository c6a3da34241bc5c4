//! Whatever a stranger writes, in whatever field: no form of a report obeys it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use serde_json::Value;

use super::super::model::*;
use super::super::outputs::Output;
use super::super::style::{Color, Detail, Folds, Style};
use super::super::{Format, annotations, artifacts, files, mask, outputs, render, samples, summary};
use crate::exit_code::ExitCode;

/// What stands between values of outputs.
const DELIMITER: &str = "ghadelimiter_0f1e2d3c";

/// What a form is made of besides its texts: nothing of it comes from outside.
fn skeleton(name: &str, text: &str) -> String {
    match name {
        "report.json" | "report.sarif" => {
            let document: Value = serde_json::from_str(text).unwrap();
            let mut shape = String::new();
            json_shape(&document, &mut shape);
            shape
        }
        // Code spans, and the name in a summary, which is HTML.
        "report.md" => between(&without_spans(text), "<code>", "</code>"),
        // Values of attributes, and then what stands between elements.
        "report.xml" => between(&between(text, "\"", "\""), ">", "<"),
        "report.html" => between(text, ">", "<"),
        "text" | "text, narrow" | "text, verbose" | "text, colored" => verdicts(text),
        "text, folded" => text.lines().filter_map(fold).collect::<String>() + &verdicts(text),
        "annotations" => text.lines().map(annotation).collect(),
        "outputs" => names_of_outputs(text),
        "artifacts" => {
            let is_image = |line: &str| line.starts_with("oci://") && !line.contains('=');
            assert!(text.split_terminator(['\n', '\r']).all(is_image), "{text}");
            String::new()
        }
        "mask" => text.split_terminator(['\n', '\r']).filter_map(|line| line.get(..12)).collect(),
        // What no quotes hold is ours. A quote in a value stands between two pieces of it.
        "exports" => between(&text.replace("'\\''", ""), "'", "'"),
        // It may be cut anywhere.
        "summary, short" => String::new(),
        _ => panic!("{name}"),
    }
}

/// A command that folds a log: a group has the verdict on an image for its title.
fn fold(line: &str) -> Option<&'static str> {
    match line.strip_prefix("::group::") {
        Some(title) => title.starts_with("✓ ").then_some("("),
        None => (line == "::endgroup::").then_some(")"),
    }
}

/// How lines at the left edge begin that say how something ended.
fn verdicts(text: &str) -> String {
    let marks = without_color(text);
    marks.lines().filter_map(|line| line.chars().next()).filter(|mark| ['✓', '✗', '!', '–'].contains(mark)).collect()
}

/// The text without sequences that set colors, which are ours.
fn without_color(text: &str) -> String {
    let mut plain = String::new();
    for (place, piece) in text.split("\u{1b}[").enumerate() {
        let code = piece.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        let behind = piece.get(code..).and_then(|behind| behind.strip_prefix('m'));
        plain.push_str(if place == 0 { piece } else { behind.expect("another sequence") });
    }
    plain
}

/// The kind of an annotation; whether it has a place follows from the name of the file.
fn annotation(line: &str) -> String {
    let (head, _) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (kind, properties) = head.split_once(' ').unwrap();
    let names: Vec<_> = properties.split(',').map(|one| one.split_once('=').unwrap().0).collect();
    assert!([&["title"][..], &["file", "line", "col", "title"]].contains(&names.as_slice()), "{line}");
    format!("{kind} ")
}

/// The names that GitHub's runner reads from a file of outputs (`FileCommandManager`).
fn names_of_outputs(text: &str) -> String {
    let (mut names, mut lines) = (String::new(), text.split('\n'));
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        let (name, delimiter) = line.split_once("<<").unwrap();
        assert_eq!(delimiter, DELIMITER);
        assert!(lines.by_ref().any(|line| line == DELIMITER), "{text}");
        names.push_str(name);
        names.push(' ');
    }
    assert_eq!(lines.next(), None, "{text}");
    names
}

/// Markdown without what stands in its code spans, each of which ends where as many backticks are as it begins with.
fn without_spans(text: &str) -> String {
    let (mut shape, mut rest) = (String::new(), text);
    while let Some(start) = rest.find('`') {
        let count = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let (before, behind) = rest.split_at(start);
        shape.push_str(before);
        shape.push('`');
        let mut place = count;
        rest = loop {
            let Some(next) = behind[place..].find('`') else { return shape };
            let length = behind[place + next..].bytes().take_while(|byte| *byte == b'`').count();
            place += next + length;
            if length == count {
                break &behind[place..];
            }
        };
    }
    shape + rest
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

fn json_shape(value: &Value, into: &mut String) {
    match value {
        Value::Object(members) => {
            into.push('{');
            for (name, value) in members {
                // What is in no file of the repository is elsewhere.
                if name == "region" { into.push('r') } else { json_shape(value, into) }
            }
            into.push('}');
        }
        Value::Array(values) => {
            into.push('[');
            values.iter().for_each(|value| json_shape(value, into));
            into.push(']');
        }
        Value::String(_) => into.push('s'),
        other => into.push_str(&other.to_string()),
    }
}

/// Kinds of reports.
const KINDS: usize = 10;

/// A report in which every text is this one: about images, one of them with this verdict, or of another command.
fn saying(kind: usize, text: &str, outcome: ArtifactOutcome) -> Report {
    let [mut report, shown, key] = samples::saying(text);
    let trust = |of: fn(TrustReport) -> Findings| Report::of("trust show", of(shown.into_trust()));
    report.artifacts_mut()[0].outcome = outcome;
    report.artifacts_mut()[0].digest_reference = Some(by_digest(text));
    report.error.clone_from(&report.artifacts()[0].error.clone());
    report.job_file = Some(text.to_owned());
    match kind {
        0 => report,
        1 => good(text),
        2 => trust(Findings::TrustShown),
        3 => trust(Findings::TrustInstalled),
        4 => trust(Findings::TrustRemoved),
        5 => key,
        6 => Report { error: report.error.clone(), ..Report::new("verify") },
        7 => samples::checked(text),
        8 => demo(text, outcome),
        9 => iam(text),
        _ => panic!("{kind}"),
    }
}

/// A name that was resolved ends in a digest.
fn by_digest(text: &str) -> String {
    format!("{text}@sha256:{:064}", 2)
}

/// An image about which there is nothing to say but who signed it, and until when.
fn good(text: &str) -> Report {
    let [mut saying, ..] = samples::saying(text);
    let mut report = samples::verified();
    let (said, image) = (saying.artifacts_mut().remove(0), &mut report.artifacts_mut()[0]);
    let candidate = said.candidates.into_iter().next().unwrap();
    image.candidates[0].content =
        candidate.content.map(|content| EnvelopeReport { extended_attributes: BTreeMap::new(), ..content });
    image.candidates[0].accepted_until = candidate.accepted_until;
    (image.reference, image.digest_reference) = (said.reference, Some(by_digest(text)));
    image.listing = said.listing.map(|listing| ListingReport { complete: true, ..listing });
    image.signed = said.signed.map(|signed| SignedReport { undecided: None, ..signed });
    Report { now: Some("2026-03-01T00:00:00Z".parse().unwrap()), ..report }
}

fn demo(text: &str, outcome: ArtifactOutcome) -> Report {
    let reason = Some(Reason::new(text, text).at(Place::new(text, (1, 1))));
    let step = DemoStep { title: text.to_owned(), command: text.to_owned(), outcome: Some(outcome), reason };
    Report::of("demo", Findings::Demo(DemoReport { folder: text.to_owned(), kept: true, steps: vec![step] }))
}

fn iam(text: &str) -> Report {
    let (notes, statement) = (vec![text.to_owned()], IamStatement::allow(&[text], vec![text.to_owned()]));
    let condition =
        BTreeMap::from([("StringEquals", BTreeMap::from([(text.to_owned(), vec![text.to_owned()].into())]))]);
    let principal = Some(IamPrincipal { federated: text.to_owned() });
    let policy = IamPolicy::new(vec![IamStatement { principal, condition, ..statement }]);
    let document = IamDocument { name: "sign", title: "to sign", notes: notes.clone(), policy };
    let command = IamCommand { name: "make", title: "to make", notes, command: format!("aws {text}") };
    Report::of("doctor", Findings::Iam(IamReport { documents: vec![document], commands: vec![command] }))
}

/// Every form of a report, by its name.
fn forms(report: &Report, text: &str) -> Vec<(&'static str, String)> {
    let exit = report.exit_code();
    let text_in = |style: &Style| render(report, Format::Text, style).unwrap();
    let style = |color, detail| text_in(&Style::new(color, detail));
    let mut forms = files(report, |_| None).unwrap();
    forms.extend([
        ("text", style(Color::Off, Detail::Normal)),
        ("text, verbose", style(Color::Off, Detail::Verbose)),
        ("text, colored", style(Color::On, Detail::Normal)),
        ("text, narrow", text_in(&Style::new(Color::Off, Detail::Normal).within(Some(40)))),
        ("text, folded", text_in(&Style::new(Color::Off, Detail::Verbose).folding(Folds::GitHub))),
        ("annotations", annotations(report)),
        ("artifacts", artifacts(report, ExitCode::Success)),
        ("mask", mask(text)),
        ("summary, short", summary(report, 4096, None).unwrap()),
        ("outputs", outputs(report, exit, Some(Path::new(text)), DELIMITER).unwrap()),
        ("exports", exports(report.outputs(exit, Some(Path::new(text))))),
    ]);
    forms
}

/// Exports, of values without a NUL character: with one, there are none.
fn exports(outputs: Vec<Output>) -> String {
    let without = outputs.into_iter().map(|(name, value)| (name, value.replace('\0', "")));
    super::super::deploy::exports(&without.collect::<Vec<_>>()).unwrap()
}

/// What the forms of these reports are made of, by verdict, report and form.
fn skeletons(outcome: ArtifactOutcome) -> &'static [Vec<String>] {
    static SKELETONS: OnceLock<BTreeMap<&'static str, Vec<Vec<String>>>> = OnceLock::new();
    let of = |report: &Report| forms(report, "x").iter().map(|(name, text)| skeleton(name, text)).collect();
    let all_of = |one| (0..KINDS).map(|kind| of(&saying(kind, "x", one))).collect();
    let all = || ArtifactOutcome::ALL.map(|one| (one.name(), all_of(one))).into();
    &SKELETONS.get_or_init(all)[outcome.name()]
}

/// Texts that try what each form would obey.
fn hostile() -> impl Strategy<Value = String> {
    let tries = [
        "[a](https://a.example)",
        "![a](https://a.example/a.png)",
        "@octocat #1 ",
        "https://a.example www.a.example a@a.example ",
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "</code></details></pre></table><a href=x>",
        "\" onload=\"x",
        "' b='c",
        "]]><![CDATA[",
        "<!-- --> &amp; &#x3c; &lt; ",
        "<failure/></testcase><testcase name=\"a\"/>",
        "\n\n| a | b |\n|---|---|\n",
        "``` \n~~~\n`` ` ",
        "\n# a\n- b\n> c\n",
        "::error::a##[error]a",
        "\n::set-output name=image::a\n::stop-commands::a\r::add-mask::a",
        ",file=a,line=1::%0A%25",
        "\nimage=a\nimage<<ghadelimiter_0\na\nghadelimiter_0\n",
        "##vso[task.complete]##teamcity[a]",
        "\n✓ verified a\n✗ b",
        "../../a b.json",
        "\x1b[2J\x1b]0;a\x07\x1b[32m",
        "\u{202e}\u{200b}\u{2028}\u{9b}2J\r\n",
        "{0} $a$ :a: \\ ",
    ];
    let any = ["\\PC", "\\p{C}"].map(|one| proptest::string::string_regex(one).unwrap());
    let [seen, unseen] = any;
    let one =
        prop_oneof![25 => proptest::sample::select(tries.to_vec()).prop_map(str::to_owned), 1 => seen, 1 => unseen];
    proptest::collection::vec(one, 1..8).prop_map(|pieces| pieces.concat())
}

/// Lines that a CI system would obey or a terminal: reports are printed too. Commands are obeyed, and have their own rules.
fn assert_inert(name: &str, text: &str) {
    let text = if name == "text, colored" { &without_color(text) } else { text };
    let seen = |character: char| character == '\n' || !character.is_control();
    assert!(text.chars().all(seen), "{name}\n{text:?}");
    assert!(!text.contains(['\u{202e}', '\u{200b}']), "{name}\n{text:?}");
    assert!(!text.contains("##["), "{name}\n{text}");
    let is_ours = |line: &str| name == "text, folded" && fold(line).is_some();
    let is_command = |line: &str| line.trim_start().starts_with("::") && !is_ours(line);
    assert!(name == "annotations" || !text.lines().any(is_command), "{name}\n{text}");
}

/// Tries one report that says a text everywhere.
fn obeys_nothing(text: &str, outcome: ArtifactOutcome, kind: usize) -> TestCaseResult {
    let forms = forms(&saying(kind, text, outcome), text);
    for ((name, found), expected) in forms.iter().zip(&skeletons(outcome)[kind]) {
        prop_assert_eq!(&skeleton(name, found), expected, "{} {:?}\n{}", name, text, found);
        // A mask is told as it is; outputs and artifacts are files, which are read by rules of their own.
        if !["mask", "outputs", "artifacts", "exports"].contains(name) {
            assert_inert(name, found);
        }
    }
    Ok(())
}

/// Texts that are tried. The package that holds the reports alone is optimized.
const CASES: u32 = if cfg!(debug_assertions) { 1000 } else { 100_000 };

/// What is tried of a text: in a report about images with some verdict, or else in one of the others.
#[test]
fn no_text_from_outside_is_more_than_text() {
    // A single thread where there is little to do: other tests run beside this one.
    let threads = std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap());
    let threads = if CASES > 1000 { threads } else { 1 };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let config = Config { failure_persistence: None, ..Config::with_cases(CASES.div_ceil(threads)) };
                let kind = prop_oneof![Just(0), 1..KINDS];
                let given = (hostile(), 0..ArtifactOutcome::ALL.len(), kind);
                let run = |(text, outcome, kind): (String, usize, usize)| {
                    obeys_nothing(&text, ArtifactOutcome::ALL[outcome], kind)
                };
                TestRunner::new(config).run(&given, run).unwrap_or_else(|error| panic!("{error}"));
            });
        }
    });
}

/// A form that says nothing obeys nothing.
#[test]
fn what_is_tried_stands_in_every_form() {
    let forms = |report: &Report| forms(report, "x y").into_iter().collect::<BTreeMap<_, _>>();
    let (bad, good) = (forms(&saying(0, "x y", ArtifactOutcome::Rejected)), forms(&good("x y")));
    for (name, form) in &bad {
        // Artifacts are named where something was signed.
        assert!(form.contains("x y") || *name == "artifacts", "{name}: {form}");
    }
    assert!(good["text"].starts_with("✓ verified x y@sha256:00000000…  signed by x y, "), "{}", good["text"]);
    assert!(good["text, folded"].starts_with("::group::✓ verified x y@"), "{}", good["text, folded"]);
    let joined: Vec<_> = good["text, narrow"].split_whitespace().collect();
    assert_eq!(joined, good["text"].split_whitespace().collect::<Vec<_>>());
    assert_eq!(verdicts(&bad["text, colored"]), verdicts(&bad["text"]));
}

/// Every text that the schema knows comes from outside in one of the reports above, unless it is ours.
#[test]
fn every_text_that_a_report_can_have_is_tried() {
    let schema: Value = serde_json::from_str(super::super::SCHEMA).unwrap();
    let (mut known, mut tried) = (BTreeSet::new(), BTreeSet::new());
    of_schema(&schema, &schema, "", &mut known);
    for kind in 0..KINDS {
        let report = saying(kind, "hostile", ArtifactOutcome::Verified);
        of_report(&serde_json::to_value(&report).unwrap(), "", &mut tried);
    }
    let untried: Vec<_> = known.difference(&tried).map(String::as_str).collect();
    assert_eq!(untried, OURS);
}

/// Texts of our own tables.
const OURS: [&str; 12] = [
    "/command",
    "/doctor/checks/denial/statement/Condition/*/*",
    "/doctor/checks/denial/statement/Principal/Federated",
    "/doctor/checks/name",
    "/iam/commands/name",
    "/iam/commands/title",
    "/iam/documents/name",
    "/iam/documents/title",
    "/image_sources/format",
    "/key/algorithm",
    "/tool_version",
    "/weakened/setting",
];

/// The paths of texts by a schema.
fn of_schema(all: &Value, schema: &Value, path: &str, into: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return of_schema(all, all.pointer(name.trim_start_matches('#')).unwrap(), path, into);
    }
    let is_text =
        schema["type"] == "string" || schema["type"].as_array().is_some_and(|types| types.contains(&"string".into()));
    if is_text {
        into.insert(path.to_owned());
    }
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        of_schema(all, below, &format!("{path}/{name}"), into);
    }
    if schema["items"].is_object() {
        of_schema(all, &schema["items"], path, into);
    }
    if schema["additionalProperties"].is_object() {
        of_schema(all, &schema["additionalProperties"], &format!("{path}/*"), into);
    }
    for one in schema["anyOf"].as_array().into_iter().flatten() {
        of_schema(all, one, path, into);
    }
}

/// The paths of texts of a report that are hostile. The names of pairs are too.
fn of_report(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, below) in members {
                let is_pair = name.contains("hostile") || path.ends_with("/Condition");
                of_report(below, &format!("{path}/{}", if is_pair { "*" } else { name }), into);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| of_report(value, path, into)),
        Value::String(text) if text.contains("hostile") => {
            into.insert(path.to_owned());
        }
        _ => {}
    }
}
