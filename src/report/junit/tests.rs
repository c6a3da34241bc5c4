use super::super::samples;
use super::*;

#[test]
fn a_verified_image_is_a_case_that_passed() {
    insta::assert_snapshot!(render(&samples::verified()).unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="sealgate" tests="1" skipped="0" failures="0" errors="0">
        <testsuite name="sealgate verify" tests="1" skipped="0" errors="0" failures="0">
            <testcase name="registry.example/app@sha256:1111" classname="sealgate verify">
                <system-out>signer: CN=release,O=Acme,ST=WA,C=US
    accepted until: 2027-01-02T03:04:05Z</system-out>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn a_refusal_is_a_failure_and_an_error_an_error() {
    insta::assert_snapshot!(render(&samples::rejected()).unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="sealgate" tests="1" skipped="0" failures="1" errors="0">
        <testsuite name="sealgate verify" tests="1" skipped="0" errors="0" failures="1">
            <properties>
                <property name="a check is weakened" value="plain-http = registry.example (from SEALGATE_PLAIN_HTTP)"/>
            </properties>
            <testcase name="registry.example/app@sha256:1111" classname="sealgate verify">
                <failure message="rejected: the signer is none of the trusted identities" type="untrusted-identity">statement: production (strict), scope registry.example/app, from policy.json
    signatures found: 1 (referrers-api)
    signature sha256:2222 rejected: the signer is none of the trusted identities [untrusted-identity]</failure>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
    insta::assert_snapshot!(render(&samples::several()).unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="sealgate" tests="5" skipped="1" failures="2" errors="1">
        <testsuite name="sealgate verify" tests="5" skipped="1" errors="1" failures="2">
            <properties>
                <property name="warning" value="a tag can be moved; name the image by digest [tag]"/>
            </properties>
            <testcase name="registry.example/app@sha256:1111" classname="sealgate verify">
                <system-out>signer: CN=release,O=Acme,ST=WA,C=US
    accepted until: 2027-01-02T03:04:05Z</system-out>
            </testcase>
            <testcase name="registry.example/b@sha256:4444" classname="sealgate verify">
                <failure message="unsigned" type="unsigned">signatures found: 0 (referrers-api)</failure>
            </testcase>
            <testcase name="registry.example/c@sha256:5555" classname="sealgate verify">
                <failure message="unsigned" type="unsigned">signatures found: 0 (referrers-api)</failure>
            </testcase>
            <testcase name="registry.example/d@sha256:6666" classname="sealgate verify">
                <skipped message="accepted with warnings, not verified: not everything that counts is enforced" type="accepted-with-warnings"/>
            </testcase>
            <testcase name="registry.example/e:1" classname="sealgate verify">
                <error message="error: registry.example refused the request" type="denied">error[denied]: registry.example refused the request
    caused by: registry.example says: &quot;no pull access&quot;
    help: give credentials that may pull</error>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn requirements_of_gates_are_lines_of_one_case() {
    insta::assert_snapshot!(render(&samples::gate_met()).unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="sealgate" tests="1" skipped="0" failures="0" errors="0">
        <testsuite name="sealgate verify" tests="1" skipped="0" errors="0" failures="0">
            <testcase name="registry.example/app@sha256:1111" classname="sealgate verify">
                <system-out>signer: ci, security, anna, ben
    ✓ met test: ci
      by ci (CN=ci,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:2222
    ! met prod: security, not older than 30d
      by security (arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234), at 2026-01-02T03:04:05Z, renew it before 2026-02-01T03:04:05Z, signature sha256:3333333333333333333333333333333333333333333333333333333333333333, signing job arn:aws:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4
    ✓ met prod: 1 of anna, ben
      by anna (CN=anna,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:4444
      by ben (CN=ben,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:5555</system-out>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
    insta::assert_snapshot!(render(&samples::gate_unmet()).unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="sealgate" tests="1" skipped="0" failures="1" errors="0">
        <testsuite name="sealgate verify" tests="1" skipped="0" errors="0" failures="1">
            <testcase name="registry.example/app@sha256:1111" classname="sealgate verify">
                <failure message="gate unmet: stage prod requires security, not older than 30d: a signature of security does not count: it is too old since 2026-02-01T03:04:05Z; 2 more requirements are not met" type="gate-unmet">given as: registry.example/app:1.0
    manifest: application/vnd.oci.image.manifest.v1+json, 528 bytes
    gates: ci/gates.yaml, stage prod
    file of the gates: sha256:7777
    policy digest: sha256:8888
    signatures found: 4 (referrers-api)
    ✓ met test: ci
      by ci (CN=ci,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:2222
    ✗ refused prod: security, not older than 30d
      refused security, signature sha256:4444: it is too old since 2026-02-01T03:04:05Z [gate-too-old]
      refused security, signature sha256:4444: the signing job is revoked [revoked]
      … and 2 more that do not count, left out to keep this report short
      help: approve it as security: sealgate approve --stage prod --as security -- IMAGE
    ✗ missing prod: 2 of anna, ben
      by anna (CN=anna,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:4444
      help: approve it as ben: sealgate approve --stage prod --as ben -- IMAGE
    ! not judged prod: release
    signature sha256:2222 accepted
    error[gate-unmet]: the image lacks an approval that the stage requires</failure>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn only_what_is_verified_or_signed_is_a_case_that_passed() {
    for outcome in ArtifactOutcome::ALL {
        let mut report = samples::verified();
        report.artifacts_mut()[0].outcome = outcome;
        let text = render(&report).unwrap();
        let is_told = ["<failure", "<error", "<skipped"].iter().any(|element| text.contains(element));
        let passed =
            matches!(outcome, ArtifactOutcome::Verified | ArtifactOutcome::Signed | ArtifactOutcome::AlreadySigned);
        assert_eq!(!is_told, passed, "{text}");
        let is_red = text.contains("<failure") || text.contains("<error");
        assert_eq!(is_red, report.exit_code() != ExitCode::Success, "{text}");
    }
}

#[test]
fn no_run_that_failed_is_green() {
    for report in [Report::new("verify"), Report::of("verify", Findings::Artifacts(Vec::new()))] {
        let text = render(&report).unwrap();
        assert!(text.contains("errors=\"1\"") && text.contains("<error"), "{text}");
    }
    let error = samples::several().artifacts_mut().pop().unwrap().error;
    let text = render(&Report { error, ..samples::verified() }).unwrap();
    assert!(text.contains("tests=\"2\" skipped=\"0\" failures=\"0\" errors=\"1\""), "{text}");
    assert!(text.contains("type=\"denied\""), "{text}");
}

#[test]
fn caveats_and_what_weakens_a_check_stand_beside_the_case() {
    let mut report = samples::rejected();
    let caveat = Reason::new("not-an-aws-root", super::super::model::NOT_AN_AWS_ROOT);
    report.artifacts_mut()[0].caveats.push(caveat);
    let text = render(&report).unwrap();
    assert!(text.contains("<system-out>! NOT AN AWS ROOT</system-out>"), "{text}");
    let property =
        "<property name=\"a check is weakened\" value=\"plain-http = registry.example (from SEALGATE_PLAIN_HTTP)\"/>";
    assert!(text.contains(property), "{text}");
}

#[test]
fn each_check_of_doctor_is_a_case() {
    let text = render(&samples::checked("x")).unwrap();
    assert!(text.contains("tests=\"5\" skipped=\"2\" failures=\"1\" errors=\"0\""), "{text}");
    assert!(text.contains("<testcase name=\"Image x: pull\" classname=\"sealgate doctor\">"), "{text}");
}
