//! The report for people: one tree an artifact, then what holds for all of them.

use super::escape::{self, shell_word, terminal};
use super::gist::{Tone, images};
use super::model::{
    Action, ArtifactOutcome, ArtifactReport, CandidateReport, Decision, ErrorReport, Findings, GateReport, KeyReport,
    ListingReport, NOT_AN_AWS_ROOT, Reason, Report, Status, Validation,
};
use super::style::{Color, Detail, Folds, Paint, Style};
use super::tree::Node;
use super::{demo, doctor, folds, gates_file, line, pin, signature, trust, wrap};

pub(crate) fn render(report: &Report, style: &Style) -> String {
    let (mut safe, mut text) = (String::new(), String::new());
    let mut folded = 0_usize;
    banner(report, style, &mut text);
    for read in report.image_sources.iter().filter(|_| style.detail() > Detail::Quiet) {
        text.push_str(&format!("{} from {} ({})\n", images(read.images), terminal(&read.source), read.format));
    }
    if let Some(shard) = report.shard_line().filter(|_| style.detail() > Detail::Quiet || report.is_empty_shard()) {
        text.push_str(&format!("{}\n", terminal(&shard)));
    }
    match &report.findings {
        Some(Findings::Artifacts(artifacts)) => {
            for artifact in artifacts.iter().filter(|artifact| is_shown(artifact, style)) {
                match line::of(artifact, report.now, style) {
                    Some(line) if style.detail() < Detail::Verbose => Node::new(line).draw(style, &mut text),
                    Some(title) if style.folds() != Folds::None => {
                        safe.push_str(&unfolded(report, folded, &std::mem::take(&mut text), style));
                        folded += 1;
                        let title = line::of(artifact, report.now, &style.of_titles()).unwrap_or(title);
                        safe.push_str(&fold(report, folded, &title, artifact, style));
                    }
                    _ => artifact_tree(artifact, style).draw(style, &mut text),
                }
            }
        }
        Some(Findings::Key(key)) => key_lines(key, style, &mut text),
        Some(Findings::TrustInstalled(folder)) => trust::draw(folder, trust::Done::Installed, style, &mut text),
        Some(Findings::TrustShown(folder)) => trust::draw(folder, trust::Done::Nothing, style, &mut text),
        Some(Findings::TrustRemoved(folder)) => trust::draw(folder, trust::Done::Removed, style, &mut text),
        Some(Findings::Demo(shown)) => demo::draw(shown, style, &mut text),
        Some(Findings::Doctor(found)) => doctor::draw(found, style, &mut text),
        Some(Findings::Iam(iam)) => doctor::draw_iam(iam, style, &mut text),
        Some(Findings::Gates(gates)) => gates_file::draw(gates, style, &mut text),
        None => {}
    }
    pin::draw(report, style, &mut text);
    if let Some(error) = &report.error {
        error_tree(error, style).draw(style, &mut text);
    }
    if style.detail() > Detail::Quiet {
        summary(report, style, &mut text);
    }
    notes(report, style, &mut text);
    safe + &unfolded(report, folded, &text, style)
}

/// Lines that are not folded, behind so many folds.
fn unfolded(report: &Report, folded: usize, text: &str, style: &Style) -> String {
    let end =
        if folded > 0 && !text.is_empty() { folds::unfold(style.folds(), &report.title()) } else { String::new() };
    end + &finished(text, style)
}

/// Lines as they are written: they fit, and no CI system obeys one.
fn finished(text: &str, style: &Style) -> String {
    escape::lines(&wrap::lines(text, style)).into_owned()
}

/// What few want to read of a good artifact, folded.
fn fold(report: &Report, number: usize, title: &str, artifact: &ArtifactReport, style: &Style) -> String {
    let mut tree = String::new();
    artifact_tree(artifact, style).draw(style, &mut tree);
    let name = format!("{}-{number}", report.title().replace(' ', "-"));
    folds::fold(style.folds(), &name, report.now, &escape::lines(title), &finished(&tree, style))
}

