//! Each rule with a document that keeps it and one that breaks it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::distinguished_name::DistinguishedNameError as Name;
use crate::extension::aws_signer::ArnError;
use crate::reference::RepositoryError;
use crate::trust_store::{TrustStoreNameError as Store, TrustStoreType};

/// The document that the cases change in one place.
const VALID: &str = r#"{
  "version": "1.0",
  "trustPolicies": [
    {
      "name": "one",
      "registryScopes": ["example.com/a"],
      "signatureVerification": {"level": "strict"},
      "trustStores": ["ca:acme"],
      "trustedIdentities": ["x509.subject: C=US, ST=WA, O=acme"]
    }
  ]
}
"#;

const VERSION_LINE: &str = "  \"version\": \"1.0\",\n";
const NAME: &str = r#""name": "one","#;
const SCOPES: &str = r#"["example.com/a"]"#;
const LEVEL: &str = r#"{"level": "strict"}"#;
const STORES: &str = r#"      "trustStores": ["ca:acme"],"#;
const IDENTITY: &str = r#"["x509.subject: C=US, ST=WA, O=acme"]"#;
const REST: &str = r#"{"level": "strict"},
      "trustStores": ["ca:acme"],
      "trustedIdentities": ["x509.subject: C=US, ST=WA, O=acme"]"#;
const END: &str = "    }\n  ]";

/// A statement on one line behind the first one; its name begins at column 13, its scopes' list at column 38.
fn second(name: &str, scopes: &str) -> String {
    format!(
        r#"    }},
    {{"name": {name}, "registryScopes": {scopes}, "signatureVerification": {{"level": "strict"}}, "trustStores": ["ca:b"], "trustedIdentities": ["*"]}}
  ]"#
    )
}

/// A part of [`VALID`], what keeps the rule in its place, what breaks it, and where.
struct Case {
    part: &'static str,
    kept: String,
    broken: String,
    place: &'static str,
    rule: Rule,
}

fn case(
    part: &'static str,
    kept: impl Into<String>,
    broken: impl Into<String>,
    place: &'static str,
    rule: Rule,
) -> Case {
    Case { part, kept: kept.into(), broken: broken.into(), place, rule }
}

fn problems(document: &str) -> Vec<(String, Rule)> {
    match TrustPolicy::parse(document.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(TrustPolicyError::Invalid(problems)) => {
            problems.iter().map(|problem| (problem.place.to_string(), problem.rule.clone())).collect()
        }
        Err(other) => panic!("{other:?}: {document}"),
    }
}

fn check(cases: &[Case]) {
    for Case { part, kept, broken, place, rule } in cases {
        assert_eq!(VALID.matches(part).count(), 1, "{part}");
        assert_eq!(problems(&VALID.replace(part, kept)), [], "{kept}");
        assert_eq!(problems(&VALID.replace(part, broken)), [((*place).to_owned(), rule.clone())], "{broken}");
    }
}

const STATEMENT_PLACE: &str = "line 4 column 5, /trustPolicies/0";

