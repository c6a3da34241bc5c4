//! Reports that the tests of every renderer show.

use crate::exit_code::ExitCode;
use std::collections::BTreeMap;

use super::model::*;

const IMAGE: &str = "registry.example/app@sha256:1111";
const SIGNATURE: &str = "sha256:2222";
const AWS_PROFILE_VERSION: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234";
const AWS_JOB: &str = "arn:aws:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4";

fn row(validation: Validation, action: Action, status: Status, reason: Option<Reason>) -> RowReport {
    RowReport { validation, action, status, reason, answered_by: None }
}

fn content() -> EnvelopeReport {
    EnvelopeReport {
        signature_algorithm: "ECDSA-SHA-256".to_owned(),
        signing_scheme: "notary.x509".to_owned(),
        signing_time: Some("2026-01-02T03:04:05Z".to_owned()),
        authentic_signing_time: None,
        expiry: Some("2027-01-02T03:04:05Z".to_owned()),
        signing_agent: Some("sealgate/0.1.0".to_owned()),
        user_metadata: BTreeMap::from([("build".to_owned(), "17".to_owned())]),
        extended_attributes: BTreeMap::new(),
        signing_profile_version: None,
        signing_profile_alias: None,
        signing_job: None,
        certificates: vec![CertificateReport {
            subject: "CN=release,O=Acme,ST=WA,C=US".to_owned(),
            issuer: "CN=Acme CA,O=Acme,ST=WA,C=US".to_owned(),
            sha256: "3333".to_owned(),
            not_before: "2026-01-01T00:00:00Z".to_owned(),
            not_after: "2027-01-01T00:00:00Z".to_owned(),
        }],
        target_artifact: Some(DescriptorReport {
            media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
            digest: "sha256:1111".to_owned(),
            size: 528,
        }),
        omitted: 0,
    }
}

fn statement() -> StatementReport {
    StatementReport {
        name: "production".to_owned(),
        level: "strict".to_owned(),
        scope: "registry.example/app".to_owned(),
        origin: "policy.json".to_owned(),
    }
}

fn listing(found: usize) -> ListingReport {
    ListingReport { method: "referrers-api".to_owned(), found, complete: true, notes: Vec::new() }
}

fn candidate(decision: Decision, rows: Vec<RowReport>) -> CandidateReport {
    CandidateReport {
        signature_manifest: SIGNATURE.to_owned(),
        decision,
        envelope_type: Some("application/jose+json".to_owned()),
        content: Some(content()),
        accepted_until: None,
        content_omitted: false,
        rows,
        reason: None,
    }
}

fn passing_rows() -> Vec<RowReport> {
    let nothing = Reason::new("no-revocation-pointer", "no certificate below the root names an OCSP responder or CRL");
    vec![
        row(Validation::Integrity, Action::Enforce, Status::Passed, None),
        row(Validation::Authenticity, Action::Enforce, Status::Passed, None),
        row(Validation::AuthenticTimestamp, Action::Enforce, Status::Passed, None),
        row(Validation::Expiry, Action::Enforce, Status::Passed, None),
        row(Validation::Revocation, Action::Enforce, Status::NothingToCheck, Some(nothing)),
    ]
}

/// An artifact with one good signature.
pub(super) fn verified() -> Report {
    let mut artifact = ArtifactReport::new("registry.example/app:1.0", ArtifactOutcome::Verified);
    artifact.digest_reference = Some(IMAGE.to_owned());
    artifact.media_type = Some("application/vnd.oci.image.manifest.v1+json".to_owned());
    artifact.size = Some(528);
    artifact.statement = Some(statement());
    artifact.listing = Some(listing(1));
    artifact.candidates.push(candidate(Decision::Accepted, passing_rows()));
    let mut report = Report::of("verify", Findings::Artifacts(Vec::new()));
    report.artifacts_mut().push(artifact);
    report
}