/// Whether there is something to show of an artifact. What a command was asked to show is never left out.
fn is_shown(artifact: &ArtifactReport, style: &Style) -> bool {
    style.detail() > Detail::Quiet || artifact.tone() != Tone::Good
}

impl Report {
    /// The text form, without color.
    pub(super) fn text_alone(&self) -> String {
        render(self, &Style::new(Color::Off, Detail::Normal))
    }
}

/// Even someone who reads only the first line must see that AWS does not vouch for this.
fn banner(report: &Report, style: &Style, into: &mut String) {
    for weakening in report.weakened.iter().filter(|weakening| weakening.replaces_aws_roots()) {
        let mark = style.paint(Paint::Bad, &format!("! {NOT_AN_AWS_ROOT}:"));
        let origin = terminal(&weakening.origin);
        let line = format!("{mark} other root certificates are used instead of AWS Signer's (from {origin})\n");
        into.push_str(&line);
    }
}

/// An artifact with its verdict and whatever led to it.
fn artifact_tree(artifact: &ArtifactReport, style: &Style) -> Node {
    let mut node = Node::new(headline(artifact, style));
    let only = only_reason(artifact);
    if let Some(reason) = only {
        node.leaf(signature::because(reason, style));
    }
    if artifact.outcome == ArtifactOutcome::AcceptedWithWarnings {
        warned(artifact, style, &mut node);
    }
    if artifact.digest_reference.as_ref().is_some_and(|resolved| *resolved != artifact.reference) {
        node.leaf(format!("given as: {}", terminal(&artifact.reference)));
    }
    if let Some(places) = artifact.named_where() {
        node.leaf(format!("named at: {}", terminal(&places)));
    }
    if let (Detail::Verbose, Some(media_type)) = (style.detail(), &artifact.media_type) {
        let size = artifact.size.map(|size| format!(", {size} bytes")).unwrap_or_default();
        node.leaf(format!("artifact: {}{size}", terminal(media_type)));
    }
    if let Some(statement) = &artifact.statement {
        node.leaf(format!(
            "statement: {} ({}), scope {}, from {}",
            style.paint(Paint::Strong, &terminal(&statement.name)),
            terminal(&statement.level),
            terminal(&statement.scope),
            terminal(&statement.origin)
        ));
    }
    if let Some(gate) = &artifact.gate {
        super::gate::lines(gate, style, &mut node);
    }
    if let Some(listing) = &artifact.listing {
        node.leaf(listing_line(listing));
    }
    if let Some(waited) = &artifact.waited {
        node.leaf(format!("waited: {}", waited.words()));
    }
    if let Some(signed) = &artifact.signed {
        node.leaf(format!("signature: {}", terminal(&signed.signature_manifest)));
        node.leaf(format!("signer: {}", terminal(&signed.signer)));
        for (name, value) in [
            ("signing profile version", &signed.signing_profile_version),
            ("signing profile alias", &signed.signing_profile_alias),
            ("signing job", &signed.signing_job),
            ("expires at", &signed.expiry),
        ] {
            if let Some(value) = value {
                node.leaf(format!("{name}: {}", terminal(value)));
            }
        }
        signature::accepted_until(signed.accepted_until.as_ref(), signed.expiry.as_ref(), &mut node);
        if let Some(why) = &signed.undecided {
            let told = format!("! signed again although an existing signature may be good: {}", terminal(why));
            node.leaf(style.paint(Paint::Warning, &told));
        }
        node.leaf(format!("published through: {}{}", terminal(&signed.published), further(&signed.notes)));
    }
    let is_told = |candidate: &&CandidateReport| !is_spare(candidate, style) && !is_in_rows(artifact, candidate, style);
    for candidate in artifact.candidates.iter().filter(is_told) {
        node.push(signature::tree(candidate, only.is_none(), style));
    }
    spare_line(artifact, style, &mut node);
    match artifact.candidates_omitted {
        0 => {}
        1 => node.leaf("… and 1 more signature, left out to keep this report short"),
        count => node.leaf(format!("… and {count} more signatures, left out to keep this report short")),
    }
    if let Some(error) = &artifact.error {
        node.push(error_tree(error, style));
    }
    node
}

