use super::super::model::{ArtifactOutcome, Findings, NOT_AN_AWS_ROOT, Reason, Weakening};
use super::super::samples;
use super::*;

fn render(report: &Report) -> String {
    super::render(report, MARKDOWN)
}

#[test]
fn a_verified_image_is_a_row_with_its_details_folded() {
    insta::assert_snapshot!(render(&samples::verified()), @r"
    ## ✓ sealgate verify: 1 image: 1 verified

    | verdict | image | signer | accepted until |
    |---|---|---|---|
    | ✓ verified | `registry.example/app@sha256:1111` | `CN=release,O=Acme,ST=WA,C=US` | `2027-01-02T03:04:05Z` |

    <details><summary>✓ verified <code>registry.example/app@sha256:1111</code></summary>

    - given as: `registry.example/app:1.0`
    - manifest: `application/vnd.oci.image.manifest.v1+json, 528 bytes`
    - statement: `production (strict), scope registry.example/app, from policy.json`
    - signatures found: `1 (referrers-api)`

    ✓ **signature accepted** `sha256:2222`

    - signer: `CN=release,O=Acme,ST=WA,C=US`
    - signed at (the signer says): `2026-01-02T03:04:05Z`
    - expires at: `2027-01-02T03:04:05Z`
    - signing agent (the signer says): `sealgate/0.1.0`
    - metadata: `build = 17`
    - envelope: `application/jose+json`

    | | validation | asked for | result | |
    |---|---|---|---|---|
    | ✓ | integrity | enforce | passed |  |
    | ✓ | authenticity | enforce | passed |  |
    | ✓ | authentic timestamp | enforce | passed |  |
    | ✓ | expiry | enforce | passed |  |
    | ✓ | revocation | enforce | nothing to check | `no certificate below the root names an OCSP responder or CRL` [`no-revocation-pointer`] |

    </details>
    ");
}

#[test]
fn what_failed_comes_first_with_its_reason() {
    insta::assert_snapshot!(render(&samples::rejected()), @r"
    ## ✗ sealgate verify: 1 image: 1 rejected

    > [!CAUTION]
    > a check is weakened: `plain-http = registry.example (from SEALGATE_PLAIN_HTTP)`

    ### Not accepted

    - ✗ **rejected** `registry.example/app@sha256:1111`: `the signer is none of the trusted identities` [`untrusted-identity`]

    | verdict | image | signer | accepted until |
    |---|---|---|---|
    | ✗ rejected | `registry.example/app@sha256:1111` |  |  |

    <details><summary>✗ rejected <code>registry.example/app@sha256:1111</code></summary>

    - statement: `production (strict), scope registry.example/app, from policy.json`
    - signatures found: `1 (referrers-api)`

    ✗ **signature rejected** `sha256:2222`

    - because: `the signer is none of the trusted identities [untrusted-identity]`
    - signer, as the envelope says, not verified: `CN=release,O=Acme,ST=WA,C=US`
    - signed at (the signer says): `2026-01-02T03:04:05Z`
    - expires at: `2027-01-02T03:04:05Z`
    - signing agent (the signer says): `sealgate/0.1.0`
    - metadata: `build = 17`
    - envelope: `application/jose+json`

    | | validation | asked for | result | |
    |---|---|---|---|---|
    | ✓ | integrity | enforce | passed |  |
    | ✗ | authenticity | enforce | failed | `the signer is none of the trusted identities` [`untrusted-identity`] |
    | ✓ | authentic timestamp | enforce | passed |  |
    | ✓ | expiry | enforce | passed |  |
    | – | revocation | enforce | not evaluated | `the chain is not trusted, so nobody was asked` [`untrusted-chain`] |

    </details>
    ");
}

#[test]
fn several_images_are_counted_and_those_that_failed_repeated_by_name() {
    let text = render(&samples::several());
    insta::assert_snapshot!(text.split("<details>").next().unwrap(), @r"
    ## ✗ sealgate verify: 5 images: 1 verified; 2 unsigned; 1 accepted with warnings, not verified; 1 error

    > [!WARNING]
    > `a tag can be moved; name the image by digest` [`tag`]

    ### Not accepted

    - ✗ **unsigned** `registry.example/b@sha256:4444`: `unsigned` [`unsigned`]
    - ✗ **unsigned** `registry.example/c@sha256:5555`: `unsigned` [`unsigned`]
    - ✗ **error** `registry.example/e:1`: `registry.example refused the request` [`denied`]
      - help: `give credentials that may pull`

    | verdict | image | signer | accepted until |
    |---|---|---|---|
    | ✗ unsigned | `registry.example/b@sha256:4444` |  |  |
    | ✗ unsigned | `registry.example/c@sha256:5555` |  |  |
    | ✗ error | `registry.example/e:1` |  |  |
    | ! accepted with warnings, not verified | `registry.example/d@sha256:6666` |  |  |
    | ✓ verified | `registry.example/app@sha256:1111` | `CN=release,O=Acme,ST=WA,C=US` | `2027-01-02T03:04:05Z` |
    ");
}

#[test]
fn caveats_and_what_weakens_a_check_stand_above_everything() {
    let mut report = samples::verified();
    report.artifacts_mut()[0].caveats.push(Reason::new("not-an-aws-root", NOT_AN_AWS_ROOT));
    let value = "roots.pem, NOT AN AWS ROOT".to_owned();
    report.weakened.push(Weakening { setting: "aws-root", value, origin: "--aws-root".to_owned() });
    let text = render(&report);
    let above = text.split("| verdict |").next().unwrap();
    assert!(
        above.starts_with("## ! sealgate verify: 1 image: 1 verified\n\n> [!CAUTION]\n> NOT AN AWS ROOT: `aws-root = "),
        "{above}"
    );
    assert!(text.contains("| ! verified; `NOT AN AWS ROOT` |"), "{text}");
}

#[test]
fn a_run_that_ended_early_says_why() {
    let error = samples::several().artifacts_mut().pop().unwrap().error;
    insta::assert_snapshot!(render(&Report { error, ..Report::new("verify") }), @r#"
    ## ✗ sealgate verify: failed

    ✗ **error** `denied`: `registry.example refused the request`
    - caused by: `registry.example says: "no pull access"`
    - help: `give credentials that may pull`
    "#);
}

#[test]
fn a_page_has_an_end_and_keeps_what_failed() {
    let mut report = Report::of("verify", Findings::Artifacts(Vec::new()));
    for number in 0..20_000 {
        let mut image = samples::verified().artifacts_mut().remove(0);
        image.digest_reference = Some(format!("registry.example/app-{number}@sha256:{}", "1".repeat(64)));
        report.artifacts_mut().push(image);
    }
    let failed = samples::rejected().artifacts_mut().remove(0);
    report.artifacts_mut().push(failed);
    let text = render(&report);
    assert!(text.len() < 1024 * 1024, "{}", text.len());
    assert!(text.contains("### Not accepted\n\n- ✗ **rejected** `registry.example/app@sha256:1111`"));
    assert!(text.contains(" more images, left out to keep this page short: see report.json\n"));
    assert!(text.contains(" more details, left out to keep this page short: see report.json\n"));
}

#[test]
fn a_page_may_have_less_room_and_keeps_what_failed() {
    let mut report = samples::several();
    for number in 0..500 {
        let mut image = samples::rejected().artifacts_mut().remove(0);
        image.digest_reference = Some(format!("registry.example/app-{number}@sha256:{}", "1".repeat(64)));
        report.artifacts_mut().push(image);
    }
    for bytes in [4096, 10_000, 100_000] {
        let text = super::render(&report, bytes);
        // What is left out is told in some lines more.
        assert!(text.len() < bytes + 1000, "{}", text.len());
        assert!(text.contains("### Not accepted"), "{text}");
        assert!(text.contains("left out to keep this page short"), "{text}");
    }
}

#[test]
fn the_word_verified_is_there_for_one_outcome_only() {
    for outcome in ArtifactOutcome::ALL {
        let mut report = samples::signed();
        report.artifacts_mut()[0].outcome = outcome;
        let text = render(&report).replace("not verified", "");
        assert_eq!(text.contains("verified"), outcome.is_verified(), "{text}");
    }
}

#[test]
fn each_stage_of_gates_is_a_table() {
    let without_signatures = |mut report: Report| {
        report.artifacts_mut()[0].candidates.clear();
        render(&report)
    };
    insta::assert_snapshot!(without_signatures(samples::gate_met()), @"
    ## ✓ sealgate verify: 1 image: 1 verified

    | verdict | image | signer | accepted until |
    |---|---|---|---|
    | ✓ verified | `registry.example/app@sha256:1111` | `ci, security, anna, ben` |  |

    <details><summary>✓ verified <code>registry.example/app@sha256:1111</code></summary>

    - given as: `registry.example/app:1.0`
    - manifest: `application/vnd.oci.image.manifest.v1+json, 528 bytes`
    - gates: `ci/gates.yaml, stage prod`
    - file of the gates: `sha256:7777`
    - policy digest: `sha256:8888`
    - signatures found: `4 (referrers-api)`

    **stage** `test`

    | | requirement | found |
    |---|---|---|
    | ✓ met | `ci` | `by ci (CN=ci,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:2222` |

    **stage** `prod`

    | | requirement | found |
    |---|---|---|
    | ! met | `security, not older than 30d` | `by security (arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234), at 2026-01-02T03:04:05Z, renew it before 2026-02-01T03:04:05Z, signature sha256:3333333333333333333333333333333333333333333333333333333333333333, signing job arn:aws:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4` |
    | ✓ met | `1 of anna, ben` | `by anna (CN=anna,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:4444`<br>`by ben (CN=ben,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:5555` |

    </details>
    ");
    insta::assert_snapshot!(without_signatures(samples::gate_unmet()), @"
    ## ✗ sealgate verify: 1 image: 1 gate unmet

    ### Not accepted

    - ✗ **gate unmet** `registry.example/app@sha256:1111`: `stage prod requires security, not older than 30d: a signature of security does not count: it is too old since 2026-02-01T03:04:05Z; 2 more requirements are not met` [`gate-unmet`]
      - help: `approve it as security: sealgate approve --stage prod --as security -- IMAGE`
      - help: `approve it as ben: sealgate approve --stage prod --as ben -- IMAGE`

    | verdict | image | signer | accepted until |
    |---|---|---|---|
    | ✗ gate unmet | `registry.example/app@sha256:1111` |  |  |

    <details><summary>✗ gate unmet <code>registry.example/app@sha256:1111</code></summary>

    - given as: `registry.example/app:1.0`
    - manifest: `application/vnd.oci.image.manifest.v1+json, 528 bytes`
    - gates: `ci/gates.yaml, stage prod`
    - file of the gates: `sha256:7777`
    - policy digest: `sha256:8888`
    - signatures found: `4 (referrers-api)`

    **stage** `test`

    | | requirement | found |
    |---|---|---|
    | ✓ met | `ci` | `by ci (CN=ci,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:2222` |

    **stage** `prod`

    | | requirement | found |
    |---|---|---|
    | ✗ refused | `security, not older than 30d` | `refused security, signature sha256:4444: it is too old since 2026-02-01T03:04:05Z [gate-too-old]`<br>`refused security, signature sha256:4444: the signing job is revoked [revoked]`<br>`… and 2 more that do not count, left out to keep this report short`<br>help: `approve it as security: sealgate approve --stage prod --as security -- IMAGE` |
    | ✗ missing | `2 of anna, ben` | `by anna (CN=anna,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:4444`<br>help: `approve it as ben: sealgate approve --stage prod --as ben -- IMAGE` |
    | ! not judged | `release` |  |

    ✗ **error** `gate-unmet`: `the image lacks an approval that the stage requires`

    </details>
    ");
}