/// An artifact whose one signature is of another signer.
pub(super) fn rejected() -> Report {
    let untrusted = Reason::new("untrusted-identity", "the signer is none of the trusted identities");
    let mut rows = passing_rows();
    rows[1] = row(Validation::Authenticity, Action::Enforce, Status::Failed, Some(untrusted.clone()));
    rows[4].status = Status::NotEvaluated;
    rows[4].reason = Some(Reason::new("untrusted-chain", "the chain is not trusted, so nobody was asked"));
    let mut refused = candidate(Decision::Rejected, rows);
    refused.reason = Some(untrusted);
    let mut artifact = ArtifactReport::new(IMAGE, ArtifactOutcome::Rejected);
    artifact.digest_reference = Some(IMAGE.to_owned());
    artifact.statement = Some(statement());
    artifact.listing = Some(listing(1));
    artifact.candidates.push(refused);
    let mut report = Report::of("verify", Findings::Artifacts(Vec::new()));
    report.artifacts_mut().push(artifact);
    report.weakened.push(Weakening {
        setting: "plain-http",
        value: "registry.example".to_owned(),
        origin: "SEALGATE_PLAIN_HTTP".to_owned(),
    });
    report.statistics = Some(Statistics { requests: 3, rounds: 2, bytes_sent: 0, bytes_received: 4096 });
    report
}

/// One artifact of each kind that is not verified.
pub(super) fn several() -> Report {
    let mut report = verified();
    for (name, outcome) in [
        ("registry.example/b@sha256:4444", ArtifactOutcome::Unsigned),
        ("registry.example/c@sha256:5555", ArtifactOutcome::Unsigned),
        ("registry.example/d@sha256:6666", ArtifactOutcome::AcceptedWithWarnings),
    ] {
        let mut artifact = ArtifactReport::new(name, outcome);
        artifact.listing = Some(ListingReport { complete: outcome == ArtifactOutcome::Unsigned, ..listing(0) });
        report.artifacts_mut().push(artifact);
    }
    let mut failed = ArtifactReport::new("registry.example/e:1", ArtifactOutcome::Error);
    failed.error = Some(ErrorReport {
        code: "denied".to_owned(),
        message: "registry.example refused the request".to_owned(),
        causes: vec!["registry.example says: \"no pull access\"".to_owned()],
        help: vec!["give credentials that may pull".into()],
        exit_code: ExitCode::Denied,
        place: None,
    });
    report.artifacts_mut().push(failed);
    report.warnings.push(Reason::new("tag", "a tag can be moved; name the image by digest"));
    report
}

/// What `inspect` shows.
pub(super) fn inspected() -> Report {
    let mut artifact = ArtifactReport::new(IMAGE, ArtifactOutcome::Listed);
    artifact.listing = Some(listing(1));
    artifact.candidates.push(candidate(Decision::Listed, Vec::new()));
    let mut report = Report::of("inspect", Findings::Artifacts(Vec::new()));
    report.artifacts_mut().push(artifact);
    report
}

/// An artifact with one good signature of AWS Signer.
pub(super) fn verified_with_aws() -> Report {
    let mut report = verified();
    let content = report.artifacts_mut()[0].candidates[0].content.as_mut().unwrap();
    content.signing_scheme = "notary.x509.signingAuthority".to_owned();
    content.authentic_signing_time = content.signing_time.take();
    content.certificates[0].subject = "CN=AWS Signer,OU=AWS Cryptography,O=AWS,L=Seattle,ST=WA,C=US".to_owned();
    let (profile, job) = (AWS_PROFILE_VERSION.to_owned(), AWS_JOB.to_owned());
    content.extended_attributes = BTreeMap::from([
        ("com.amazonaws.signer.signingProfileVersion".to_owned(), profile.clone()),
        ("com.amazonaws.signer.signingJob".to_owned(), job.clone()),
        ("example.other".to_owned(), "1".to_owned()),
    ]);
    (content.signing_profile_version, content.signing_job) = (Some(profile), Some(job));
    report
}

/// What `sign` shows.
pub(super) fn signed() -> Report {
    let mut artifact = ArtifactReport::new("registry.example/app:1.0", ArtifactOutcome::Signed);
    artifact.digest_reference = Some(IMAGE.to_owned());
    artifact.signed = Some(SignedReport {
        signature_manifest: SIGNATURE.to_owned(),
        signer: "local key release.key".to_owned(),
        published: "tag-schema".to_owned(),
        signing_profile_version: None,
        signing_profile_alias: None,
        signing_job: None,
        expiry: None,
        accepted_until: None,
        undecided: None,
        notes: Vec::new(),
    });
    let mut report = Report::of("sign", Findings::Artifacts(Vec::new()));
    report.artifacts_mut().push(artifact);
    report
}