/// Why the only signature of a refused artifact does not count: the answer that a person looks for first.
fn only_reason(artifact: &ArtifactReport) -> Option<&Reason> {
    artifact.only_candidate()?.reason.as_ref()
}

/// What kept an accepted artifact from being verified: a setting, under gates; validations that its first accepted signature did not
/// pass, or that its statement does not enforce.
fn warned(artifact: &ArtifactReport, style: &Style, node: &mut Node) {
    let weakened = artifact.gate.as_ref().and_then(GateReport::weakened);
    if let Some(weakened) = weakened {
        node.leaf(format!("{} {}", style.paint(Paint::Warning, "because:"), terminal(&weakened)));
    }
    let Some(accepted) = artifact.candidates.iter().find(|candidate| candidate.decision == Decision::Accepted) else {
        return;
    };
    let label = style.paint(Paint::Warning, "because:");
    for row in accepted.rows.iter().filter(|row| row.action != Action::Enforce) {
        let name = row.validation.label();
        match row.status {
            Status::Failed => node.leaf(format!("{label} {name} failed, and the statement only logs it")),
            Status::NotEvaluated if row.action == Action::Log => {
                node.leaf(format!("{label} {name} was not evaluated, and the statement only logs it"));
            }
            _ if row.validation == Validation::Authenticity => {
                node.leaf(format!("{label} {name} is not enforced by the statement"));
            }
            _ => {}
        }
    }
}

/// Whether a signature was not looked at because another one decided: not worth a separate line.
fn is_spare(candidate: &CandidateReport, style: &Style) -> bool {
    style.detail() < Detail::Verbose && candidate.decision == Decision::NotTried
}

/// Whether the rows of gates say all of a signature that is worth a line: who made it, and when.
fn is_in_rows(artifact: &ArtifactReport, candidate: &CandidateReport, style: &Style) -> bool {
    let mut counted = artifact.gate.iter().flat_map(|gate| &gate.rows).flat_map(|row| &row.met_by);
    style.detail() < Detail::Verbose
        && candidate.decision == Decision::Accepted
        && signature::is_plain(candidate)
        && counted.any(|approval| approval.signature_manifest == candidate.signature_manifest)
}

/// How many signatures were not looked at.
fn spare_line(artifact: &ArtifactReport, style: &Style, node: &mut Node) {
    let why = match artifact.outcome {
        ArtifactOutcome::Verified | ArtifactOutcome::AcceptedWithWarnings => "one accepted signature is enough",
        _ => "a limit was reached",
    };
    match artifact.candidates.iter().filter(|candidate| is_spare(candidate, style)).count() {
        0 => {}
        1 => node.leaf(format!("1 signature was not examined: {why}")),
        count => node.leaf(format!("{count} signatures were not examined: {why}")),
    }
}

/// The verdict, what it must not be read without, and the artifact.
fn headline(artifact: &ArtifactReport, style: &Style) -> String {
    let name = terminal(artifact.name());
    let tone = artifact.outcome.tone();
    let paint = match tone {
        Tone::Good => Some(Paint::Good),
        Tone::Warning => Some(Paint::Warning),
        Tone::Bad => Some(Paint::Bad),
        // Without a verdict there is nothing to say of it.
        Tone::Neutral => None,
    };
    let words = format!("{} {}", tone.mark(), artifact.outcome.words());
    let verdict = paint.map(|paint| style.paint(paint, &words) + " ").unwrap_or_default();
    let caveats: Vec<_> = artifact.caveats.iter().map(|caveat| terminal(&caveat.text)).collect();
    let caveats = match caveats.is_empty() {
        true => String::new(),
        false => style.paint(Paint::Bad, &format!("({})", caveats.join("; "))) + " ",
    };
    let name =
        if artifact.outcome == ArtifactOutcome::Listed { style.paint(Paint::Strong, &name) } else { name.into() };
    format!("{verdict}{caveats}{name}")
}

