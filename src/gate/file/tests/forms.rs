//! What else a file can be made of: encodings, line ends, and what YAML has besides maps, lists and strings.

use super::*;
use crate::document::DocumentError;

/// A file in which this stands in the place of the stages.
fn with(stages: &str) -> String {
    format!("version: 1\nsigners:\n  ci: {{profile: '{CI}'}}\n  qa: {{root: ca.pem, identity: '*'}}\n{stages}")
}

const STAGES: &str = "stages:\n  test:\n    require: [ci]\n  prod:\n    require: [qa]\n    after: test\n";

fn names(gates: &Gates) -> Vec<&str> {
    gates.stages.iter().map(|stage| stage.name.as_str()).collect()
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing_but_the_digest() {
    let plain = parsed(&with(STAGES)).gates;
    for text in [with(STAGES).replace('\n', "\r\n"), format!("\u{feff}{}", with(STAGES)), with(STAGES) + "# end"] {
        let gates = parsed(&text).gates;
        assert_eq!(names(&gates), names(&plain));
        assert_eq!(gates.stages[1].require[0].place, plain.stages[1].require[0].place);
        assert_ne!(gates.sha256, plain.sha256);
    }
}

/// JSON is YAML.
#[test]
fn a_file_may_be_json() {
    let text = format!(
        r#"{{"version": 1, "signers": {{"ci": {{"profile": "{CI}"}}}}, "stages": {{"prod": {{"require": [{{"signer": "ci", "max-age": "1d"}}]}}}}}}"#
    );
    assert_eq!(names(&parsed(&text).gates), ["prod"]);
}

#[test]
fn what_is_no_text_is_no_file_of_gates() {
    let utf16: Vec<u8> = with(STAGES).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [vec![0xff, 0xfe], utf16.clone()].concat();
    let latin = [with(STAGES).as_bytes(), b"# caf\xe9\n"].concat();
    let nul = [with(STAGES).as_bytes(), b"# \0\n"].concat();
    type Case<'a> = (&'a [u8], fn(&DocumentError) -> bool);
    let cases: [Case<'_>; 4] = [
        (&utf16, |error| matches!(error, DocumentError::Utf16)),
        (&marked, |error| matches!(error, DocumentError::Utf16)),
        (&latin, |error| matches!(error, DocumentError::NotUnicode { place: (11, 6) })),
        (&nul, |error| matches!(error, DocumentError::Control { place: (11, 3), .. })),
    ];
    for (bytes, is_expected) in cases {
        let faults = parse(bytes, &read_root).unwrap_err();
        let [Placed { fault: Fault::Document(error), .. }] = faults.as_slice() else { panic!("{}", told(&faults)) };
        assert!(is_expected(error), "{error}");
    }
}

#[test]
fn what_two_readers_could_read_in_two_ways_is_refused() {
    type Case<'a> = (&'a str, &'a str, fn(&Fault) -> bool);
    let cases: [Case<'_>; 14] = [
        // Keys that stand twice.
        ("stages: {a: {require: [ci]}, a: {require: [qa]}}", "5:30", |fault| {
            matches!(fault, Fault::Document(DocumentError::Duplicate { .. }))
        }),
        ("stages: {a: {require: [ci]}}\nversion: 1\n", "6:1", |fault| {
            matches!(fault, Fault::Document(DocumentError::Duplicate { .. }))
        }),
        ("stages: {a: {require: [{signer: ci, metadata: {b: c, 'b': d}}]}}", "5:54", |fault| {
            matches!(fault, Fault::Document(DocumentError::Duplicate { .. }))
        }),
        // A tab as indentation.
        ("stages:\n\ta:\n\t\trequire: [ci]\n", "6:2", |fault| {
            matches!(fault, Fault::Document(DocumentError::Yaml { .. }))
        }),
        // Merge keys.
        ("stages:\n  a: &a {require: [ci]}\n  b: {<<: *a, require: [qa]}\n", "7:7", |fault| {
            matches!(fault, Fault::Merge { .. })
        }),
        ("stages:\n  a: {require: [ci]}\n  <<: {b: {require: [qa]}}\n", "7:3", |fault| {
            matches!(fault, Fault::Merge { .. })
        }),
        ("stages: {a: {require: [{signer: ci, metadata: {<<: {b: c}}}]}}", "5:48", |fault| {
            matches!(fault, Fault::Merge { .. })
        }),
        ("stages: {a: {require: [{signer: ci, metadata: {<<: b}}]}}", "5:48", |fault| {
            matches!(fault, Fault::Merge { .. })
        }),
        // Tags.
        ("stages: !x {a: {require: [ci]}}", "5:12", |fault| matches!(fault, Fault::Tag { .. })),
        ("stages: {a: {require: !x [ci]}}", "5:26", |fault| matches!(fault, Fault::Tag { .. })),
        ("stages: {a: {require: [!x ci]}}", "5:27", |fault| matches!(fault, Fault::Type { .. })),
        ("stages: {a: {require: [{signer: ci, max-age: !x 1d}]}}", "5:49", |fault| matches!(fault, Fault::Type { .. })),
        // An alias of nothing, and one of what it is a part of.
        ("stages: *a\n", "5:9", |fault| matches!(fault, Fault::Document(DocumentError::UnknownAlias { .. }))),
        ("stages: &a {a: *a}\n", "5:16", |fault| {
            matches!(fault, Fault::Document(DocumentError::RecursiveAlias { .. }))
        }),
    ];
    for (stages, place, is_expected) in cases {
        let faults = faults(&with(stages));
        let (line, column) = faults[0].place;
        assert!(is_expected(&faults[0].fault), "{stages}\n{}", told(&faults));
        assert_eq!(format!("{line}:{column}"), place, "{stages}\n{}", told(&faults));
    }
}

