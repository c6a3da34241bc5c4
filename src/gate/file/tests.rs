//! The rules of a file of gates, one accepted and one refused for each.

mod forms;

use std::io;

use super::super::RootError;
use super::*;

const CI: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci";

/// The root of the vectors, and one that is not there.
fn read_root(path: &str) -> io::Result<Vec<u8>> {
    match path {
        "ca.pem" => Ok(include_bytes!("../../notary/vectors/trust/root.pem").to_vec()),
        "leaf.pem" => Ok(include_bytes!("../../notary/vectors/trust/leaf.pem").to_vec()),
        "many.pem" => Ok(include_bytes!("../../notary/vectors/trust/root.pem").repeat(limits::ROOTS + 1)),
        "junk.pem" => Ok(b"junk".to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn parsed(text: &str) -> Parsed {
    parse(text.as_bytes(), &read_root).unwrap_or_else(|faults| panic!("{}", told(&faults)))
}

fn faults(text: &str) -> Vec<Placed> {
    parse(text.as_bytes(), &read_root).map(|parsed| panic!("{parsed:?}")).unwrap_err()
}

/// Place and words of each fault, a line each.
fn told(faults: &[Placed]) -> String {
    faults.iter().map(|Placed { place: (line, column), fault }| format!("{line}:{column} {fault}\n")).collect()
}

/// A file with these signers and stages.
fn file(signers: &str, stages: &str) -> String {
    format!("version: 1\nsigners: {{{signers}}}\nstages: {{{stages}}}\n")
}

const WHOLE: &str = r#"
# The gates of the shop.
version: 1
signers:
  ci:        { profile: "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci" }
  security:
    profile:
      - arn:aws:signer:us-west-2:111122223333:/signing-profiles/security
      - arn:aws:signer:us-west-2:111122223333:/signing-profiles/security_next
  anna:      { root: ca.pem, identity: "x509.subject: C=DE, ST=BE, O=Acme, CN=Anna" }
  ben:       { root: ca.pem, identity: "x509.subject: C=DE, ST=BE, O=Acme, CN=Ben" }
stages:
  build:
    require: [ci]
  test:
    after: [build]
    require:
      - { any: 1, of: [anna, ben], metadata: { stage: test } }
  prod:
    after: [build, test]
    require:
      - { signer: security, max-age: 30d }
"#;

#[test]
fn a_file_is_read_as_it_is_meant() {
    let Parsed { gates, notices } = parsed(WHOLE);
    assert!(notices.is_empty(), "{notices:?}");
    assert_eq!(gates.sha256, Digest::sha256(WHOLE.as_bytes()).hex());
    let names: Vec<_> = gates.signers.iter().map(|signer| signer.name.as_str()).collect();
    assert_eq!(names, ["ci", "security", "anna", "ben"]);
    let SignerTrust::Profiles(profiles) = &gates.signers[1].trust else { panic!() };
    assert_eq!(profiles.len(), 2);
    let SignerTrust::Certificates { roots, identities } = &gates.signers[2].trust else { panic!() };
    assert_eq!(
        (roots.len(), identities.as_slice()),
        (1, &["x509.subject: C=DE, ST=BE, O=Acme, CN=Anna".to_owned()][..])
    );
    let words = |stage: usize| gates.stages[stage].require.iter().map(|one| one.words(&gates)).collect::<Vec<_>>();
    assert_eq!(words(0), ["ci"]);
    assert_eq!(words(1), ["1 of anna, ben, with stage=test"]);
    assert_eq!(words(2), ["security, not older than 30d"]);
    assert_eq!((gates.up_to(2), gates.stages[1].require[0].place), (vec![0, 1, 2], (18, 9)));
}

#[test]
fn a_root_may_stand_in_the_file_and_be_held_to_its_digest() {
    let pem = include_str!("../../notary/vectors/trust/root.pem").trim_end().replace('\n', "\n      ");
    let root = notary::trust_store::parse_certificates(&read_root("ca.pem").unwrap()).unwrap().remove(0);
    let digest = root.fingerprint();
    let with = |sha256: &str| {
        let signer = format!("  anna:\n    root: |\n      {pem}\n    identity: '*'\n    sha256: {sha256}\n");
        format!("version: 1\nsigners:\n{signer}stages: {{ prod: {{ require: [anna] }} }}\n")
    };
    let colons = digest
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|two| String::from_utf8(two.to_vec()).unwrap())
        .collect::<Vec<_>>()
        .join(":");
    for right in [digest.clone(), format!("sha256:{digest}"), format!("\"{colons}\""), format!("[{digest}]")] {
        let SignerTrust::Certificates { roots, .. } = &parsed(&with(&right)).gates.signers[0].trust else { panic!() };
        assert_eq!(roots, std::slice::from_ref(&root));
    }
    let other = digest.replace(['0', '1'], "2");
    assert!(matches!(faults(&with(&other))[0].fault, Fault::OtherRoot { .. }));
    assert!(matches!(faults(&with(&format!("[{digest}, {other}]")))[0].fault, Fault::OtherRoot { .. }));
    assert!(matches!(faults(&with("abc"))[0].fault, Fault::RootDigest { .. }));
}

/// One case for each rule that a file can break.
#[test]
fn each_rule_is_held() {
    let profile = |name: &str| format!("{name}: {{profile: '{CI}'}}");
    let people = |one: &str, other: &str| {
        format!("a: {{root: ca.pem, identity: {one}}}, b: {{root: ca.pem, identity: {other}}}")
    };
    let ci = &profile("ci");
    let two = &format!("{ci}, b: {{profile: '{CI}2'}}");
    let prod = |require: &str| format!("prod: {{require: {require}}}");
    type Case<'a> = (String, &'a str, fn(&Fault) -> bool);
    let cases: Vec<Case<'_>> = vec![
        ("a: [".to_owned(), "2:1", |fault| matches!(fault, Fault::Document(_))),
        (format!("{}---\n{}", file(ci, &prod("[ci]")), file(ci, &prod("[ci]"))), "1:1", |fault| {
            matches!(fault, Fault::Documents { found: 2 })
        }),
        (String::new(), "1:1", |fault| matches!(fault, Fault::Documents { .. } | Fault::Type { .. })),
        ("[]".to_owned(), "1:1", |fault| matches!(fault, Fault::Type { .. })),
        (file(ci, &prod("[ci]")).replace("version: 1\n", ""), "1:1", |fault| {
            matches!(fault, Fault::Missing { member: "version", .. })
        }),
        (file(ci, &prod("[ci]")).replace("version: 1", "version: 2"), "1:10", |fault| {
            matches!(fault, Fault::Version { .. })
        }),
        (file(ci, &prod("[ci]")).replace("version: 1", "version: '1'"), "1:10", |fault| {
            matches!(fault, Fault::Type { .. })
        }),
        (file(ci, &prod("[ci]")) + "gates: 1\n", "4:1", |fault| matches!(fault, Fault::Unknown { .. })),
        (file("", &prod("[ci]")), "2:10", |fault| matches!(fault, Fault::Empty { .. })),
        (file(ci, ""), "3:9", |fault| matches!(fault, Fault::Empty { .. })),
        (file(&profile("'a b'"), &prod("['a b']")), "2:11", |fault| matches!(fault, Fault::Name { .. })),
        (file("ci: {}", &prod("[ci]")), "2:11", |fault| matches!(fault, Fault::NoKind { .. })),
        (file(&format!("ci: {{profile: '{CI}', root: ca.pem}}"), &prod("[ci]")), "2:11", |fault| {
            matches!(fault, Fault::TwoKinds { other: "root", .. })
        }),
        (file("ci: {profile: ci}", &prod("[ci]")), "2:25", |fault| matches!(fault, Fault::Profile { .. })),
        (file("ci: {root: ca.pem}", &prod("[ci]")), "2:11", |fault| {
            matches!(fault, Fault::Missing { member: "identity", .. })
        }),
        (file("ci: {identity: '*'}", &prod("[ci]")), "2:11", |fault| {
            matches!(fault, Fault::Missing { member: "root", .. })
        }),
        (file("ci: {root: ca.pem, identity: 'CN=x'}", &prod("[ci]")), "2:40", |fault| {
            matches!(fault, Fault::Identities { .. } | Fault::IdentityKind { .. })
        }),
        (file(&format!("ci: {{root: ca.pem, identity: '{CI}'}}"), &prod("[ci]")), "2:40", |fault| {
            matches!(fault, Fault::IdentityKind { .. })
        }),
        (file("ci: {root: away.pem, identity: '*'}", &prod("[ci]")), "2:22", |fault| {
            matches!(fault, Fault::Root { source: RootError::Read(_), .. })
        }),
        (file("ci: {root: junk.pem, identity: '*'}", &prod("[ci]")), "2:22", |fault| {
            matches!(fault, Fault::Root { source: RootError::Certificates(_), .. })
        }),
        (file(&format!("{ci}, b: {{profile: '{CI}/AbCdEf1234'}}"), &prod("[ci, b]")), "2:88", |fault| {
            matches!(fault, Fault::SameProfile { .. })
        }),
        (file(&people("'*'", "'*'"), &prod("[a, b]")), "2:45", |fault| matches!(fault, Fault::SameIdentity { .. })),
        (
            file(
                &people("'x509.subject: C=DE, ST=BE, O=Acme, CN=A'", "'x509.subject: C=DE, ST=BE, O=Acme'"),
                &prod("[a, b]"),
            ),
            "2:83",
            |fault| matches!(fault, Fault::SameIdentity { .. }),
        ),
        (file(&people("'x509.subject: C=DE, ST=BE, O=Acme, CN=A'", "'*'"), &prod("[a, b]")), "2:83", |fault| {
            matches!(fault, Fault::SameIdentity { .. })
        }),
        (file(ci, "prod: {}"), "3:10", |fault| matches!(fault, Fault::Missing { member: "require", .. })),
        (file(ci, &prod("[]")), "3:26", |fault| matches!(fault, Fault::Empty { .. })),
        (file(ci, &prod("ci")), "3:26", |fault| matches!(fault, Fault::Type { .. })),
        (file(ci, &prod("[cy]")), "3:27", |fault| matches!(fault, Fault::UnknownSigner { .. })),
        (file(ci, &prod("[{signer: cy}]")), "3:36", |fault| matches!(fault, Fault::UnknownSigner { .. })),
        (file(ci, &prod("[{signer: ci, age: 1d}]")), "3:40", |fault| matches!(fault, Fault::Unknown { .. })),
        (file(ci, &prod("[{any: 1}]")), "3:27", |fault| matches!(fault, Fault::Missing { member: "of", .. })),
        (file(ci, &prod("[{of: [ci]}]")), "3:27", |fault| matches!(fault, Fault::Missing { member: "any", .. })),
        (file(ci, &prod("[{any: 0, of: [ci]}]")), "3:33", |fault| matches!(fault, Fault::Any { found: 0, most: 1 })),
        (file(ci, &prod("[{any: 2, of: [ci]}]")), "3:33", |fault| matches!(fault, Fault::Any { found: 2, most: 1 })),
        (file(ci, &prod("[{any: -1, of: [ci]}]")), "3:33", |fault| matches!(fault, Fault::Any { .. })),
        (file(ci, &prod("[{any: one, of: [ci]}]")), "3:33", |fault| matches!(fault, Fault::Type { .. })),
        (file(ci, &prod("[{any: 1, of: [ci, ci]}]")), "3:45", |fault| matches!(fault, Fault::Repeated { .. })),
        (file(ci, &prod("[ci, ci]")), "3:31", |fault| matches!(fault, Fault::TwoRequirements { .. })),
        (file(two, &prod("[ci, {any: 1, of: [b, ci]}]")), "3:31", |fault| {
            matches!(fault, Fault::TwoRequirements { .. })
        }),
        (file(ci, &prod("[{signer: ci, max-age: soon}]")), "3:49", |fault| matches!(fault, Fault::MaxAge { .. })),
        (file(ci, &prod("[{signer: ci, max-age: 0s}]")), "3:49", |fault| matches!(fault, Fault::NoAge)),
        (file(ci, &prod("[{signer: ci, metadata: {}}]")), "3:50", |fault| matches!(fault, Fault::Empty { .. })),
        (file(ci, &prod("[{signer: ci, metadata: {a: 1}}]")), "3:54", |fault| matches!(fault, Fault::Type { .. })),
        (file(ci, &prod("[{signer: ci, max-age: 30}]")), "3:49", |fault| matches!(fault, Fault::MaxAge { .. })),
        (file(ci, &prod("[{signer: ci, max-age: [1d]}]")), "3:49", |fault| matches!(fault, Fault::Type { .. })),
        (file(ci, "prod: {require: [ci], artifacts: [{type: sbom, signer: ci}]}"), "3:43", |fault| {
            matches!(fault, Fault::Later { member: "artifacts", .. })
        }),
        (file(ci, "prod: {require: [ci], children: every}"), "3:42", |fault| matches!(fault, Fault::Children { .. })),
        (file(ci, "prod: {require: [ci], children: [all]}"), "3:42", |fault| matches!(fault, Fault::Type { .. })),
        (file(ci, "prod: {require: [ci], after: [test]}"), "3:40", |fault| matches!(fault, Fault::UnknownStage { .. })),
        (file(ci, "prod: {require: [ci], after: [prod]}"), "3:10", |fault| matches!(fault, Fault::Circle { .. })),
        (
            file(
                two,
                "a: {require: [ci], after: c}, b: {require: [b], after: a}, c: {require: [{signer: ci, metadata: {stage: c}}], after: b}",
            ),
            "3:10",
            |fault| matches!(fault, Fault::Circle { .. }),
        ),
        (file(ci, "a: {require: [ci]}, b: {require: [{signer: ci, metadata: {stage: b}}]}"), "3:24", |fault| {
            matches!(fault, Fault::NeedsStage { .. })
        }),
        (
            file(
                ci,
                "a: {require: [{signer: ci, metadata: {stage: a}}]}, b: {require: [{signer: ci, metadata: {stage: a}}]}",
            ),
            "3:76",
            |fault| matches!(fault, Fault::SameStage { .. }),
        ),
    ];
    for (text, place, is_expected) in cases {
        let faults = faults(&text);
        let (line, column) = faults[0].place;
        assert!(is_expected(&faults[0].fault), "{text}\n{}", told(&faults));
        assert_eq!(format!("{line}:{column}"), place, "{text}\n{}", told(&faults));
    }
}

