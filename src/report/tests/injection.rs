//! Whatever a stranger writes, in whatever field: no form of a report obeys it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use serde_json::Value;

use super::super::model::*;
use super::super::style::{Color, Detail, Folds, Style};
use super::super::{
    DeployKind, Files, Format, Language, OutputForm, annotations, artifacts, deploy_file, files, mask, outputs, render,
    samples, summary, upload_summary,
};
use crate::exit_code::ExitCode;

/// What stands between values of outputs.
const DELIMITER: &str = "ghadelimiter_0f1e2d3c";

/// What a form is made of besides its texts: nothing of it comes from outside.
fn skeleton(name: &str, text: &str) -> String {
    match name {
        "report.json" | "report.sarif" | "gl-code-quality.json" | "annotations.json" => {
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
        folded if folded.starts_with("text, folded") => {
            let folds: String = text.split('\n').filter_map(|line| fold(name, line)).collect();
            folds + &verdicts(&without_folds(name, text))
        }
        "text, sections" => sections(text) + &verdicts(&without_markers(text)),
        "dotenv" => names_of_variables(text),
        "annotations" => text.lines().map(annotation).collect(),
        "annotations, azure" | "annotations, teamcity" | "outputs, azure" | "outputs, teamcity" | "summary, azure" => {
            text.split_terminator('\n').map(command).collect()
        }
        "vsa" => {
            let statements = text.split_terminator('\n').map(|line| serde_json::from_str::<Value>(line).unwrap());
            let mut shape = String::new();
            statements.for_each(|statement| json_shape(&statement, &mut shape));
            shape
        }
        "outputs" => names_of_outputs(text),
        "outputs, lines" => text.split_terminator('\n').map(|line| line.split_once('=').unwrap().0).collect(),
        "outputs, exports" => unquoted(text),
        "artifacts" => {
            let is_image = |line: &str| line.starts_with("oci://") && !line.contains('=');
            assert!(text.split_terminator(['\n', '\r']).all(is_image), "{text}");
            String::new()
        }
        "mask" => text.split_terminator(['\n', '\r']).filter_map(|line| line.get(..12)).collect(),
        // It may be cut anywhere.
        "summary, short" => String::new(),
        _ => panic!("{name}"),
    }
}

/// How lines begin that fold a log, and how those that end it: a fold has the verdict on an image for its title.
const FOLDS: [(&str, Folds, &str, &str); 5] = [
    ("text, folded", Folds::GitHub, "::group::✓ ", "::endgroup::"),
    ("text, folded, azure", Folds::Azure, "##[group]✓ ", "##[endgroup]"),
    ("text, folded, buildkite", Folds::Buildkite, "--- ✓ ", "+++ sealgate verify"),
    (
        "text, folded, travis",
        Folds::Travis,
        "travis_fold:start:sealgate-verify-1\r\u{1b}[0K✓ ",
        "travis_fold:end:sealgate-verify-1\r\u{1b}[0K",
    ),
    (
        "text, folded, teamcity",
        Folds::TeamCity,
        "##teamcity[blockOpened name='|0x2713 ",
        "##teamcity[blockClosed name='|0x2713 ",
    ),
];

/// Those, and GitLab, whose sections have a rule of their own.
const SYSTEMS_THAT_FOLD: usize = FOLDS.len() + 1;

/// Whether a line of a form is one of those.
fn fold(name: &str, line: &str) -> Option<&'static str> {
    let (_, _, start, end) = FOLDS.iter().find(|(form, ..)| *form == name)?;
    if line.starts_with(start) { Some("(") } else { line.starts_with(end).then_some(")") }
}

/// The lines of a form that are none of those.
fn without_folds(name: &str, text: &str) -> String {
    text.split_inclusive('\n').filter(|line| fold(name, line.trim_end_matches('\n')).is_none()).collect()
}