#[test]
fn an_alias_is_what_it_stands_for_under_every_rule() {
    let gates = parsed(&with("stages:\n  a: {require: &all [&ci ci]}\n  b: {require: [qa], after: &a a}\n")).gates;
    assert_eq!(names(&gates), ["a", "b"]);
    let gates = parsed(&with("stages: {a: {require: [&ci ci, {any: 1, of: [qa]}]}}")).gates;
    assert_eq!(gates.stages[0].require.len(), 2);
    // The same list in two stages: one signature would meet both.
    let twice = faults(&with("stages:\n  a: {require: &all [ci, qa]}\n  b: {require: *all}\n"));
    assert!(twice.iter().all(|placed| matches!(placed.fault, Fault::NeedsStage { .. })), "{}", told(&twice));
    let twice = faults(&with("stages: {a: {require: [&ci ci, *ci]}}"));
    assert!(matches!(twice[0].fault, Fault::TwoRequirements { .. }), "{}", told(&twice));
}

/// What is beyond a limit is never read as if it were not there.
#[test]
fn each_limit_is_a_fault_of_its_own() {
    let many = |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<Vec<_>>().join(", ");
    let pairs = |count| {
        format!("stages: {{a: {{require: [{{signer: ci, metadata: {{{}}}}}, qa]}}}}", {
            many(count, &|at| format!("k{at}: v"))
        })
    };
    assert_eq!(parsed(&with(&pairs(limits::ENTRIES))).gates.stages[0].require[0].metadata.len(), limits::ENTRIES);
    let names = |count| format!("stages: {{a: {{require: [ci], after: [{}]}}}}", many(count, &|at| format!("s{at}")));
    let stages = |count| format!("stages: {{{}}}", many(count, &|at| format!("s{at}: {{require: [ci]}}")));
    for text in [pairs(limits::ENTRIES + 1), names(limits::ENTRIES + 1), stages(limits::STAGES + 1)] {
        let faults = faults(&with(&text));
        assert!(faults.iter().any(|placed| matches!(placed.fault, Fault::TooMany { .. })), "{}", told(&faults));
    }
}

/// A root that was issued anew with its old key is the same authority.
#[test]
fn a_root_is_known_by_its_key() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let root = |serial: u64| {
        let mut params = rcgen::CertificateParams::default();
        params.serial_number = Some(serial.into());
        params.self_signed(&key).unwrap().pem().into_bytes()
    };
    let read = |path: &str| Ok(if path == "old.pem" { root(1) } else { root(2) });
    let text = |identity: &str, other: &str| {
        let signers = format!("a: {{root: old.pem, identity: {identity}}}, b: {{root: new.pem, identity: {other}}}");
        file(&signers, "prod: {require: [a, b]}")
    };
    let faults = parse(text("'*'", "'*'").as_bytes(), &read).map(drop).unwrap_err();
    assert!(matches!(faults[0].fault, Fault::SameIdentity { .. }), "{}", told(&faults));
    let name = |name: &str| format!("'x509.subject: C=DE, ST=BE, O=Acme, CN={name}'");
    parse(text(&name("A"), &name("B")).as_bytes(), &read).unwrap();
}