/// How signatures were looked for.
fn listing_line(listing: &ListingReport) -> String {
    let signatures = match listing.found {
        0 => "no signature".to_owned(),
        1 => "1 signature".to_owned(),
        found => format!("{found} signatures"),
    };
    let limit = match listing.complete || !listing.notes.is_empty() {
        true => "",
        false => ", more were not examined: a limit was reached",
    };
    format!("found: {signatures} ({}){limit}{}", terminal(&listing.method), further(&listing.notes))
}

/// What a listing must not be read without.
fn further(notes: &[String]) -> String {
    notes.iter().map(|note| format!("; {}", terminal(note))).collect()
}

/// A failure with its causes and next steps.
fn error_tree(error: &ErrorReport, style: &Style) -> Node {
    let label = style.paint(Paint::Bad, &format!("error[{}]:", terminal(&error.code)));
    let mut node = Node::new(format!("{label} {}", terminal(&error.message)));
    for cause in &error.causes {
        node.leaf(format!("caused by: {}", terminal(cause)));
    }
    for help in &error.help {
        node.leaf(format!("{} {}", style.paint(Paint::Note, "help:"), terminal(&help.text)));
    }
    node
}

/// The files of a development key and how to use them.
fn key_lines(key: &KeyReport, style: &Style, into: &mut String) {
    let label = |label: &str| style.paint(Paint::Note, &format!("{label:<17}"));
    let lines = [
        format!("{} development key ({})", style.paint(Paint::Good, "✓ made a"), key.algorithm),
        format!("{} {}  (keep it secret)", label("private key"), terminal(&key.key)),
        format!("{} {}", label("certificate chain"), terminal(&key.certificate_chain)),
        format!("{} {}", label("trust anchor"), terminal(&key.root)),
        format!("{} {}", label("identity"), terminal(&key.identity)),
        format!("{} {} to {}", label("valid"), terminal(&key.not_before), terminal(&key.not_after)),
        format!(
            "{} for development only: no authority vouches for it, and it cannot be revoked",
            style.paint(Paint::Warning, "!")
        ),
        "To sign and verify with it:".to_owned(),
        format!(
            "  sealgate sign --key {} --certificate-chain {} -- IMAGE",
            shell_word(&key.key),
            shell_word(&key.certificate_chain)
        ),
        format!("  sealgate verify --root {} --identity {} -- IMAGE", shell_word(&key.root), shell_word(&key.identity)),
    ];
    for line in lines {
        into.push_str(&line);
        into.push('\n');
    }
}

/// How many ended how, where more than one was asked for.
fn summary(report: &Report, style: &Style, into: &mut String) {
    let artifacts = report.artifacts();
    if artifacts.len() < 2 {
        return;
    }
    let counts = report.counts().into_iter().map(|(outcome, count)| format!("{count} {}", outcome.name()));
    let counts: Vec<_> = counts.collect();
    let line = format!("{}: {}", images(artifacts.len()), counts.join(", "));
    into.push_str(&style.paint(Paint::Strong, &line));
    into.push('\n');
    let is_not_done =
        |artifact: &&ArtifactReport| artifact.has_failed() || artifact.outcome == ArtifactOutcome::NotSigned;
    for artifact in artifacts.iter().filter(is_not_done) {
        failure(artifact, style, into);
    }
}

/// What failed, once more by name: it may be far above.
fn failure(artifact: &ArtifactReport, style: &Style, into: &mut String) {
    let why = artifact.why().map(|why| match why.code == artifact.outcome.name() {
        true => String::new(),
        false => format!(": {} [{}]", terminal(&why.text), terminal(&why.code)),
    });
    into.push_str(&format!("{}{}\n", headline(artifact, style), why.unwrap_or_default()));
}