/// The markers of sections, as GitLab finds them in a log (`Gitlab::Regex.build_trace_section_regex`): where they begin and end.
fn sections(text: &str) -> String {
    let (mut found, mut rest) = (String::new(), text);
    while let Some((_, behind)) = rest.split_once("section_") {
        rest = behind;
        let Some((marker, _)) = behind.split_once("\r\u{1b}[0K") else { continue };
        let (head, options) = marker.split_once('[').unwrap_or((marker, "]"));
        let Some(options) = options.strip_suffix(']') else { continue };
        let mut parts = head.split(':');
        let (Some(what @ ("start" | "end")), Some(time), Some(name), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let is_name = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
        let is_option = |character: char| is_name(character) || "=,".contains(character);
        if time.bytes().all(|byte| byte.is_ascii_digit()) && name.chars().all(is_name) && options.chars().all(is_option)
        {
            found.push_str(&format!("{what} {name} {options} "));
        }
    }
    found
}

/// The text without those markers, which must be whole and ours.
fn without_markers(text: &str) -> String {
    let mut plain = String::new();
    for (place, piece) in text.split("\u{1b}[0Ksection_").enumerate() {
        let behind = if place == 0 { Some(piece) } else { piece.split_once("\r\u{1b}[0K").map(|(_, behind)| behind) };
        plain.push_str(behind.expect("a whole marker"));
    }
    plain
}

/// The names that GitLab reads from a file of variables (`ParseDotenvArtifactService`). Which there are depends on what fits.
fn names_of_variables(text: &str) -> String {
    assert!(text.len() < 5 * 1024, "{text}");
    for line in text.split_terminator('\n') {
        let (name, value) = line.split_once('=').unwrap();
        assert!(name.starts_with("SEALGATE_OUTPUT_"), "{text}");
        let is_plain = |character: char| character.is_ascii_graphic() && !"$#'`\\".contains(character);
        assert!(value.chars().all(is_plain), "{text}");
    }
    String::new()
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

/// The kind of a command of Azure Pipelines or TeamCity, of which a line has one, as the one and the other find its end.
fn command(line: &str) -> String {
    assert!(!line.contains('\r') && line.starts_with("##"), "{line}");
    if let Some(command) = line.strip_prefix("##vso[") {
        let (head, _) = command.split_once(']').unwrap();
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let ours = ["type", "variable", "isOutput"];
        let shown = |one: &str| match one.split_once('=').unwrap() {
            (name, value) if ours.contains(&name) => format!("{name}={value} "),
            (name, _) => {
                assert!(["sourcepath", "linenumber", "columnnumber"].contains(&name), "{line}");
                String::new()
            }
        };
        return format!("{name} {}", properties.split_terminator(';').map(shown).collect::<String>());
    }
    let (shape, is_value) = outside_quotes(line, '|', true);
    assert!(shape.ends_with(']') && !is_value, "{line}");
    shape
}

/// A script without what its single quotes hold, as a shell finds their ends.
fn unquoted(script: &str) -> String {
    let (shape, is_quoted) = outside_quotes(script, '\\', false);
    assert!(!is_quoted, "{script}");
    shape
}

/// What stands outside of single quotes, and whether the last of them is open. `escape` takes the meaning of a character, in quotes
/// or outside of them.
fn outside_quotes(text: &str, escape: char, in_quotes: bool) -> (String, bool) {
    let (mut shape, mut is_quoted, mut characters) = (String::new(), false, text.chars());
    while let Some(character) = characters.next() {
        match character {
            other if other == escape && is_quoted == in_quotes => _ = characters.next(),
            '\'' => is_quoted = !is_quoted,
            other if !is_quoted => shape.push(other),
            _ => {}
        }
    }
    (shape, is_quoted)
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
                if ["region", "lines"].contains(&name.as_str()) { into.push('r') } else { json_shape(value, into) }
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
const KINDS: usize = 13;

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
        10 => gated(text, report),
        11 => samples::gates(text),
        12 => pinned(text, report),
        _ => panic!("{kind}"),
    }
}

/// An image that deploy files name.
fn pinned(text: &str, mut report: Report) -> Report {
    report.artifacts_mut()[0].named_at = vec![Place::new(text, (4, 5)); 2];
    Report { files: samples::deploy_files(text), error: None, ..report }
}

/// An image that was judged by gates, in a run of which nothing but the image says how it ends.
fn gated(text: &str, mut report: Report) -> Report {
    let image = &mut report.artifacts_mut()[0];
    image.signed = None;
    // What is only listed has no verdict in front of its name, and no gates either.
    if image.outcome != ArtifactOutcome::Listed {
        image.caveats.clear();
    }
    // A signature that counts was found by its digest.
    let rows = image.gate.iter_mut().flat_map(|gate| &mut gate.rows);
    for approval in rows.flat_map(|row| &mut row.met_by) {
        approval.signature_manifest = format!("sha256:{:064}", 3);
    }
    report.weakened.clear();
    let policy = Some(PolicyReport { uri: text.to_owned(), digest: format!("sha256:{:064}", 4) });
    Report { policy, error: None, now: Some("2026-03-01T00:00:00Z".parse().unwrap()), ..report }
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
    let outputs_in = |form| outputs(report, exit, Some(Path::new(text)), form, DELIMITER).unwrap();
    let mut forms = files(report, Files::WithThoseOfGitLab, |_| None).unwrap();
    forms.extend([
        ("text", style(Color::Off, Detail::Normal)),
        ("text, verbose", style(Color::Off, Detail::Verbose)),
        ("text, colored", style(Color::On, Detail::Normal)),
        ("text, narrow", text_in(&Style::new(Color::Off, Detail::Normal).within(Some(40)))),
        (
            "dotenv",
            deploy_file(report, exit, DeployKind::Dotenv, Some(Path::new(text))).ok().flatten().unwrap_or_default(),
        ),
        ("vsa", deploy_file(report, exit, DeployKind::Summaries, None).ok().flatten().unwrap_or_default()),
        ("annotations", annotations(report, Language::GitHub)),
        ("annotations, azure", annotations(report, Language::Azure)),
        ("annotations, teamcity", annotations(report, Language::TeamCity)),
        ("artifacts", artifacts(report, ExitCode::Success)),
        ("mask", mask(text)),
        ("summary, short", summary(report, 4096, None).unwrap()),
        ("summary, azure", upload_summary(text)),
        ("outputs", outputs_in(OutputForm::GitHub)),
        ("outputs, exports", outputs_in(OutputForm::Exports)),
        ("outputs, lines", outputs_in(OutputForm::Lines)),
        ("outputs, azure", outputs_in(OutputForm::Azure)),
        ("outputs, teamcity", outputs_in(OutputForm::TeamCity)),
    ]);
    forms
}

/// The log of each system that folds, or of these, by the name of this form. Only images are folded.
fn folded(report: &Report, which: std::ops::Range<usize>) -> impl Iterator<Item = (&'static str, String)> {
    let gitlab = ("text, sections", Folds::GitLab, Color::On);
    let all = FOLDS.iter().map(|(name, folds, ..)| (*name, *folds, Color::Off)).chain([gitlab]);
    let which = if report.artifacts().is_empty() { 0..0 } else { which };
    all.skip(which.start).take(which.len()).map(|(name, folds, color)| {
        let style = Style::new(color, Detail::Verbose).folding(folds);
        (name, render(report, Format::Text, &style).unwrap())
    })
}

/// By the name of a form, what it is made of.
type Skeletons = BTreeMap<&'static str, String>;

/// What the forms of these reports are made of, by verdict and report.
fn skeletons(outcome: ArtifactOutcome) -> &'static [Skeletons] {
    static SKELETONS: OnceLock<BTreeMap<&'static str, Vec<Skeletons>>> = OnceLock::new();
    let of = |report: &Report| -> Skeletons {
        let all = forms(report, "x").into_iter().chain(folded(report, 0..SYSTEMS_THAT_FOLD));
        all.map(|(name, text)| (name, skeleton(name, &text))).collect()
    };
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
        "]##vso[task.setvariable variable=x]y;z=%3B%AZP25",
        "|'|]'] name='b' |n|0x0041",
        "\n--- a\n+++ b\n~~~ c\n^^^ +++\n",
        "\ntravis_fold:start:a\r\x1b[0Ka\n##[group]a\n##teamcity[blockClosed name='a']\n",
        "'$(id)' `id` \\'; export SEALGATE_OUTPUT_RESULT=x",
        "\n✓ verified a\n✗ b",
        "../../a b.json",
        "\x1b[2J\x1b]0;a\x07\x1b[32m",
        "\u{202e}\u{200b}\u{2028}\u{9b}2J\r\n",
        "{0} $a$ :a: \\ ",
        "\x1b[0Ksection_start:1:a[collapsed=true]\r\x1b[0Ka\n",
        "section_end:1:a\r\x1b[0K",
        "\nSEALGATE_OUTPUT_IMAGE=a\n$CI_JOB_TOKEN ${HOME}",
    ];
    let any = ["\\PC", "\\p{C}"].map(|one| proptest::string::string_regex(one).unwrap());
    let [seen, unseen] = any;
    let one =
        prop_oneof![25 => proptest::sample::select(tries.to_vec()).prop_map(str::to_owned), 1 => seen, 1 => unseen];
    proptest::collection::vec(one, 1..8).prop_map(|pieces| pieces.concat())
}