#[test]
fn every_fault_is_told_at_once_in_the_order_of_the_file() {
    let text = "\
version: 1
signers:
  ci: { profile: nothing }
  qa: { root: away.pem, identity: '*', shade: blue }
  op: { root: ca.pem }
stages:
  test:
    require: [ci, nobody]
    after: [prod]
  prod:
    require:
      - { any: 3, of: [qa, op], max-age: 0 }
      - { signer: qa }
    artifacts: []
    after: [test, nowhere]
";
    insta::assert_snapshot!(told(&faults(text)), @r#"
    3:18 signing profile "nothing" cannot be used
    4:15 root "away.pem" cannot be used
    4:40 signer "qa" has the unknown member `shade`, expected one of `profile`, `root`, `identity`, `sha256`
    5:3 signer "op" lacks `identity`
    7:3 stage "test" comes after itself: test after prod after test
    8:19 no signer is called "nobody"; the file has `ci`, `qa`, `op`
    10:3 stage "prod" comes after itself: prod after test after prod
    12:16 `any` is 3, expected 1 to 2, the number of signers in `of`
    12:42 `max-age` of 0 is met by no signature
    13:9 signer "qa" stands in two requirements of stage "prod", and can meet one only
    14:16 stage "prod": `artifacts` comes later: this version of sealgate does not judge it, and a requirement that is not judged must not look met
    15:19 no stage is called "nowhere"; the file has `test`, `prod`
    "#);
}

#[test]
fn what_two_signers_may_share_is_allowed() {
    let people = "a: {root: ca.pem, identity: 'x509.subject: C=DE, ST=BE, O=Acme, CN=A'}, b: {root: ca.pem, identity: 'x509.subject: C=DE, ST=BE, O=Acme, CN=B'}";
    parsed(&file(people, "prod: {require: [a, b]}"));
    // Another root, the same name.
    let apart = "a: {root: ca.pem, identity: '*'}, b: {root: leaf.pem, identity: '*'}";
    parsed(&file(apart, "prod: {require: [a, b]}"));
    let both = "a: {require: [{signer: a, metadata: {stage: a}}]}, b: {require: [{signer: a, metadata: {stage: b}}, b], children: index}";
    parsed(&file(people, both));
}

#[test]
fn a_stage_asks_for_all_children_or_for_its_index_alone() {
    let people = "a: {root: ca.pem, identity: '*'}";
    let asks = |more: &str| {
        let stages = parsed(&file(people, &format!("prod: {{require: [a]{more}}}"))).gates.stages;
        stages[0].all_children
    };
    assert_eq!(asks(", children: all"), Some((3, 41)));
    assert_eq!((asks(", children: index"), asks("")), (None, None));
}

#[test]
fn what_is_probably_not_meant_is_noticed() {
    let signers =
        "a: {root: ca.pem, identity: '*'}, b: {profile: 'arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci'}";
    let Parsed { notices, .. } = parsed(&file(signers, "prod: {require: [{signer: a, max-age: 30d}]}"));
    let told: Vec<_> = notices.iter().map(|(place, notice)| (*place, notice.code())).collect();
    assert_eq!(told, [((2, 45), "gate-unused-signer"), ((3, 27), "gate-time-claimed")]);
    let asking = |stage: &str| {
        let require = format!("[b, {{signer: a, metadata: {{stage: {stage}}}}}]");
        let notices = parsed(&file(signers, &format!("prod: {{require: {require}}}"))).notices;
        notices.into_iter().map(|(place, notice)| (place, notice.code())).collect::<Vec<_>>()
    };
    assert_eq!(asking("prod"), []);
    assert_eq!(asking("prdo"), [((3, 30), "gate-unknown-stage")]);
}

/// A root file that is swapped leaves the file of gates as it is, and not the digest.
#[test]
fn the_digest_of_the_policy_covers_the_file_its_roots_and_its_profiles() {
    use notary::extension::aws_signer::AwsRoots;
    let digest = |text: &str, roots: &AwsRoots| parsed(text).gates.policy_digest(roots);
    let embedded = AwsRoots::embedded();
    let text = file(&format!("a: {{root: ca.pem, identity: '*'}}, b: {{profile: '{CI}'}}"), "prod: {require: [a, b]}");
    let first = digest(&text, &embedded);
    assert!(first.starts_with("sha256:") && first == digest(&text, &embedded), "{first}");
    assert_ne!(first, digest(&format!("{text}# x\n"), &embedded));
    assert_ne!(first, digest(&text, &AwsRoots::none()));
    let swapped = parse(text.as_bytes(), &|_| read_root("leaf.pem")).unwrap();
    assert_eq!(swapped.gates.file_digest(), parsed(&text).gates.file_digest());
    assert_ne!(first, swapped.gates.policy_digest(&embedded));
}

#[test]
fn many_faults_have_an_end() {
    let stages: String = (0..64).map(|at| format!("s{at}: {{require: [{}]}}, ", "x, ".repeat(64))).collect();
    let found = faults(&file("ci: {}", &stages));
    assert_eq!(found.len(), limits::FAULTS + 1);
    assert!(matches!(found.last().unwrap().fault, Fault::More { limit: limits::FAULTS }));
    let few = faults(&file("ci: {}", "prod: {require: [x]}"));
    assert!(!few.iter().any(|placed| matches!(placed.fault, Fault::More { .. })), "{}", told(&few));
    let many: String = (0..1000).map(|at| format!("s{at}: {{}}, ")).collect();
    assert!(matches!(faults_of_many(&many), Fault::TooMany { limit: 64, .. }));
    let roots = r#"ci: {root: [many.pem, away.pem], identity: "*"}"#;
    assert!(matches!(faults_of_many(roots), Fault::TooMany { limit: limits::ROOTS, .. }));
}

fn faults_of_many(signers: &str) -> Fault {
    faults(&file(signers, "prod: {require: [ci]}")).remove(0).fault
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_much(text in "(version: 1\n)?[a-z:{}\\[\\], \n&*!|'\"<-]{0,200}") {
        let _parsed = parse(text.as_bytes(), &read_root);
    }
}