/// What holds for the whole run: weakened checks, warnings, and what the registries were asked.
fn notes(report: &Report, style: &Style, into: &mut String) {
    let mark = style.paint(Paint::Warning, "!");
    let mut line = |line: String| {
        into.push_str(&line);
        into.push('\n');
    };
    // `doctor` has a check for each of them.
    let weakened = if matches!(report.findings, Some(Findings::Doctor(_))) { &[][..] } else { &report.weakened };
    for weakening in weakened {
        let (value, origin) = (terminal(&weakening.value), terminal(&weakening.origin));
        line(format!("{mark} weakened: {} = {value} (from {origin})", weakening.setting));
    }
    for warning in &report.warnings {
        line(format!("{mark} warning[{}]: {}", terminal(&warning.code), terminal(&warning.text)));
    }
    if let (Detail::Verbose, Some(asked)) = (style.detail(), &report.statistics) {
        line(style.paint(
            Paint::Faint,
            &format!(
                "{} requests in {} dependent rounds, {} bytes sent, {} received",
                asked.requests, asked.rounds, asked.bytes_sent, asked.bytes_received
            ),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Weakening;
    use super::super::samples;
    use super::*;

    fn plain(report: &Report) -> String {
        render(report, &Style::plain())
    }

    #[test]
    fn a_verified_artifact_with_a_caveat_is_a_short_tree() {
        let mut report = samples::verified();
        report.artifacts_mut()[0].caveats.push(Reason::new("a-caveat", "a caveat"));
        insta::assert_snapshot!(plain(&report), @r"
        ✓ verified (a caveat) registry.example/app@sha256:1111
        ├── given as: registry.example/app:1.0
        ├── statement: production (strict), scope registry.example/app, from policy.json
        ├── found: 1 signature (referrers-api)
        └── signature sha256:2222: accepted
            ├── signer: CN=release,O=Acme,ST=WA,C=US
            ├── signed at: 2026-01-02T03:04:05Z
            ├── expires at: 2027-01-02T03:04:05Z
            └── metadata: build = 17
        ");
    }

    #[test]
    fn a_signature_with_endless_metadata_does_not_flood_the_log() {
        for mut report in [samples::rejected(), samples::inspected()] {
            let content = report.artifacts_mut()[0].candidates[0].content.as_mut().unwrap();
            content.user_metadata = (0..100_000).map(|key| (format!("key-{key:06}"), "x".to_owned())).collect();
            let text = plain(&report);
            assert!(text.contains("key-000063") && !text.contains("key-000064"), "{text}");
            assert!(text.contains("… and 99936 more, see --format json"), "{text}");
        }
    }

    #[test]
    fn what_is_left_out_is_told() {
        let mut report = samples::rejected();
        let artifact = &mut report.artifacts_mut()[0];
        artifact.candidates[0].content.as_mut().unwrap().omitted = 3;
        assert!(plain(&report).contains("├── … and 3 more facts, left out to keep this report short\n"));
        report.artifacts_mut()[0].candidates[0].without_content();
        let text = plain(&report);
        assert!(text.contains("└── its content is left out to keep this report short\n"), "{text}");
        assert!(text.contains("because: the signer is none of the trusted identities [untrusted-identity]"), "{text}");
        for (count, words) in [(1, "1 more signature,"), (70, "70 more signatures,")] {
            report.artifacts_mut()[0].candidates_omitted = count;
            let text = plain(&report);
            assert!(text.contains(&format!("… and {words} left out to keep this report short\n")), "{text}");
            // Now it is one of several: its reason is not that of the artifact.
            assert_eq!(text.matches("because:").count(), 1, "{text}");
            assert!(!text.lines().nth(1).unwrap().contains("because:"), "{text}");
        }
    }

    #[test]
    fn a_rejected_artifact_shows_each_row_and_the_reason() {
        insta::assert_snapshot!(plain(&samples::rejected()), @r"
        ✗ rejected registry.example/app@sha256:1111
        ├── because: the signer is none of the trusted identities [untrusted-identity]
        ├── statement: production (strict), scope registry.example/app, from policy.json
        ├── found: 1 signature (referrers-api)
        └── signature sha256:2222: rejected
            ├── signer: CN=release,O=Acme,ST=WA,C=US
            ├── signed at: 2026-01-02T03:04:05Z
            ├── expires at: 2027-01-02T03:04:05Z
            ├── metadata: build = 17
            ├── ✓ integrity            enforce  passed
            ├── ✗ authenticity         enforce  failed [untrusted-identity]
            ├── ✓ authentic timestamp  enforce  passed
            ├── ✓ expiry               enforce  passed
            └── – revocation           enforce  not evaluated: the chain is not trusted, so nobody was asked [untrusted-chain]
        ! weakened: plain-http = registry.example (from SEALGATE_PLAIN_HTTP)
        ");
    }

    #[test]
    fn several_artifacts_are_counted() {
        insta::assert_snapshot!(plain(&samples::several()), @r#"
        ✓ verified registry.example/app:1.0@sha256:1111  signed by CN=release,O=Acme,ST=WA,C=US, at 2026-01-02T03:04:05Z (signer says), until 2027-01-02T03:04:05Z
        ✗ unsigned registry.example/b@sha256:4444
        └── found: no signature (referrers-api)
        ✗ unsigned registry.example/c@sha256:5555
        └── found: no signature (referrers-api)
        ! accepted with warnings, not verified registry.example/d@sha256:6666
        └── found: no signature (referrers-api), more were not examined: a limit was reached
        ✗ error registry.example/e:1
        └── error[denied]: registry.example refused the request
            ├── caused by: registry.example says: "no pull access"
            └── help: give credentials that may pull
        5 images: 1 verified, 2 unsigned, 1 accepted-with-warnings, 1 error
        ✗ unsigned registry.example/b@sha256:4444
        ✗ unsigned registry.example/c@sha256:5555
        ✗ error registry.example/e:1: registry.example refused the request [denied]
        ! warning[tag]: a tag can be moved; name the image by digest
        "#);
    }

    #[test]
    fn inspect_shows_what_the_envelope_says() {
        insta::assert_snapshot!(plain(&samples::inspected()), @r"
        registry.example/app@sha256:1111
        ├── found: 1 signature (referrers-api)
        └── signature sha256:2222
            ├── envelope: application/jose+json
            ├── algorithm: ECDSA-SHA-256
            ├── signing scheme: notary.x509
            ├── signed at: 2026-01-02T03:04:05Z
            ├── expires at: 2027-01-02T03:04:05Z
            ├── signing agent: sealgate/0.1.0
            ├── user metadata
            │   └── build: 17
            ├── certificates, leaf first
            │   └── CN=release,O=Acme,ST=WA,C=US
            │       ├── issuer: CN=Acme CA,O=Acme,ST=WA,C=US
            │       ├── valid: 2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z
            │       └── sha256: 3333
            └── signed artifact: sha256:1111, application/vnd.oci.image.manifest.v1+json, 528 bytes
        ");
    }

    #[test]
    fn a_signature_of_aws_names_profile_and_job_and_says_where_they_are_a_claim() {
        let mut report = samples::verified_with_aws();
        let caveat = Reason::new("a-caveat", "a caveat");
        report.artifacts_mut()[0].caveats.push(caveat);
        insta::assert_snapshot!(plain(&report), @"
        ✓ verified (a caveat) registry.example/app@sha256:1111
        ├── given as: registry.example/app:1.0
        ├── statement: production (strict), scope registry.example/app, from policy.json
        ├── found: 1 signature (referrers-api)
        └── signature sha256:2222: accepted
            ├── signing profile version: arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234
            ├── signing job: arn:aws:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4
            ├── signed at (signing authority): 2026-01-02T03:04:05Z
            ├── expires at: 2027-01-02T03:04:05Z
            └── metadata: build = 17
        ");
        report.artifacts_mut()[0].caveats.clear();
        report.artifacts_mut()[0].outcome = ArtifactOutcome::Listed;
        report.artifacts_mut()[0].candidates[0].decision = Decision::Listed;
        report.artifacts_mut()[0].candidates[0].rows.clear();
        insta::assert_snapshot!(plain(&report), @"
        registry.example/app@sha256:1111
        ├── given as: registry.example/app:1.0
        ├── statement: production (strict), scope registry.example/app, from policy.json
        ├── found: 1 signature (referrers-api)
        └── signature sha256:2222
            ├── envelope: application/jose+json
            ├── algorithm: ECDSA-SHA-256
            ├── signing scheme: notary.x509.signingAuthority
            ├── signing profile version: arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234 (as the envelope says, not verified)
            ├── signing job: arn:aws:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4 (as the envelope says, not verified)
            ├── signed at (signing authority): 2026-01-02T03:04:05Z
            ├── expires at: 2027-01-02T03:04:05Z
            ├── signing agent: sealgate/0.1.0
            ├── user metadata
            │   └── build: 17
            ├── extended attributes
            │   └── example.other: 1
            ├── certificates, leaf first
            │   └── CN=AWS Signer,OU=AWS Cryptography,O=AWS,L=Seattle,ST=WA,C=US
            │       ├── issuer: CN=Acme CA,O=Acme,ST=WA,C=US
            │       ├── valid: 2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z
            │       └── sha256: 3333
            └── signed artifact: sha256:1111, application/vnd.oci.image.manifest.v1+json, 528 bytes
        ");
        report.artifacts_mut()[0].candidates[0].decision = Decision::Rejected;
        assert_eq!(plain(&report).matches("(as the envelope says, not verified)").count(), 2);
    }

    #[test]
    fn what_a_verdict_must_not_be_read_without_stands_before_the_name() {
        let mut report = samples::verified_with_aws();
        let caveat = |code: &str, text: &str| Reason::new(code, text);
        report.artifacts_mut()[0].caveats = vec![
            caveat("not-an-aws-root", NOT_AN_AWS_ROOT),
            caveat("revocation-not-checked", "revocation was not checked: --skip-revocation"),
        ];
        let root = Weakening {
            setting: "aws-root",
            value: format!("root.pem, {NOT_AN_AWS_ROOT}"),
            origin: "--aws-root".to_owned(),
        };
        report.weakened.push(root);
        let text = plain(&report);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..2],
            [
                "! NOT AN AWS ROOT: other root certificates are used instead of AWS Signer's (from --aws-root)",
                "✓ verified (NOT AN AWS ROOT; revocation was not checked: --skip-revocation) \
                registry.example/app@sha256:1111",
            ]
        );
        assert_eq!(lines.last(), Some(&"! weakened: aws-root = root.pem, NOT AN AWS ROOT (from --aws-root)"));
        report.artifacts_mut().clear();
        assert!(plain(&report).starts_with("! NOT AN AWS ROOT: "), "a report about no image has the mark too");
    }

    #[test]
    fn an_endpoint_in_place_of_aws_is_named_though_all_is_well() {
        let mut report = samples::verified_with_aws();
        assert!(!plain(&report).contains("revocation"));
        let row = &mut report.artifacts_mut()[0].candidates[0].rows[4];
        row.status = Status::Passed;
        row.answered_by = Some("http://127.0.0.1:4566".to_owned());
        row.reason = Some(Reason::new("aws-not-revoked-elsewhere", "not revoked (answered by http://127.0.0.1:4566)"));
        let text = plain(&report);
        let expected = "! revocation           enforce  passed: not revoked (answered by http://127.0.0.1:4566) \
            [aws-not-revoked-elsewhere]";
        assert!(text.contains(expected) && !text.contains("authenticity"), "{text}");
    }

    #[test]
    fn a_signed_artifact_names_the_signature() {
        let signed = render(&samples::signed(), &Style::new(Color::Off, Detail::Verbose));
        insta::assert_snapshot!(signed, @r"
        ✓ signed registry.example/app@sha256:1111
        ├── given as: registry.example/app:1.0
        ├── signature: sha256:2222
        ├── signer: local key release.key
        └── published through: tag-schema
        ");
    }

    #[test]
    fn what_kept_an_accepted_artifact_from_being_verified_is_told_first() {
        let mut report = samples::verified();
        report.artifacts_mut()[0].outcome = ArtifactOutcome::AcceptedWithWarnings;
        let rows = &mut report.artifacts_mut()[0].candidates[0].rows;
        rows[1].action = Action::Log;
        let text = plain(&report);
        assert!(
            text.contains("app@sha256:1111\n├── because: authenticity is not enforced by the statement\n"),
            "{text}"
        );
        let row = &mut report.artifacts_mut()[0].candidates[0].rows[3];
        (row.action, row.status) = (Action::Log, Status::Failed);
        assert!(plain(&report).contains("├── because: expiry failed, and the statement only logs it\n"));
        let row = &mut report.artifacts_mut()[0].candidates[0].rows[4];
        (row.action, row.status) = (Action::Log, Status::NotEvaluated);
        let because = "├── because: revocation was not evaluated, and the statement only logs it\n";
        assert!(plain(&report).contains(because));
        report.artifacts_mut()[0].candidates[0].rows[4].action = Action::Skip;
        assert!(!plain(&report).contains("revocation was not evaluated"));
    }

    #[test]
    fn signatures_that_were_not_needed_take_one_line() {
        let mut report = samples::verified();
        for _ in 0..2 {
            report.artifacts_mut()[0].candidates.push(CandidateReport {
                signature_manifest: "sha256:7777".to_owned(),
                decision: Decision::NotTried,
                envelope_type: None,
                content: None,
                accepted_until: None,
                content_omitted: false,
                rows: Vec::new(),
                reason: Some(Reason::new("not-tried", "another signature was verified first")),
            });
        }
        assert_eq!(plain(&report).lines().count(), 1, "they are no reason for a tree");
        report.artifacts_mut()[0].caveats.push(Reason::new("a-caveat", "a caveat"));
        let text = plain(&report);
        assert!(text.ends_with("└── 2 signatures were not examined: one accepted signature is enough\n"), "{text}");
        assert!(!text.contains("sha256:7777"), "{text}");
        let all = render(&report, &Style::new(Color::Off, Detail::Verbose));
        assert_eq!(all.matches("sha256:7777").count(), 2, "{all}");
    }

    #[test]
    fn a_word_for_a_shell_is_quoted_where_it_must_be() {
        assert_eq!(shell_word("keys/dev.key"), "keys/dev.key");
        assert_eq!(shell_word("x509.subject: C=ZZ"), "'x509.subject: C=ZZ'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }

    #[test]
    fn verbose_shows_every_row() {
        let text = render(&samples::verified(), &Style::new(Color::Off, Detail::Verbose));
        for row in ["integrity", "authenticity", "authentic timestamp", "expiry", "revocation"] {
            assert!(text.contains(row), "{row} in {text}");
        }
    }

    #[test]
    fn the_mark_of_a_verified_artifact_stands_at_no_other() {
        for outcome in ArtifactOutcome::ALL {
            let report = Report::of("verify", Findings::Artifacts(vec![ArtifactReport::new("a", outcome)]));
            assert_eq!(plain(&report).starts_with("✓ verified "), outcome == ArtifactOutcome::Verified, "{outcome:?}");
        }
    }

    #[test]
    fn foreign_text_never_reaches_the_terminal_raw() {
        let style = Style::new(Color::Off, Detail::Verbose);
        let text: String = samples::hostile().iter().map(|report| render(report, &style)).collect();
        assert!(text.contains("\\u{1b}"), "{text}");
        assert!(!text.contains(|character: char| character.is_control() && character != '\n'), "{text:?}");
        assert!(!text.contains(['\u{202e}', '\u{2066}']), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("✓ verified forged")), "{text}");
    }
}