/// Lines that a CI system would obey or a terminal: reports are printed too. Commands are obeyed, and have their own rules.
fn assert_inert(name: &str, text: &str) {
    let text = match name {
        "text, colored" => &without_color(text),
        "text, sections" => &without_color(&without_markers(text)),
        _ => &without_folds(name, text),
    };
    let moves = |character: char| character.is_control() || ['\u{202e}', '\u{200b}'].contains(&character);
    assert!(!text.contains(|character| character != '\n' && moves(character)), "{name}\n{text:?}");
    assert!(!text.contains("##["), "{name}\n{text}");
    let seen = || text.lines().map(str::trim_start);
    let begins = |signs: &[&str]| seen().any(|line| signs.iter().any(|sign| line.starts_with(sign)));
    assert!(name == "annotations" || !begins(&["::"]), "{name}\n{text}");
    assert!(!name.starts_with("text") || !begins(&["---", "+++", "~~~", "travis_"]), "{name}\n{text}");
}

/// Tries one report that says a text everywhere.
fn obeys_nothing(text: &str, outcome: ArtifactOutcome, kind: usize) -> TestCaseResult {
    let report = saying(kind, text, outcome);
    let mut forms = forms(&report, text);
    // They are all one tree: each text is tried in one of them.
    let fold = text.len() % SYSTEMS_THAT_FOLD;
    forms.extend(folded(&report, fold..fold + 1));
    for (name, found) in &forms {
        let expected = &skeletons(outcome)[kind][name];
        // No variable can hold it, and so it is said of none.
        if text.contains('\0') && *name == "outputs, exports" {
            continue;
        }
        prop_assert_eq!(&skeleton(name, found), expected, "{} {:?}\n{}", name, text, found);
        // A mask is told as it is; what is read by rules of its own has them above.
        let has_rules = |kind: &str| name.starts_with(kind) && !["annotations", "annotations.json"].contains(name);
        let ruled = ["mask", "outputs", "artifacts", "annotations", "summary, azure", "dotenv"];
        if !ruled.into_iter().any(has_rules) {
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
    let threads = if CASES > 500 { threads } else { 1 };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let config = Config { failure_persistence: None, ..Config::with_cases(CASES.div_ceil(threads)) };
                let given = (hostile(), 0..ArtifactOutcome::ALL.len(), 0..KINDS);
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
    let forms = |report: &Report| {
        forms(report, "x y").into_iter().chain(folded(report, 0..SYSTEMS_THAT_FOLD)).collect::<BTreeMap<_, _>>()
    };
    let (bad, good) = (forms(&saying(0, "x y", ArtifactOutcome::Rejected)), forms(&good("x y")));
    for (name, form) in &bad {
        // Artifacts are named where something was signed.
        let is_of_others = ["artifacts", "annotations.json", "dotenv", "vsa"].contains(name);
        assert!(form.contains("x y") || is_of_others, "{name}: {form}");
    }
    let gated = forms(&saying(10, "x y", ArtifactOutcome::Verified));
    assert!(gated["vsa"].contains("\"name\":\"x y\"") && gated["vsa"].contains("PASSED"), "{}", gated["vsa"]);
    assert!(good["text"].starts_with("✓ verified x y@sha256:00000000…  signed by x y, "), "{}", good["text"]);
    let header = without_color(&without_markers(&good["text, sections"]));
    assert!(good["text, sections"].starts_with("\u{1b}[0Ksection_start:") && header.starts_with("✓ verified x y@"));
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
const OURS: [&str; 14] = [
    "/command",
    "/doctor/checks/denial/statement/Condition/*/*",
    "/doctor/checks/denial/statement/Principal/Federated",
    "/doctor/checks/name",
    "/files/kind",
    "/iam/commands/name",
    "/iam/commands/title",
    "/iam/documents/name",
    "/iam/documents/title",
    "/image_sources/format",
    "/job/system",
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