fn approval(signer: &str, signature: &str) -> ApprovalReport {
    ApprovalReport {
        signer: signer.to_owned(),
        signature_manifest: signature.to_owned(),
        signed_by: Some(format!("CN={signer},O=Acme,ST=WA,C=US")),
        authentic_signing_time: None,
        signing_time: Some("2026-01-02T03:04:05Z".to_owned()),
        signing_job: None,
        fresh_until: None,
        renew: false,
    }
}

fn gate_row(stage: &str, requirement: &str, status: GateStatus, line: usize) -> GateRow {
    GateRow {
        stage: stage.to_owned(),
        requirement: requirement.to_owned(),
        status,
        met_by: Vec::new(),
        refused: Vec::new(),
        refused_omitted: 0,
        children: None,
        help: Vec::new(),
        place: Place::new("ci/gates.yaml", (line, 7)),
    }
}

/// An image that a stage of gates lets pass: one requirement before it, and two of it, one of which is an approval by AWS Signer
/// that has to be renewed.
pub(super) fn gate_met() -> Report {
    let mut report = verified();
    let mut aws = approval("security", "sha256:3333333333333333333333333333333333333333333333333333333333333333");
    aws.signed_by = Some(AWS_PROFILE_VERSION.to_owned());
    (aws.authentic_signing_time, aws.signing_time) = (aws.signing_time.take(), None);
    (aws.signing_job, aws.fresh_until, aws.renew) =
        (Some(AWS_JOB.to_owned()), Some("2026-02-01T03:04:05Z".to_owned()), true);
    let met =
        |stage, requirement, line, met_by| GateRow { met_by, ..gate_row(stage, requirement, GateStatus::Met, line) };
    let image = &mut report.artifacts_mut()[0];
    image.statement = None;
    image.listing = Some(listing(4));
    image.gate = Some(GateReport {
        file: "ci/gates.yaml".to_owned(),
        file_digest: "sha256:7777".to_owned(),
        policy_digest: "sha256:8888".to_owned(),
        stage: "prod".to_owned(),
        rows: vec![
            met("test", "ci", 9, vec![approval("ci", SIGNATURE)]),
            met("prod", "security, not older than 30d", 13, vec![aws]),
            met("prod", "1 of anna, ben", 14, vec![approval("anna", "sha256:4444"), approval("ben", "sha256:5555")]),
        ],
        weakened: Vec::new(),
    });
    report
}

/// An image that lacks what a stage of gates requires: a row of each kind.
pub(super) fn gate_unmet() -> Report {
    let mut report = gate_met();
    let image = &mut report.artifacts_mut()[0];
    image.outcome = ArtifactOutcome::GateUnmet;
    image.error = Some(ErrorReport {
        code: "gate-unmet".to_owned(),
        message: "the image lacks an approval that the stage requires".to_owned(),
        causes: Vec::new(),
        help: Vec::new(),
        exit_code: ExitCode::GateUnmet,
        place: None,
    });
    let rows = &mut image.gate.as_mut().unwrap().rows;
    let refusal = |signer: &str, code: &str, text: &str| RefusalReport {
        signer: signer.to_owned(),
        signature_manifest: "sha256:4444".to_owned(),
        reason: Reason::new(code, text),
    };
    let old = refusal("security", "gate-too-old", "it is too old since 2026-02-01T03:04:05Z");
    rows[1] = GateRow {
        refused: vec![old, refusal("security", "revoked", "the signing job is revoked")],
        refused_omitted: 2,
        help: vec!["approve it as security: sealgate approve --stage prod --as security -- IMAGE".into()],
        ..gate_row("prod", "security, not older than 30d", GateStatus::Refused, 13)
    };
    rows[2] = GateRow {
        met_by: vec![approval("anna", "sha256:4444")],
        help: vec!["approve it as ben: sealgate approve --stage prod --as ben -- IMAGE".into()],
        ..gate_row("prod", "2 of anna, ben", GateStatus::Missing, 14)
    };
    rows.push(gate_row("prod", "release", GateStatus::NotJudged, 15));
    report
}

/// A report in which every text is an attempt to write control sequences to the terminal.
pub(super) fn hostile() -> [Report; 3] {
    saying("x\u{1b}[2J\n✓ verified forged\r\u{9b}\u{202e}\u{2066}")
}