fn document_cases() -> Vec<Case> {
    let version = "line 2 column 14, /version";
    let list = "line 3 column 20, /trustPolicies";
    let statements = VALID.get(VALID.find("[\n").unwrap()..VALID.find("\n}").unwrap()).unwrap();
    let found = || "a".to_owned();
    let many = format!("[{}]", vec!["0"; 1025].join(","));
    vec![
        case(VERSION_LINE, VERSION_LINE, "", "line 1 column 1", Rule::MissingVersion),
        case("\"1.0\"", "\"1.\\u0030\"", "\"\"", version, Rule::MissingVersion),
        case("\"1.0\"", "\"1.0\"", "null", "line 1 column 1", Rule::MissingVersion),
        case("\"1.0\"", "\"1.0\"", "\"1.1\"", version, Rule::UnsupportedVersion { found: "1.1".into() }),
        case("\"1.0\"", "\"1.0\"", "1.0", version, Rule::WrongType { expected: "a string", found: "a number" }),
        case(statements, statements, "[]", list, Rule::NoStatements),
        case(statements, statements, "null", "line 1 column 1", Rule::NoStatements),
        case(statements, statements, "{}", list, Rule::WrongType { expected: "an array", found: "an object" }),
        case(statements, statements, many, list, Rule::TooManyEntries { found: 1025, limit: 1024 }),
        case(
            statements,
            statements,
            "[null]",
            "line 3 column 21, /trustPolicies/0",
            Rule::WrongType { expected: "an object", found: "null" },
        ),
        case(
            VERSION_LINE,
            format!("{VERSION_LINE}  \"other\": 1,\n"),
            format!("{VERSION_LINE}  \"Version\": 1,\n"),
            "line 3 column 3, /Version",
            Rule::FoldedMember { found: "Version".into(), expected: "version" },
        ),
        case(
            NAME,
            "\"name\": \"ONE\",",
            "\"name\": \"\",",
            "line 5 column 15, /trustPolicies/0/name",
            Rule::MissingName,
        ),
        case(NAME, NAME, "", STATEMENT_PLACE, Rule::MissingName),
        case(
            END,
            second(r#""One""#, r#"["e.com/b"]"#),
            second(r#""one""#, r#"["e.com/b"]"#),
            "line 11 column 14, /trustPolicies/1/name",
            Rule::DuplicateName { name: "one".into() },
        ),
        case(
            NAME,
            NAME,
            r#""name": ["a"],"#,
            "line 5 column 15, /trustPolicies/0/name",
            Rule::WrongType { expected: "a string", found: "an array" },
        ),
        case(
            SCOPES,
            r#"["a/a"]"#,
            r#"["a"]"#,
            "line 6 column 26, /trustPolicies/0/registryScopes/0",
            Rule::Scope(RepositoryError::Separator { found: found() }),
        ),
    ]
}

fn level_cases() -> Vec<Case> {
    let verification = "line 7 column 32, /trustPolicies/0/signatureVerification";
    let level = "line 7 column 42, /trustPolicies/0/signatureVerification/level";
    let custom = |member: &str| format!(r#"{{"level":"audit","override":{{{member}}}}}"#);
    let skip = |tail: &str| format!("{{\"level\": \"skip\"}}{tail}");
    vec![
        case(LEVEL, r#"{"level": "audit"}"#, "{}", verification, Rule::MissingLevel),
        case(LEVEL, r#"{"level": "permissive"}"#, r#"{"level": ""}"#, level, Rule::MissingLevel),
        case(LEVEL, LEVEL, "null", STATEMENT_PLACE, Rule::MissingLevel),
        case(LEVEL, LEVEL, "\"strict\"", verification, Rule::WrongType { expected: "an object", found: "a string" }),
        case(LEVEL, LEVEL, r#"{"level": "Strict"}"#, level, Rule::UnknownLevel { found: "Strict".into() }),
        case(LEVEL, LEVEL, r#"{"level": "custom"}"#, level, Rule::UnknownLevel { found: "custom".into() }),
        case(
            REST,
            r#"{"level": "skip", "override":{}}"#,
            r#"{"level": "skip", "override":{"expiry":"log"}}"#,
            "line 7 column 61, /trustPolicies/0/signatureVerification/override",
            Rule::Override(OverrideError::SkipLevel),
        ),
        case(
            LEVEL,
            custom(r#""expiry":"log""#),
            custom(r#""Expiry":"log""#),
            "line 7 column 61, /trustPolicies/0/signatureVerification/override/Expiry",
            Rule::UnknownValidation { found: "Expiry".into() },
        ),
        case(
            LEVEL,
            custom(r#""authenticity":"enforce""#),
            custom(r#""authenticity":"warn""#),
            "line 7 column 76, /trustPolicies/0/signatureVerification/override/authenticity",
            Rule::UnknownAction { found: "warn".into() },
        ),
        case(
            LEVEL,
            custom(""),
            custom(r#""integrity":"enforce""#),
            "line 7 column 73, /trustPolicies/0/signatureVerification/override/integrity",
            Rule::Override(OverrideError::Integrity),
        ),
        case(
            LEVEL,
            custom(r#""revocation":"skip""#),
            custom(r#""expiry":"skip""#),
            "line 7 column 70, /trustPolicies/0/signatureVerification/override/expiry",
            Rule::Override(OverrideError::NotSkippable { validation: ValidationType::Expiry }),
        ),
        case(
            LEVEL,
            r#"{"level":"strict","verifyTimestamp":"afterCertExpiry"}"#,
            r#"{"level":"strict","verifyTimestamp":"never"}"#,
            "line 7 column 68, /trustPolicies/0/signatureVerification/verifyTimestamp",
            Rule::UnknownVerifyTimestamp { found: "never".into() },
        ),
        case(
            REST,
            skip(""),
            skip(",\n\"trustStores\": [\"ca:a\"]"),
            "line 8 column 16, /trustPolicies/0/trustStores",
            Rule::SkipWithTrustStores,
        ),
        case(
            REST,
            skip(", \"trustStores\": null, \"trustedIdentities\": []"),
            skip(",\n\"trustedIdentities\": [\"*\"]"),
            "line 8 column 22, /trustPolicies/0/trustedIdentities",
            Rule::SkipWithTrustedIdentities,
        ),
    ]
}

fn trust_cases() -> Vec<Case> {
    let stores = |entry: &str| format!("      \"trustStores\": [{entry}],");
    let store = "line 8 column 23, /trustPolicies/0/trustStores/0";
    let identities = "line 9 column 28, /trustPolicies/0/trustedIdentities";
    let identity = "line 9 column 29, /trustPolicies/0/trustedIdentities/0";
    let next = "line 9 column 34, /trustPolicies/0/trustedIdentities/1";
    vec![
        case(STORES, stores("\"ca:b\""), "", STATEMENT_PLACE, Rule::MissingTrustStores),
        case(
            STORES,
            stores("\"tsa:b\""),
            stores(""),
            "line 8 column 22, /trustPolicies/0/trustStores",
            Rule::MissingTrustStores,
        ),
        case(
            STORES,
            stores("\"ca:a_-.B9\""),
            stores("\"ca\""),
            store,
            Rule::TrustStore(Store::Separator { found: "ca".into() }),
        ),
        case(
            STORES,
            stores("\"signingAuthority:a\""),
            stores("\"CA:a\""),
            store,
            Rule::TrustStore(Store::Type { found: "CA".into() }),
        ),
        case(
            STORES,
            stores("\"ca:...\""),
            stores("\"ca:a/b\""),
            store,
            Rule::TrustStore(Store::Name { found: "a/b".into() }),
        ),
        case(
            STORES,
            stores("\"ca:.a\""),
            stores("\"ca:..\""),
            store,
            Rule::TrustStore(Store::Dots { found: "..".into() }),
        ),
        case(
            STORES,
            stores("\"ca:a\""),
            stores("1"),
            store,
            Rule::WrongType { expected: "a string", found: "a number" },
        ),
        case(IDENTITY, "[\"*\"]", "[]", identities, Rule::MissingTrustedIdentities),
        case(IDENTITY, "[\"*\"]", "null", STATEMENT_PLACE, Rule::MissingTrustedIdentities),
        case(
            IDENTITY,
            "[\"*\"]",
            "[\"a:b\",\"*\"]",
            "line 9 column 35, /trustPolicies/0/trustedIdentities/1",
            Rule::WildcardIdentityWithOthers,
        ),
        case(IDENTITY, "[\"a:\"]", "[\"\"]", identity, Rule::EmptyIdentity),
        case(IDENTITY, "[\"a:b:c\"]", "[\"a\"]", identity, Rule::IdentityWithoutSeparator { found: "a".into() }),
        case(IDENTITY, IDENTITY, "[\"x509.subject:\"]", identity, Rule::IdentityWithoutValue),
        case(
            IDENTITY,
            r#"["x509.subject:C=a,ST=b,O=c,OU=a","x509.subject:C=a,ST=b,O=c,CN=b"]"#,
            r#"["x509.subject:C=a,ST=b,O=c","x509.subject:C=a,ST=b,O=c,L=d"]"#,
            "line 9 column 57, /trustPolicies/0/trustedIdentities/1",
            Rule::OverlappingIdentities {
                identity: "x509.subject:C=a,ST=b,O=c,L=d".into(),
                other: "x509.subject:C=a,ST=b,O=c".into(),
            },
        ),
        case(
            IDENTITY,
            r#"["a:b","a:b"]"#,
            r#"["a:b","x509.subject: C=US"]"#,
            "line 9 column 35, /trustPolicies/0/trustedIdentities/1",
            Rule::DistinguishedName(Name::Missing { attribute: "ST" }),
        ),
        case(
            IDENTITY,
            r#"["*"]"#,
            r#"["*",7]"#,
            "line 9 column 33, /trustPolicies/0/trustedIdentities/1",
            Rule::WrongType { expected: "a string", found: "a number" },
        ),
        case(
            IDENTITY,
            r#"["b:","a:"]"#,
            r#"["b:", ""]"#,
            "line 9 column 35, /trustPolicies/0/trustedIdentities/1",
            Rule::EmptyIdentity,
        ),
        case(IDENTITY, r#"["a:"]"#, r#"["a:","b"]"#, next, Rule::IdentityWithoutSeparator { found: "b".into() }),
    ]
}

/// Each rule of ARNs that a policy can break: what names another service is not an ARN of AWS Signer.
fn arn_cases() -> Vec<Case> {
    let expected = "/signing-profiles/NAME or /signing-profiles/NAME/VERSION";
    let any_form =
        "/signing-profiles/NAME, /signing-profiles/NAME/VERSION, /aliased-signing-profiles/ID or /aliases/NAME";
    let (found, kept) = (String::new, r#"["arn:aws:signer:eu-west-1:111122223333:/signing-profiles/build"]"#);
    let resource = |found: &str| found.to_owned();
    let identity = "line 9 column 29, /trustPolicies/0/trustedIdentities/0";
    let broken = [
        (
            "eu-west-1:",
            "",
            ArnError::Fields { text: "arn:aws:signer:111122223333:/signing-profiles/build".into(), found: 5 },
        ),
        (":aws:", "::", ArnError::Partition { found: found() }),
        ("eu-west-1", "", ArnError::Region { found: found() }),
        ("111122223333", "*", ArnError::Account { found: "*".into() }),
        (":/", ":", ArnError::LeadingSlash { found: resource("signing-profiles/build"), expected }),
        ("build", "build/", ArnError::TrailingSlash { found: resource("/signing-profiles/build/"), expected }),
        ("profiles", "jobs", ArnError::ResourceType { found: resource("/signing-jobs/build"), expected: any_form }),
        ("/build", "", ArnError::Parts { found: resource("/signing-profiles"), parts: 1, expected }),
        ("build", "*", ArnError::ProfileName { found: "*".into() }),
        ("build", "build/1", ArnError::ProfileVersion { found: "1".into() }),
        ("signing-profiles/build", "aliases/*", ArnError::AliasName { found: "*".into() }),
        (
            "signing-profiles",
            "aliased-signing-profiles/1",
            ArnError::Parts {
                found: resource("/aliased-signing-profiles/1/build"),
                parts: 3,
                expected: "/aliased-signing-profiles/ID",
            },
        ),
        ("signing-profiles/build", "aliased-signing-profiles/_", ArnError::AliasedProfileId { found: "_".into() }),
    ];
    let case_of = |(part, other, error): (&str, &str, ArnError)| {
        case(IDENTITY, kept, kept.replace(part, other), identity, Rule::SigningProfile(error))
    };
    broken.into_iter().map(case_of).collect()
}

/// The table of the reference for names, through the policy.
fn name_cases() -> Vec<Case> {
    let broken = [
        (",,,", Name::IncompletePart),
        ("invalid", Name::IncompleteEnd),
        ("C=US,ST=WA,O=x,", Name::IncompleteEnd),
        ("C=US,C=IN", Name::Duplicate { attribute: "C".into() }),
        ("C=US,ST=WA,O=a,S=b", Name::Duplicate { attribute: "ST".into() }),
        ("C=US,ST=WA", Name::Missing { attribute: "O" }),
        ("c=US,st=WA,o=x", Name::Missing { attribute: "C" }),
        (" ", Name::Missing { attribute: "C" }),
        ("C=US+ST=WA,O=MyOrg", Name::MultiValued { attribute: "C".into() }),
        ("C=US,ST=WA,O=x=#", Name::EncodedValue),
        (r"C=US,ST=WA,O=a\\", Name::DanglingEscape { found: "a\\".into() }),
        (r"C=US,ST=WA,O=a\\q", Name::UnknownEscape { found: "a\\q".into() }),
        (r"C=US,ST=WA,O=\\ff", Name::NotUtf8 { found: "\\ff".into() }),
    ];
    let text = |name: &str| format!(r#"["x509.subject:{name}"]"#);
    let place = "line 9 column 29, /trustPolicies/0/trustedIdentities/0";
    let kept = text(r#" C=US;S=WA;O=My \"special\" Org \\, \\; \\\\ others,CustomRDN=a=b"#);
    broken
        .into_iter()
        .map(|(name, error)| case(IDENTITY, kept.as_str(), text(name), place, Rule::DistinguishedName(error)))
        .collect()
}

fn scope_cases() -> Vec<Case> {
    let list = "line 6 column 25, /trustPolicies/0/registryScopes";
    let first = "line 6 column 26, /trustPolicies/0/registryScopes/0";
    let second_statement = "line 11 column 40, /trustPolicies/1/registryScopes/0";
    let repeated =
        |scope: &str| Rule::RepeatedScope { scope: scope.into(), pointer: "/trustPolicies/0/registryScopes/0".into() };
    vec![
        case(SCOPES, r#"["*"]"#, "[]", list, Rule::NoScopes),
        case(SCOPES, r#"["*"]"#, "null", STATEMENT_PLACE, Rule::NoScopes),
        case(
            SCOPES,
            r#"["a/b"]"#,
            r#"["a/b", "*"]"#,
            "line 6 column 33, /trustPolicies/0/registryScopes/1",
            Rule::WildcardScopeWithOthers,
        ),
        case(SCOPES, r#"["a/b"]"#, r#"["a/*"]"#, first, Rule::Scope(RepositoryError::Wildcard { found: "a/*".into() })),
        case(
            SCOPES,
            r#"["localhost:5000/b"]"#,
            r#"["https://a/b"]"#,
            first,
            Rule::Scope(RepositoryError::Registry { found: "https:".into() }),
        ),
        case(SCOPES, r#"["a/b"]"#, r#"["a/b:1"]"#, first, Rule::Scope(RepositoryError::Name { found: "b:1".into() })),
        case(SCOPES, r#"["a/b"]"#, r#"[""]"#, first, Rule::Scope(RepositoryError::Separator { found: String::new() })),
        case(
            SCOPES,
            r#"["a/b", "a/B1"]"#.to_lowercase(),
            r#"["a/b", "a/b"]"#,
            "line 6 column 33, /trustPolicies/0/registryScopes/1",
            repeated("a/b"),
        ),
        case(
            END,
            second(r#""two""#, r#"["*"]"#),
            second(r#""two""#, r#"["example.com/a"]"#),
            second_statement,
            repeated("example.com/a"),
        ),
    ]
}

fn all_cases() -> Vec<Case> {
    [document_cases(), level_cases(), trust_cases(), name_cases(), arn_cases(), scope_cases()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn rules_of_the_document() {
    check(&document_cases());
}

#[test]
fn rules_of_levels() {
    check(&level_cases());
}

#[test]
fn rules_of_stores_and_identities() {
    check(&trust_cases());
}

#[test]
fn rules_of_names() {
    check(&name_cases());
}

#[test]
fn rules_of_signing_profiles() {
    check(&arn_cases());
}

#[test]
fn rules_of_scopes() {
    check(&scope_cases());
}

/// Every code of every rule that a policy can break.
const CODES: [&str; 54] = [
    "arn-account",
    "arn-alias-name",
    "arn-aliased-profile-id",
    "arn-fields",
    "arn-leading-slash",
    "arn-partition",
    "arn-parts",
    "arn-profile-name",
    "arn-profile-version",
    "arn-region",
    "arn-resource-type",
    "arn-trailing-slash",
    "distinguished-name-dangling-escape",
    "distinguished-name-duplicate",
    "distinguished-name-encoded-value",
    "distinguished-name-incomplete-end",
    "distinguished-name-incomplete-part",
    "distinguished-name-missing",
    "distinguished-name-multi-valued",
    "distinguished-name-not-utf8",
    "distinguished-name-unknown-escape",
    "policy-duplicate-name",
    "policy-empty-identity",
    "policy-folded-member",
    "policy-identity-without-separator",
    "policy-identity-without-value",
    "policy-missing-level",
    "policy-missing-name",
    "policy-missing-trust-stores",
    "policy-missing-trusted-identities",
    "policy-missing-version",
    "policy-no-scopes",
    "policy-no-statements",
    "policy-overlapping-identities",
    "policy-override-not-skippable",
    "policy-override-of-integrity",
    "policy-override-of-skip",
    "policy-repeated-scope",
    "policy-skip-with-trust-stores",
    "policy-skip-with-trusted-identities",
    "policy-too-many-entries",
    "policy-unknown-action",
    "policy-unknown-level",
    "policy-unknown-validation",
    "policy-unknown-verify-timestamp",
    "policy-unsupported-version",
    "policy-wildcard-identity-with-others",
    "policy-wildcard-scope-with-others",
    "policy-wrong-type",
    "repository-name",
    "repository-registry",
    "repository-separator",
    "repository-wildcard",
    "trust-store-name",
];

/// Codes of errors and warnings that no rule of a document has.
const OTHER_CODES: [&str; 22] = [
    "arn-job-id",
    "arn-prefix",
    "arn-service",
    "identity-mismatch",
    "identity-no-subject-configured",
    "identity-unusable-subject",
    "policy-invalid",
    "policy-skips-everything",
    "policy-too-large",
    "policy-unknown-identity-prefix",
    "policy-unknown-member",
    "policy-unmatchable-attribute",
    "policy-unreadable",
    "trust-store-certificate",
    "trust-store-empty",
    "trust-store-encoding",
    "trust-store-file-empty",
    "trust-store-file-too-large",
    "trust-store-not-a-ca",
    "trust-store-not-a-root",
    "trust-store-not-an-anchor",
    "trust-store-too-many-certificates",
];

#[test]
fn every_rule_has_a_case_and_a_code_of_its_own() {
    let mut used: Vec<_> = all_cases().iter().map(|case| case.rule.code()).collect();
    used.sort_unstable();
    used.dedup();
    let more = ["trust-store-name-dots", "trust-store-separator", "trust-store-type"];
    let mut expected: Vec<_> = CODES.into_iter().chain(more).collect();
    assert_eq!(used, expected);
    // As many pairs of code and variant as codes, and as many variants: each has the other for itself.
    let variant = |rule: &Rule| format!("{rule:?}").split([' ', ')']).next().unwrap_or_default().to_owned();
    let pairs: BTreeSet<_> = all_cases().iter().map(|case| (case.rule.code(), variant(&case.rule))).collect();
    let variants: BTreeSet<_> = all_cases().iter().map(|case| variant(&case.rule)).collect();
    assert_eq!((pairs.len(), variants.len()), (expected.len(), expected.len()), "{pairs:?}");
    expected.extend(OTHER_CODES);
    let count = expected.len();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(expected.len(), count);
}

#[test]
fn only_one_statement_is_for_every_repository() {
    let document = VALID.replace(SCOPES, r#"["*"]"#).replace(END, &second(r#""two""#, r#"["*"]"#));
    let pointer = "/trustPolicies/0/registryScopes/0".to_owned();
    assert_eq!(
        problems(&document),
        [(
            "line 11 column 40, /trustPolicies/1/registryScopes/0".to_owned(),
            Rule::RepeatedScope { scope: "*".into(), pointer }
        )]
    );
}

#[test]
fn all_problems_of_a_document_are_reported_in_order() {
    let document = r#"{
  "trustPolicies": [
    {
      "name": "é one",
      "registryScopes": ["a/b", "a"], "TrustStores": [],
      "signatureVerification": {
        "level": "Strict",
        "override": {"integrity": "log", "expiry": "skip", "x": "y"},
        "verifyTimestamp": 1
      },
      "trustStores": ["ca", "tsa:a b"],
      "trustedIdentities": ["", "x509.subject:C=US"]
    },
    {
      "name": "é one", "registryScopes": ["a/b"],
      "signatureVerification": {"level": "audit"}
    }
  ],
  "version": "2"
}"#;
    let found: Vec<_> = problems(document).into_iter().map(|(place, rule)| (place, rule.code())).collect();
    let expected = [
        ("line 5 column 33, /trustPolicies/0/registryScopes/1", "repository-separator"),
        ("line 5 column 39, /trustPolicies/0/TrustStores", "policy-folded-member"),
        ("line 7 column 18, /trustPolicies/0/signatureVerification/level", "policy-unknown-level"),
        ("line 8 column 35, /trustPolicies/0/signatureVerification/override/integrity", "policy-override-of-integrity"),
        ("line 8 column 52, /trustPolicies/0/signatureVerification/override/expiry", "policy-override-not-skippable"),
        ("line 8 column 60, /trustPolicies/0/signatureVerification/override/x", "policy-unknown-validation"),
        ("line 8 column 65, /trustPolicies/0/signatureVerification/override/x", "policy-unknown-action"),
        ("line 9 column 28, /trustPolicies/0/signatureVerification/verifyTimestamp", "policy-wrong-type"),
        ("line 11 column 23, /trustPolicies/0/trustStores/0", "trust-store-separator"),
        ("line 11 column 29, /trustPolicies/0/trustStores/1", "trust-store-name"),
        ("line 12 column 29, /trustPolicies/0/trustedIdentities/0", "policy-empty-identity"),
        ("line 12 column 33, /trustPolicies/0/trustedIdentities/1", "distinguished-name-missing"),
        ("line 14 column 5, /trustPolicies/1", "policy-missing-trust-stores"),
        ("line 14 column 5, /trustPolicies/1", "policy-missing-trusted-identities"),
        ("line 15 column 15, /trustPolicies/1/name", "policy-duplicate-name"),
        ("line 15 column 43, /trustPolicies/1/registryScopes/0", "policy-repeated-scope"),
        ("line 19 column 14, /version", "policy-unsupported-version"),
    ];
    assert_eq!(found, expected.map(|(place, code)| (place.to_owned(), code)));
    let error = TrustPolicy::parse(document.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "trust policy has 17 problems, the first at line 5 column 33, /trustPolicies/0/registryScopes/1: \
         repository is \"a\", expected registry/name"
    );
}

#[test]
fn problems_beyond_the_cap_are_counted() {
    let scopes = vec![r#""a""#; 1000].join(",");
    let document = VALID.replace(SCOPES, &format!("[{scopes}]"));
    let Err(TrustPolicyError::Invalid(problems)) = TrustPolicy::parse(document.as_bytes()) else {
        panic!("invalid scopes");
    };
    assert_eq!((problems.iter().count(), problems.omitted()), (limits::POLICY_FINDINGS, 744));
    assert!(problems.to_string().starts_with("1000 problems"));
}

#[test]
fn what_is_not_json_with_one_meaning_is_refused() {
    for document in ["", "{", "[1,]", "{} x", "{\"version\":\"1.0\",}", "{\"version\":\"1.0\"} // x", "\u{feff}{}"] {
        let error = TrustPolicy::parse(document.as_bytes()).unwrap_err();
        assert!(matches!(error, TrustPolicyError::Json(JsonError::Syntax { .. })), "{document}");
    }
    let twice = VALID.replace(LEVEL, r#"{"level": "strict", "level": "skip"}"#);
    let error = TrustPolicy::parse(twice.as_bytes()).unwrap_err();
    assert!(
        matches!(&error, TrustPolicyError::Json(JsonError::DuplicateMember { name, line: 7, .. }) if name == "level")
    );
    assert!(matches!(TrustPolicy::parse(b"{\"\xff\":1}"), Err(TrustPolicyError::Json(JsonError::Syntax { .. }))));
    let large = vec![b' '; usize::try_from(limits::TRUST_POLICY_BYTES).unwrap() + 1];
    assert!(matches!(TrustPolicy::parse(&large), Err(TrustPolicyError::TooLarge { .. })));
    assert!(matches!(TrustPolicy::parse(&large[1..]), Err(TrustPolicyError::Json(JsonError::Syntax { .. }))));
    for (document, found) in [("[]", "an array"), ("null", "null"), (" 1", "a number")] {
        let rule = Rule::WrongType { expected: "an object", found };
        assert_eq!(problems(document).first().unwrap().1, rule);
    }
}

#[test]
fn members_in_other_case_are_refused_at_every_level() {
    for (part, folded) in [
        ("\"version\"", "\"VERSION\""),
        ("\"trustPolicies\"", "\"trustpolicies\""),
        ("\"name\"", "\"Name\""),
        ("\"registryScopes\"", "\"regi\u{17f}tryScopes\""),
        ("\"signatureVerification\"", "\"SignatureVerification\""),
        ("\"level\"", "\"Level\""),
        ("\"trustStores\"", "\"truststores\""),
        ("\"trustedIdentities\"", "\"TrustedIdentities\""),
    ] {
        let found = problems(&VALID.replace(part, folded));
        let name = folded.trim_matches('"');
        assert!(
            found.iter().any(|(_, rule)| matches!(rule, Rule::FoldedMember { found, .. } if found == name)),
            "{folded}: {found:?}"
        );
    }
}

#[test]
fn warnings_are_placed_and_do_not_refuse() {
    let document = r#"{
  "version": "1.0", "signingKeys": [],
  "trustPolicies": [
    {
      "name": "all", "registryScopes": ["*"], "globalPolicy": true,
      "signatureVerification": {"level": "skip", "overide": {"expiry": "log"}}
    },
    {
      "name": "one", "registryScopes": ["a/b"],
      "signatureVerification": {"level": "strict"},
      "trustStores": ["ca:a"],
      "trustedIdentities": [
        "X509.subject: C=US", "arn:aws:iam::1:role/x", "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/build",
        "x509.subject: C=US, ST=WA, O=a, emailAddress=b"
      ]
    }
  ]
}"#;
    let policy = TrustPolicy::parse(document.as_bytes()).unwrap();
    let expected = [
        ("line 2 column 21, /signingKeys", Notice::UnknownMember { name: "signingKeys".into(), nearest: None }),
        ("line 5 column 41, /trustPolicies/0/registryScopes/0", Notice::SkipsEverything),
        (
            "line 5 column 47, /trustPolicies/0/globalPolicy",
            Notice::UnknownMember { name: "globalPolicy".into(), nearest: None },
        ),
        (
            "line 6 column 50, /trustPolicies/0/signatureVerification/overide",
            Notice::UnknownMember { name: "overide".into(), nearest: Some("override") },
        ),
        (
            "line 13 column 9, /trustPolicies/1/trustedIdentities/0",
            Notice::UnknownIdentityPrefix { prefix: "X509.subject".into() },
        ),
        (
            "line 13 column 31, /trustPolicies/1/trustedIdentities/1",
            Notice::UnknownIdentityPrefix { prefix: "arn:aws:iam::1:role/x".into() },
        ),
        (
            "line 14 column 9, /trustPolicies/1/trustedIdentities/3",
            Notice::UnmatchableAttribute { attribute: "emailAddress".into() },
        ),
    ];
    let found: Vec<_> =
        policy.warnings().iter().map(|warning| (warning.place.to_string(), warning.notice.clone())).collect();
    assert_eq!(found, expected.map(|(place, notice)| (place.to_owned(), notice)));
    assert_eq!(
        policy.warnings()[3].to_string(),
        "line 6 column 50, /trustPolicies/0/signatureVerification/overide: member \"overide\" is unknown and has no \
         effect, the nearest known one is \"override\""
    );
    let kinds: Vec<_> = policy.statements()[1].trusted_identities().iter().collect();
    assert!(matches!(
        kinds.as_slice(),
        [
            TrustedIdentity::Other(_),
            TrustedIdentity::Other(_),
            TrustedIdentity::SigningProfile(_),
            TrustedIdentity::Subject { .. }
        ]
    ));
}

#[test]
fn an_alias_of_signing_profiles_is_an_identity_that_the_policy_warns_of() {
    let store = TrustStoreName::parse("signingAuthority:aws-signer-ts").unwrap();
    let place = "arn:aws:signer:eu-west-1:111122223333:";
    let warnings = |resources: &[&str]| {
        let identities: Vec<_> = resources.iter().map(|resource| format!("{place}{resource}")).collect();
        let policy = TrustPolicy::strict("one", &["*"], std::slice::from_ref(&store), &identities).unwrap();
        assert_eq!(policy.statements()[0].trusted_identities().signing_profiles().count(), resources.len());
        policy.warnings().iter().map(|warning| warning.notice.code()).collect::<Vec<_>>()
    };
    assert_eq!(warnings(&["/aliases/release"]), ["policy-trusted-alias"]);
    assert_eq!(warnings(&["/aliased-signing-profiles/0c2b", "/signing-profiles/build"]), [""; 0]);
    assert_eq!(
        warnings(&["/aliases/release", "/aliases/release"]),
        ["policy-trusted-alias", "policy-trusted-alias", "policy-overlapping-profiles"]
    );
    assert_eq!(warnings(&["/aliased-signing-profiles/0c2b"; 2]), ["policy-overlapping-profiles"]);
    assert_eq!(warnings(&["/aliases/release", "/signing-profiles/release"]), ["policy-trusted-alias"]);
}

#[test]
fn arns_of_signer_are_signing_profiles_or_refused_and_others_match_nobody() {
    let kind = |text: &str| {
        let store = TrustStoreName::parse("signingAuthority:aws-signer-ts").unwrap();
        let policy = TrustPolicy::strict("one", &["*"], &[store], &[text]).ok()?;
        let identity = policy.statements()[0].trusted_identities().iter().next().unwrap().clone();
        assert_eq!(identity.text(), text);
        let profiles = policy.statements()[0].trusted_identities().signing_profiles().count();
        Some((matches!(identity, TrustedIdentity::SigningProfile(_)), profiles, policy.warnings().len()))
    };
    let profile = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/build";
    for text in [profile, "arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/build/IrwHQeF7XW"] {
        assert_eq!(kind(text), Some((true, 1, 0)), "{text}");
    }
    for text in
        ["arn:aws:iam::111122223333:role/x", "arn:aws:Signer:x", "Arn:aws:signer:x", "arn:aws:signer-data:x", "arn:x"]
    {
        assert_eq!(kind(text), Some((false, 0, 1)), "{text}");
    }
    for text in [
        "arn:aws:signer",
        "arn:aws:signer:",
        "arn:aws:signer:eu-west-1:111122223333:/signing-jobs/x",
        "arn:aws:signer:*:*:*",
    ] {
        assert_eq!(kind(text), None, "{text}");
    }
}

#[test]
fn a_signing_profile_beside_its_version_is_a_notice() {
    let profile = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/build";
    let (version, other) = (format!("{profile}/IrwHQeF7XW"), format!("{profile}/awUPb84ibN"));
    let store = TrustStoreName::parse("signingAuthority:aws-signer-ts").unwrap();
    let notices = |identities: &[&str]| -> Vec<_> {
        let policy = TrustPolicy::strict("one", &["*"], std::slice::from_ref(&store), identities).unwrap();
        policy.warnings().iter().map(|warning| (warning.place.pointer.clone(), warning.notice.clone())).collect()
    };
    for (first, second) in [(profile, version.as_str()), (&version, profile), (profile, profile), (&version, &version)]
    {
        let notice = Notice::OverlappingProfiles { identity: second.into(), other: first.into() };
        assert_eq!(notices(&[first, second]), [("/trustPolicies/0/trustedIdentities/1".to_owned(), notice)]);
    }
    assert_eq!(notices(&[&version, &other, "x509.subject: C=US, ST=WA, O=acme"]), []);
    assert_eq!(notices(&[profile, "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/builds"]), []);
}

#[test]
fn without_revocation_every_statement_skips_it_and_changes_nothing_else() {
    let document = r#"{"version": "1.0", "trustPolicies": [
        {"name": "strict", "registryScopes": ["a/b"], "signatureVerification": {"level": "strict"},
         "trustStores": ["ca:a"], "trustedIdentities": ["*"]},
        {"name": "permissive", "registryScopes": ["a/c"],
         "signatureVerification": {"level": "permissive", "override": {"revocation": "enforce", "expiry": "enforce"}},
         "trustStores": ["ca:a"], "trustedIdentities": ["*"]},
        {"name": "skip", "registryScopes": ["a/d"], "signatureVerification": {"level": "skip"}}
    ]}"#;
    let policy = TrustPolicy::parse(document.as_bytes()).unwrap();
    let without = policy.clone().without_revocation();
    assert_eq!((policy.statements().len(), without.statements().len()), (3, 3));
    for (before, after) in policy.statements().iter().zip(without.statements()) {
        assert_eq!((before.name(), before.scopes()), (after.name(), after.scopes()));
        assert_eq!(before.trusted_identities(), after.trusted_identities());
        assert_eq!(after.level().action(ValidationType::Revocation), ValidationAction::Skip);
        for other in ValidationType::ALL.into_iter().filter(|other| *other != ValidationType::Revocation) {
            assert_eq!(before.level().action(other), after.level().action(other), "{other}");
        }
    }
    assert_eq!(without.statements()[2], policy.statements()[2]);
}

#[test]
fn a_statement_is_read_completely() {
    let document = VALID
        .replace(
            LEVEL,
            r#"{"level":"permissive","override":{"revocation":"skip"},"verifyTimestamp":"afterCertExpiry"}"#,
        )
        .replace(STORES, r#""trustStores": ["ca:acme", "tsa:time", "ca:acme"],"#);
    let policy = TrustPolicy::parse(document.as_bytes()).unwrap();
    let [statement] = policy.statements() else { panic!("one statement") };
    assert_eq!(statement.name(), "one");
    assert_eq!(statement.scopes().texts(), ["example.com/a"]);
    assert_eq!((statement.level().name(), statement.level().is_customized()), ("permissive", true));
    assert_eq!(statement.level().action(ValidationType::Revocation), ValidationAction::Skip);
    assert_eq!(statement.verify_timestamp(), VerifyTimestamp::AfterCertExpiry);
    let stores: Vec<_> = statement.trust_stores().iter().map(ToString::to_string).collect();
    assert_eq!(stores, ["ca:acme", "tsa:time", "ca:acme"]);
    let identities: Vec<_> = statement.trusted_identities().iter().map(TrustedIdentity::text).collect();
    assert_eq!(identities, ["x509.subject: C=US, ST=WA, O=acme"]);
    assert_eq!(policy.warnings(), []);
}

#[test]
fn the_exact_scope_comes_before_the_wildcard() {
    let repository = |text| Repository::parse(text).unwrap();
    let both = TrustPolicy::parse(VALID.replace(END, &second(r#""all""#, r#"["*"]"#)).as_bytes()).unwrap();
    assert_eq!(both.statement_for(&repository("example.com/a")).unwrap().name(), "one");
    for other in ["example.com/a/b", "example.com/b", "example.com:8443/a", "a.example.com/a"] {
        assert_eq!(both.statement_for(&repository(other)).unwrap().name(), "all", "{other}");
    }
    let one = TrustPolicy::parse(VALID.as_bytes()).unwrap();
    assert_eq!(
        one.statement_for(&repository("example.com/b")),
        Err(NoApplicableStatement { repository: repository("example.com/b"), scopes: vec!["example.com/a".into()] })
    );
}

/// One repository, the scheme by which its registry is reached, and other names of it.
const NAMES_OF_ONE_PLACE: [(&str, Scheme, &[&str]); 9] = [
    ("example.com/a", Scheme::Https, &["Example.com/a", "EXAMPLE.COM/a", "example.com:443/a", "example.com:0443/a"]),
    ("Example.com:443/a", Scheme::Https, &["example.com/a"]),
    ("example.com:5000/a", Scheme::Https, &["example.COM:05000/a"]),
    ("localhost/a", Scheme::Http, &["localhost:80/a", "LOCALHOST:080/a"]),
    ("127.0.0.1:80/a", Scheme::Http, &["127.0.0.1/a"]),
    ("plain.example/a", Scheme::Http, &["plain.example:80/a", "Plain.Example/a"]),
    (
        "docker.io/library/a",
        Scheme::Https,
        &[
            "index.docker.io/library/a",
            "registry-1.docker.io:443/library/a",
            "Docker.IO/library/a",
            "registry.hub.docker.com/library/a",
            "index.docker.io/a",
        ],
    ),
    (
        "111122223333.dkr.ecr.us-east-1.amazonaws.com/a",
        Scheme::Https,
        &[
            "111122223333.dkr.ecr.us-east-1.amazonaws.com:443/a",
            "111122223333.DKR.ecr.us-east-1.amazonaws.com/a",
            "111122223333.dkr.ecr-fips.us-east-1.amazonaws.com/a",
            "111122223333.dkr-ecr.us-east-1.on.aws/a",
            "111122223333.dkr-ecr-fips.us-east-1.on.aws/a",
        ],
    ),
    (
        "111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/a",
        Scheme::Https,
        &["111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/a"],
    ),
];

#[test]
fn another_name_of_a_repository_does_not_select_another_statement() {
    for (scope, scheme, names) in NAMES_OF_ONE_PLACE {
        let statement = |scope: &str, name: &str| {
            let document = VALID.replace("example.com/a", scope).replace(END, &second(r#""all""#, r#"["*"]"#));
            let policy = TrustPolicy::parse_reached_by(document.as_bytes(), &|_| scheme).unwrap();
            let repository = Repository::parse(name).unwrap().reached_by(scheme);
            policy.statement_for(&repository).unwrap().name().to_owned()
        };
        for name in names {
            assert_eq!(statement(scope, name), "one", "{scope} {name}");
            assert_eq!(statement(name, scope), "one", "{name} {scope}");
        }
    }
}

#[test]
fn two_names_of_one_repository_belong_to_one_statement() {
    for (scope, scheme, names) in NAMES_OF_ONE_PLACE {
        for name in names {
            let once = VALID.replace(SCOPES, &format!("[\"{scope}\", \"{name}\"]"));
            let policy = TrustPolicy::parse_reached_by(once.as_bytes(), &|_| scheme).unwrap();
            let written = policy.statements().first().unwrap().scopes().texts();
            assert_eq!(written, [scope, name]);
            let twice = VALID.replace("example.com/a", scope);
            let twice = twice.replace(END, &second(r#""two""#, &format!("[\"{name}\"]")));
            let error = TrustPolicy::parse_reached_by(twice.as_bytes(), &|_| scheme).unwrap_err();
            let TrustPolicyError::Invalid(problems) = error else { panic!("{error}") };
            let rules: Vec<_> = problems.iter().map(|problem| &problem.rule).collect();
            assert!(matches!(rules.as_slice(), [Rule::RepeatedScope { scope, .. }] if scope == name), "{rules:?}");
        }
    }
    // What is one place over TLS stays a mistake where plain HTTP makes it two.
    let twice =
        VALID.replace("example.com/a", "localhost/a").replace(END, &second(r#""two""#, r#"["localhost:443/a"]"#));
    assert!(TrustPolicy::parse_reached_by(twice.as_bytes(), &|_| Scheme::Http).is_err());
}

#[test]
fn what_a_statement_names_twice_is_named_where_it_stands_first() {
    let at = |statement: usize, scope: usize| format!("/trustPolicies/{statement}/registryScopes/{scope}");
    for (one, other, scope, first) in [
        (r#"["a.example/r", "A.example/r", "a.example/r"]"#, r#"["*"]"#, "a.example/r", at(0, 0)),
        (r#"["a.example/r", "a.example/r1"]"#, r#"["A.example/r"]"#, "A.example/r", at(0, 0)),
        (r#"["b/r", "a.example/r", "A.example/r"]"#, r#"["a.example:443/r"]"#, "a.example:443/r", at(0, 1)),
        (r#"["b/r", "A.example/r"]"#, r#"["A.example/r"]"#, "A.example/r", at(0, 1)),
    ] {
        let document = VALID.replace(SCOPES, one).replace(END, &second(r#""two""#, other));
        let rules: Vec<_> = problems(&document).into_iter().map(|(_, rule)| rule).collect();
        assert_eq!(rules, [Rule::RepeatedScope { scope: scope.to_owned(), pointer: first }]);
    }
}

#[test]
fn names_that_are_not_known_to_be_one_place_are_two() {
    for (one, other) in [
        ("localhost/a", "localhost:80/a"),
        ("localhost/a", "127.0.0.1/a"),
        ("docker.io/a/b", "docker.io/library/b"),
        ("docker.io:5000/library/a", "docker.io/library/a"),
        ("r.example/library/a", "r.example/a"),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/a", "111122223333.dkr.ecr.us-east-2.amazonaws.com/a"),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/a", "444455556666.dkr-ecr.us-east-1.on.aws/a"),
        (
            "111122223333.dkr.ecr.us-east-1.amazonaws.com/a",
            "111122223333.dkr.ecr.us-east-1.amazonaws.com.evil.example/a",
        ),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/a", "111122223333.dkr.ecr.us-east-1.amazonaws.com:80/a"),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/a", "111122223333.dkr.ecr.us-east-1.amazonaws.com/a/b"),
    ] {
        let parse = |text| Repository::parse(text).unwrap();
        assert!(!parse(one).is_same_place(&parse(other)), "{one} {other}");
    }
    // Of one registry that is reached in two ways only the ports tell.
    let plain = |text| Repository::parse(text).unwrap().reached_by(Scheme::Http);
    let tls = |text| Repository::parse(text).unwrap();
    assert!(!plain("r.example/a").is_same_place(&tls("r.example/a")));
    assert!(plain("r.example/a").is_same_place(&tls("r.example:80/a")));
}

#[test]
fn the_written_file_is_stable_and_read_back_equal() {
    let document = VALID
        .replace(
            LEVEL,
            r#"{"verifyTimestamp":"afterCertExpiry","override":{"revocation":"skip","expiry":"log"},"level":"audit"}"#,
        )
        .replace(END, &second(r#""two""#, r#"["a/c", "a/b"]"#));
    let policy = TrustPolicy::parse(document.as_bytes()).unwrap();
    let written = policy.to_json();
    assert_eq!(
        written,
        r#"{
  "version": "1.0",
  "trustPolicies": [
    {
      "name": "one",
      "registryScopes": [
        "example.com/a"
      ],
      "signatureVerification": {
        "level": "audit",
        "override": {
          "expiry": "log",
          "revocation": "skip"
        },
        "verifyTimestamp": "afterCertExpiry"
      },
      "trustStores": [
        "ca:acme"
      ],
      "trustedIdentities": [
        "x509.subject: C=US, ST=WA, O=acme"
      ]
    },
    {
      "name": "two",
      "registryScopes": [
        "a/c",
        "a/b"
      ],
      "signatureVerification": {
        "level": "strict"
      },
      "trustStores": [
        "ca:b"
      ],
      "trustedIdentities": [
        "*"
      ]
    }
  ]
}
"#
    );
    assert_eq!(TrustPolicy::parse(written.as_bytes()).unwrap().statements(), policy.statements());
    let skip = TrustPolicy::parse(VALID.replace(REST, r#"{"level":"skip"}"#).as_bytes()).unwrap();
    assert_eq!(TrustPolicy::parse(skip.to_json().as_bytes()).unwrap().statements(), skip.statements());
}

#[test]
fn a_policy_from_flags_keeps_the_same_rules() {
    let store = TrustStoreName::new(TrustStoreType::Ca, "acme").unwrap();
    let policy = TrustPolicy::strict(
        "one",
        &["example.com/a"],
        std::slice::from_ref(&store),
        &["x509.subject: C=US, ST=WA, O=acme"],
    );
    assert_eq!(policy.unwrap().statements(), TrustPolicy::parse(VALID.as_bytes()).unwrap().statements());
    let refused = TrustPolicy::strict("one", &["a/b:tag"], &[store], &["*", "x509.subject: C=US"]);
    let Err(TrustPolicyError::Invalid(problems)) = refused else { panic!("refused") };
    let found: Vec<_> = problems.iter().map(|problem| (problem.place.pointer.as_str(), problem.rule.code())).collect();
    assert_eq!(
        found,
        [
            ("/trustPolicies/0/registryScopes/0", "repository-name"),
            ("/trustPolicies/0/trustedIdentities/0", "policy-wildcard-identity-with-others"),
            ("/trustPolicies/0/trustedIdentities/1", "distinguished-name-missing"),
        ]
    );
    let none: [&str; 0] = [];
    let empty = TrustPolicy::strict("", &none, &[], &none);
    let Err(TrustPolicyError::Invalid(problems)) = empty else { panic!("refused") };
    let rules: Vec<_> = problems.iter().map(|problem| problem.rule.code()).collect();
    assert_eq!(
        rules,
        ["policy-missing-trust-stores", "policy-missing-trusted-identities", "policy-missing-name", "policy-no-scopes"]
    );
}

/// Valid documents, to be damaged.
fn seeds() -> Vec<String> {
    all_cases().into_iter().map(|case| VALID.replace(case.part, &case.kept)).collect()
}

proptest! {
    /// A damaged document is judged, every problem has a place inside of it, and what is still accepted is written
    /// and read back equal.
    #[test]
    fn damaged_documents_never_panic(
        seed in 0..1000_usize, at in any::<prop::sample::Index>(), removed in 0..12_usize,
        inserted in "[]\\[{}\",:*=#\\\\ a-z0-9\n\u{e9}]{0,6}",
    ) {
        let seeds = seeds();
        let mut characters: Vec<char> = seeds[seed % seeds.len()].chars().collect();
        let start = at.index(characters.len());
        let end = (start + removed).min(characters.len());
        characters.splice(start..end, inserted.chars());
        let document: String = characters.into_iter().collect();
        match TrustPolicy::parse(document.as_bytes()) {
            Ok(policy) => {
                let written = TrustPolicy::parse(policy.to_json().as_bytes()).unwrap();
                prop_assert_eq!(written.statements(), policy.statements());
            }
            Err(TrustPolicyError::Invalid(problems)) => {
                let value: serde_json::Value = serde_json::from_str(&document).unwrap();
                for problem in problems.iter() {
                    prop_assert!(value.pointer(&problem.place.pointer).is_some(), "{problem}");
                    let line = document.split('\n').nth(problem.place.line - 1).unwrap();
                    prop_assert!(problem.place.column <= line.chars().count(), "{problem}");
                }
                prop_assert!(problems.iter().count() > 0);
            }
            Err(_) => {}
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(TrustPolicy::parse(&bytes).is_err());
    }
}