/// Reports in which every text is this one.
pub(super) fn saying(text: &str) -> [Report; 3] {
    let evil = || text.to_owned();
    let reason = || Reason::new(text, text).at(Place::new(text, (4, 5)));
    let pairs = || BTreeMap::from([(evil(), evil())]);
    let certificate =
        || CertificateReport { subject: evil(), issuer: evil(), sha256: evil(), not_before: evil(), not_after: evil() };
    let mut artifact = ArtifactReport::new(text, ArtifactOutcome::Rejected);
    artifact.digest_reference = Some(format!("{text}2"));
    artifact.media_type = Some(evil());
    artifact.caveats = vec![reason()];
    artifact.statement = Some(StatementReport { name: evil(), level: evil(), scope: evil(), origin: evil() });
    artifact.gate = Some(GateReport {
        file: evil(),
        file_digest: evil(),
        policy_digest: evil(),
        stage: evil(),
        rows: GateStatus::ALL
            .map(|status| GateRow {
                met_by: [true, false]
                    .map(|renew| ApprovalReport {
                        signer: evil(),
                        signature_manifest: evil(),
                        signed_by: Some(evil()),
                        authentic_signing_time: renew.then(evil),
                        signing_time: Some(evil()),
                        signing_job: Some(evil()),
                        fresh_until: Some(evil()),
                        renew,
                    })
                    .to_vec(),
                refused: [(); 2]
                    .map(|()| RefusalReport { signer: evil(), signature_manifest: evil(), reason: reason() })
                    .to_vec(),
                refused_omitted: 1,
                children: Some(ChildrenReport {
                    index: true,
                    there: 1,
                    listed: 3,
                    lacking: [(); 2]
                        .map(|()| ChildReport { platform: Some(evil()), digest: Some(evil()), reason: reason() })
                        .to_vec(),
                    lacking_omitted: 1,
                    reason: matches!(status, GateStatus::Refused).then(reason),
                }),
                help: vec![evil().into()],
                place: Place::new(text, (8, 9)),
                ..gate_row(text, text, status, 1)
            })
            .to_vec(),
        weakened: vec![Weakening { setting: "plain-http", value: evil(), origin: evil() }],
    });
    artifact.listing = Some(ListingReport { method: evil(), found: 2, complete: false, notes: vec![evil()] });
    artifact.signed = Some(SignedReport {
        signature_manifest: evil(),
        signer: evil(),
        published: evil(),
        signing_profile_version: Some(evil()),
        signing_profile_alias: Some(evil()),
        signing_job: Some(evil()),
        expiry: Some(evil()),
        accepted_until: Some(format!("{text}2")),
        undecided: Some(evil()),
        notes: vec![evil()],
    });
    artifact.error = Some(ErrorReport {
        code: evil(),
        message: evil(),
        causes: vec![evil()],
        help: vec![evil().into()],
        exit_code: ExitCode::Rejected,
        place: Some(Place::new(text, (2, 3))),
    });
    artifact.candidates.push(CandidateReport {
        signature_manifest: evil(),
        decision: Decision::Rejected,
        envelope_type: Some(evil()),
        content: Some(EnvelopeReport {
            signature_algorithm: evil(),
            signing_scheme: evil(),
            signing_time: Some(evil()),
            authentic_signing_time: Some(evil()),
            expiry: Some(evil()),
            signing_agent: Some(evil()),
            user_metadata: pairs(),
            extended_attributes: pairs(),
            signing_profile_version: Some(evil()),
            signing_profile_alias: Some(evil()),
            signing_job: Some(evil()),
            certificates: vec![certificate()],
            target_artifact: Some(DescriptorReport { media_type: evil(), digest: evil(), size: 1 }),
            omitted: 0,
        }),
        accepted_until: Some(format!("{text}2")),
        content_omitted: false,
        rows: vec![RowReport {
            answered_by: Some(evil()),
            ..row(Validation::Integrity, Action::Enforce, Status::Failed, Some(reason()))
        }],
        reason: Some(reason()),
    });
    let mut report = Report::of("verify", Findings::Artifacts(Vec::new()));
    report.artifacts_mut().push(artifact);
    report.weakened.push(Weakening { setting: "plain-http", value: evil(), origin: evil() });
    report.warnings.push(reason());
    report.job = Some(JobReport { system: "GitLab CI", commit: Some(evil()), page: Some(evil()) });
    report.shard = Some(ShardReport { part: evil(), of_images: 2 });
    report.image_sources.push(ImageSourceReport { source: evil(), format: "list", images: 2 });
    let trust = Findings::TrustShown(TrustReport {
        folder: evil(),
        written: vec![evil()],
        removed: vec![evil()],
        backups: vec![evil()],
        policies: vec![evil()],
        statements: vec![TrustStatementReport {
            name: evil(),
            level: evil(),
            scopes: vec![evil()],
            stores: vec![evil()],
            identities: vec![evil()],
        }],
        stores: vec![TrustStoreReport {
            name: evil(),
            certificates: vec![AnchorReport {
                certificate: certificate(),
                aws_root: Some(evil()),
                not_an_aws_root: true,
            }],
        }],
        aws_roots: vec![AwsRootReport { partition: evil(), trust_store: evil(), certificate: certificate() }],
        problems: vec![reason()],
    });
    let key = Findings::Key(KeyReport {
        algorithm: "ec-p256",
        key: evil(),
        certificate_chain: evil(),
        root: evil(),
        identity: evil(),
        not_before: evil(),
        not_after: evil(),
    });
    [report, Report::of("trust show", trust), Report::of("key generate", key)]
}

/// What `doctor` shows, with this text wherever one may stand.
pub(super) fn checked(text: &str) -> Report {
    let check = |status| CheckReport {
        area: Area::Image,
        subject: Some(text.to_owned()),
        name: "pull",
        status,
        fact: text.to_owned(),
        causes: vec![text.to_owned()],
        help: vec![text.to_owned().into()],
        denial: Some(DenialReport {
            principal: Some(text.to_owned()),
            action: text.to_owned(),
            resources: vec![text.to_owned()],
            statement: Some(IamStatement::allow(&[text], vec![text.to_owned()])),
        }),
        code: (status == CheckStatus::Failed).then(|| text.to_owned()),
        exit_code: (status == CheckStatus::Failed).then_some(ExitCode::Denied),
        place: Some(Place::new(text, (6, 7))),
    };
    Report::of("doctor", Findings::Doctor(DoctorReport { checks: CheckStatus::ALL.map(check).to_vec() }))
}

/// What `gates check` shows, with this text wherever one may stand; a file is good or it is not, this one is both.
pub(super) fn gates(text: &str) -> Report {
    let said = || text.to_owned();
    let place = || Place::new(text, (4, 5));
    let certificate =
        CertificateReport { subject: said(), issuer: said(), sha256: said(), not_before: said(), not_after: said() };
    let signer = GateSignerReport {
        name: said(),
        profiles: vec![GateProfileReport { arn: said(), trusted: ProfileTrust::Alias }],
        identities: vec![said()],
        roots: vec![certificate],
        signs_with: vec![said()],
    };
    let asked = GateAskReport {
        requirement: said(),
        least: 1,
        signers: vec![said()],
        metadata: BTreeMap::from([(said(), said())]),
        max_age_seconds: Some(60),
        place: place(),
    };
    let stage = GateStageReport {
        name: said(),
        after: vec![said()],
        require: vec![asked],
        all_children: Some(Place::new(text, (6, 7))),
        in_full: [true, false].map(|children| GateAskedReport { stage: said(), requirement: said(), children }).into(),
        verified_with: said(),
    };
    let problem = GateProblem { reason: Reason::new(text, text).at(place()), help: vec![said().into()] };
    let found = GatesReport {
        file: said(),
        file_digest: Some(said()),
        policy_digest: Some(said()),
        signers: vec![signer],
        stages: vec![stage],
        problems: vec![problem],
    };
    Report::of("gates check", Findings::Gates(found))
}

/// Deploy files, with this text wherever one may stand; nothing is left of one that has a problem, this one has all.
pub(super) fn deploy_files(text: &str) -> Vec<PinFileReport> {
    let said = || Some(text.to_owned());
    let image = |state, outcome| PinImageReport {
        line: 4,
        column: 5,
        path: text.to_owned(),
        container: said(),
        text: said(),
        guessed: true,
        state,
        reference: said(),
        pinned: said(),
        outcome,
    };
    let problem =
        PinProblem { reason: Reason::new(text, text).at(Place::new(text, (4, 5))), help: vec![text.to_owned().into()] };
    vec![PinFileReport {
        kind: Some("kubernetes"),
        images: vec![
            image(PinState::Changed, Some(ArtifactOutcome::Unsigned)),
            image(PinState::Pinned, None),
            image(PinState::Unpinned, None),
            image(PinState::NotPinned, None),
        ],
        images_omitted: 1,
        problems: vec![problem],
        diff: Some(format!("--- a\n+++ b\n{text}")),
        diff_omitted: 1,
        ..PinFileReport::new(text.to_owned())
    }]
}
