//! What gates asked of an image, in words that every form shares, and as lines of its tree. The words are as they came; a form escapes
//! each of them as a whole.

use super::escape::terminal;
use super::gist::Tone;
use super::line;
use super::model::{
    ApprovalReport, ArtifactReport, ChildReport, ChildrenReport, GateReport, GateRow, GateStatus, Place, RefusalReport,
};
use super::style::{Detail, Paint, Style};
use super::tree::Node;

/// The code of a requirement whose approval has to be renewed soon.
pub(super) const RENEW: &str = "gate-renew";

impl ApprovalReport {
    /// Who signed, when, how long that is fresh, and with which signature: each with its label.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let who = match &self.signed_by {
            Some(who) => format!("{} ({who})", self.signer),
            None => self.signer.clone(),
        };
        let when = match (&self.authentic_signing_time, &self.signing_time) {
            (Some(time), _) => Some(("at", time.clone())),
            (None, Some(time)) => Some(("at", format!("{time} (the signer says)"))),
            (None, None) => None,
        };
        let label = if self.renew { "renew it before" } else { "fresh until" };
        let fresh = self.fresh_until.clone().map(|until| (label, until));
        let signature = [("signature", self.signature_manifest.clone())];
        let job = self.signing_job.clone().map(|job| ("signing job", job));
        [("by", who)].into_iter().chain(when).chain(fresh).chain(signature).chain(job).collect()
    }

    /// The same on one line, as long as all that stands there.
    pub(super) fn words(&self) -> String {
        labeled(&self.facts())
    }

    /// The same with the beginning of the digest alone, for a log.
    fn short_words(&self) -> String {
        let signature_manifest = line::short(&self.signature_manifest);
        labeled(&Self { signature_manifest, signing_job: None, ..self.clone() }.facts())
    }
}

/// Facts behind each other, each behind its label.
fn labeled(facts: &[(&'static str, String)]) -> String {
    facts.iter().map(|(label, value)| format!("{label} {value}")).collect::<Vec<_>>().join(", ")
}

impl RefusalReport {
    /// Whose signature does not count, and why.
    pub(super) fn words(&self) -> String {
        let Self { signer, signature_manifest, reason } = self;
        format!("refused {signer}, signature {signature_manifest}: {} [{}]", reason.text, reason.code)
    }

    fn short_words(&self) -> String {
        Self { signature_manifest: line::short(&self.signature_manifest), ..self.clone() }.words()
    }
}

impl GateReport {
    /// The rows of each stage, in their order.
    pub(super) fn stages(&self) -> impl Iterator<Item = (&str, &[GateRow])> {
        let stages = self.rows.chunk_by(|row, next| row.stage == next.stage);
        stages.filter_map(|rows| Some((rows.first()?.stage.as_str(), rows)))
    }

    /// What is known of the gates themselves, each fact with its label.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("gates", format!("{}, stage {}", self.file, self.stage)),
            ("file of the gates", self.file_digest.clone()),
            ("policy digest", self.policy_digest.clone()),
        ]
    }

    /// The signers who count, each once.
    pub(super) fn signers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for approval in self.approvals() {
            if !names.contains(&approval.signer.as_str()) {
                names.push(&approval.signer);
            }
        }
        names
    }

    /// The first requirement that is not met, and how many more there are; nothing where all are met.
    pub(super) fn gap(&self) -> Option<String> {
        let mut unmet = self.unmet();
        let first = unmet.next()?.gap();
        Some(match unmet.count() {
            0 => first,
            1 => format!("{first}; 1 more requirement is not met"),
            more => format!("{first}; {more} more requirements are not met"),
        })
    }

    /// The setting for which an image is not verified although all requirements are met.
    pub(super) fn weakened(&self) -> Option<String> {
        let (first, others) = self.weakened.split_first()?;
        let more = match others.len() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        Some(format!("with a check weakened nothing is verified by gates: {}{more}", first.gist()))
    }
}

impl ArtifactReport {
    /// The first requirement of gates that it does not meet.
    pub(super) fn gap(&self) -> Option<String> {
        self.gate.as_ref().and_then(GateReport::gap)
    }

    /// Where it is asked for what it lacks.
    pub(super) fn place(&self) -> Option<&Place> {
        let of_error = self.error.as_ref().and_then(|error| error.place.as_ref());
        let named = self.named_at.first();
        named.or(of_error).or_else(|| Some(&self.gate.as_ref()?.unmet().next()?.place))
    }
}

impl GateRow {
    /// The stage and what it requires.
    pub(super) fn title(&self) -> String {
        format!("{}: {}", self.stage, self.requirement)
    }

    /// What is met is no plain success where an approval has to be renewed soon.
    pub(super) fn tone(&self) -> Tone {
        match self.status {
            GateStatus::Met if self.ends().is_some() => Tone::Warning,
            GateStatus::Met => Tone::Good,
            GateStatus::Missing | GateStatus::Refused => Tone::Bad,
            GateStatus::NotJudged => Tone::Warning,
            GateStatus::NotAsked => Tone::Neutral,
        }
    }

    /// What was found, each in words.
    pub(super) fn findings(&self) -> Vec<String> {
        self.lines(ApprovalReport::words, RefusalReport::words, ChildrenReport::lines)
    }

    fn short_findings(&self) -> Vec<String> {
        self.lines(ApprovalReport::short_words, RefusalReport::short_words, ChildrenReport::short_lines)
    }

    fn lines(
        &self,
        by: fn(&ApprovalReport) -> String,
        refused: fn(&RefusalReport) -> String,
        children: fn(&ChildrenReport) -> Vec<String>,
    ) -> Vec<String> {
        let signatures = self.met_by.iter().map(by).chain(self.refused.iter().map(refused)).chain(self.left_out());
        signatures.chain(self.children.iter().flat_map(children)).chain(self.not_asked()).collect()
    }

    /// Why nobody looked, if nobody did.
    pub(super) fn not_asked(&self) -> Option<String> {
        let is_so = self.status == GateStatus::NotAsked;
        is_so.then(|| "nobody looked: the stage is not met by its signatures".to_owned())
    }

    /// How many signatures that do not count are told nowhere.
    pub(super) fn left_out(&self) -> Option<String> {
        let more = Some(self.refused_omitted).filter(|more| *more > 0)?;
        Some(format!("… and {more} more that do not count, left out to keep this report short"))
    }

    /// Why it is not met, in one sentence.
    pub(super) fn gap(&self) -> String {
        if let Some(children) = &self.children {
            return format!("stage {} requires {}: {}", self.stage, self.requirement, children.gap());
        }
        let signed = self.met_by.iter().map(|approval| approval.signer.as_str()).collect::<Vec<_>>().join(", ");
        let why = match (self.status, self.refused.as_slice()) {
            (GateStatus::Met, _) => "met".to_owned(),
            (GateStatus::NotAsked, _) => "nobody looked".to_owned(),
            (GateStatus::NotJudged, _) => "a signature that may count could not be judged".to_owned(),
            (_, [first, ..]) => {
                let RefusalReport { signer, reason, .. } = first;
                format!("a signature of {signer} does not count: {}", reason.text)
            }
            (GateStatus::Refused, []) => "no signature for that counts".to_owned(),
            (_, []) if signed.is_empty() => "no signature for that was found".to_owned(),
            (_, []) => format!("only {signed} signed"),
        };
        format!("stage {} requires {}: {why}", self.stage, self.requirement)
    }

    /// What stands below that: all signatures that do not count, if there are several, and the commands that add what is missing.
    pub(super) fn details(&self) -> impl Iterator<Item = String> {
        let refused = if self.refused.len() > 1 { &self.refused[..] } else { &[] };
        let children = self.children.iter().filter(|children| children.lacking.len() > 1);
        let children = children.flat_map(|children| &children.lacking).map(ChildReport::words);
        let help = self.help.iter().map(|help| format!("help: {}", help.text));
        refused.iter().map(RefusalReport::words).chain(children).chain(help)
    }

    /// The approval that has to be renewed soon, where it is met.
    fn ends(&self) -> Option<&ApprovalReport> {
        self.met_by.iter().find(|approval| approval.renew).filter(|_| self.status == GateStatus::Met)
    }

    /// What to do soon, so that it stays met.
    pub(super) fn renewal(&self) -> Option<String> {
        let approval = self.ends()?;
        let until = approval.fresh_until.as_deref().unwrap_or("it ends");
        let Self { stage, requirement, .. } = self;
        Some(format!(
            "stage {stage} requires {requirement}: the approval of {} must be renewed before {until}",
            approval.signer
        ))
    }
}

/// The gates and their rows.
pub(super) fn lines(gate: &GateReport, style: &Style, node: &mut Node) {
    let name = style.paint(Paint::Strong, &terminal(&gate.stage));
    node.leaf(format!("gates: {}, stage {name}", terminal(&gate.file)));
    if style.detail() == Detail::Verbose {
        node.leaf(format!("file of the gates: {}", terminal(&gate.file_digest)));
    }
    node.leaf(format!("policy: {}", terminal(&gate.policy_digest)));
    for row in &gate.rows {
        node.push(of_row(row, style));
    }
}

fn of_row(row: &GateRow, style: &Style) -> Node {
    let tone = row.tone();
    let paint = match tone {
        Tone::Good => Paint::Good,
        Tone::Warning | Tone::Neutral => Paint::Warning,
        Tone::Bad => Paint::Bad,
    };
    let mark = style.paint(paint, &format!("{} {}", tone.mark(), row.status.label()));
    let mut node = Node::new(format!("{mark} {}", terminal(&row.title())));
    let found = match style.detail() {
        Detail::Verbose => row.findings(),
        Detail::Normal | Detail::Quiet => row.short_findings(),
    };
    for line in found {
        node.leaf(terminal(&line));
    }
    for help in &row.help {
        node.leaf(format!("{} {}", style.paint(Paint::Note, "help:"), terminal(&help.text)));
    }
    node
}

#[cfg(test)]
mod tests {
    use super::super::model::{ArtifactOutcome, Report, Weakening};
    use super::super::style::Color;
    use super::super::{limits, samples, shorten, text};
    use super::*;

    fn plain(report: &Report) -> String {
        text::render(report, &Style::plain())
    }

    #[test]
    fn each_requirement_is_a_line_with_what_was_found_for_it() {
        insta::assert_snapshot!(plain(&samples::gate_met()), @"
        ✓ verified registry.example/app@sha256:1111
        ├── given as: registry.example/app:1.0
        ├── gates: ci/gates.yaml, stage prod
        ├── policy: sha256:8888
        ├── ✓ met test: ci
        │   └── by ci (CN=ci,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:2222
        ├── ! met prod: security, not older than 30d
        │   └── by security (arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234), at 2026-01-02T03:04:05Z, renew it before 2026-02-01T03:04:05Z, signature sha256:33333333…
        ├── ✓ met prod: 1 of anna, ben
        │   ├── by anna (CN=anna,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:4444
        │   └── by ben (CN=ben,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:5555
        └── found: 4 signatures (referrers-api)
        ");
        insta::assert_snapshot!(plain(&samples::gate_unmet()), @"
        ✗ gate unmet registry.example/app@sha256:1111
        ├── given as: registry.example/app:1.0
        ├── gates: ci/gates.yaml, stage prod
        ├── policy: sha256:8888
        ├── ✓ met test: ci
        │   └── by ci (CN=ci,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:2222
        ├── ✗ refused prod: security, not older than 30d
        │   ├── refused security, signature sha256:4444: it is too old since 2026-02-01T03:04:05Z [gate-too-old]
        │   ├── refused security, signature sha256:4444: the signing job is revoked [revoked]
        │   ├── … and 2 more that do not count, left out to keep this report short
        │   └── help: approve it as security: sealgate approve --stage prod --as security -- IMAGE
        ├── ✗ missing prod: 2 of anna, ben
        │   ├── by anna (CN=anna,O=Acme,ST=WA,C=US), at 2026-01-02T03:04:05Z (the signer says), signature sha256:4444
        │   └── help: approve it as ben: sealgate approve --stage prod --as ben -- IMAGE
        ├── ! not judged prod: release
        ├── found: 4 signatures (referrers-api)
        └── error[gate-unmet]: the image lacks an approval that the stage requires
        ");
        let verbose = text::render(&samples::gate_met(), &Style::new(Color::Off, Detail::Verbose));
        for fact in ["sha256:7777", &"3".repeat(64), "signing job arn:aws:signer:"] {
            assert!(verbose.contains(fact), "{fact} in {verbose}");
        }
    }

    #[test]
    fn the_first_requirement_that_is_not_met_says_why() {
        let why = |change: fn(&mut GateReport)| {
            let mut report = samples::gate_unmet();
            change(report.artifacts_mut()[0].gate.as_mut().unwrap());
            let why = report.artifacts()[0].why().unwrap();
            assert_eq!(why.code, "gate-unmet");
            why.text
        };
        assert_eq!(
            why(|_| ()),
            "stage prod requires security, not older than 30d: a signature of security does not count: it is too old since \
             2026-02-01T03:04:05Z; 2 more requirements are not met"
        );
        let only = why(|gate| gate.rows.truncate(2));
        assert!(only.ends_with("since 2026-02-01T03:04:05Z"), "{only}");
        let partly = why(|gate| _ = gate.rows.remove(1));
        assert_eq!(partly, "stage prod requires 2 of anna, ben: only anna signed; 1 more requirement is not met");
        let open = why(|gate| _ = gate.rows.drain(1..3));
        assert_eq!(open, "stage prod requires release: a signature that may count could not be judged");
        let nobody = why(|gate| {
            gate.rows.drain(1..3);
            gate.rows[1].status = GateStatus::Missing;
        });
        assert_eq!(nobody, "stage prod requires release: no signature for that was found");
        let shortened = why(|gate| gate.rows[1].refused.clear());
        assert!(shortened.contains("not older than 30d: no signature for that counts; "), "{shortened}");
        // Without rows it is the error that says why.
        let told = why(|gate| gate.rows.clear());
        assert_eq!(told, "the image lacks an approval that the stage requires");
    }

    #[test]
    fn an_image_that_is_not_verified_because_a_check_is_weakened_says_which() {
        let weakening =
            |setting| Weakening { setting, value: "registry.example".to_owned(), origin: format!("--{setting}") };
        let mut report = samples::gate_met();
        let image = &mut report.artifacts_mut()[0];
        image.outcome = ArtifactOutcome::AcceptedWithWarnings;
        image.gate.as_mut().unwrap().weakened = vec![weakening("plain-http"), weakening("ca-file")];
        let because = "with a check weakened nothing is verified by gates: \
                       plain-http = registry.example (from --plain-http), and 1 more";
        let why = image.why().unwrap();
        assert_eq!((why.code.as_str(), why.text.as_str()), ("weakened", because));
        assert!(plain(&report).contains(&format!("\n├── because: {because}\n")), "{}", plain(&report));
    }

    #[test]
    fn those_who_signed_are_named_where_all_is_met() {
        let signer = |report: &Report| report.artifacts()[0].signer().map(std::borrow::Cow::into_owned);
        assert_eq!(signer(&samples::gate_met()).as_deref(), Some("ci, security, anna, ben"));
        assert_eq!(signer(&samples::gate_unmet()), None);
    }

    #[test]
    fn a_requirement_with_a_flood_of_signatures_that_do_not_count_tells_some_of_them() {
        let mut artifact = samples::gate_unmet().artifacts_mut().remove(0);
        let row = |artifact: &mut ArtifactReport| artifact.gate.as_mut().unwrap().rows[1].clone();
        let first = row(&mut artifact).refused.remove(0);
        artifact.gate.as_mut().unwrap().rows[1].refused = vec![first; 1000];
        shorten::Run::new().shorten(&mut artifact);
        let row = row(&mut artifact);
        assert_eq!((row.refused.len(), row.refused_omitted), (limits::REFUSALS, 1000 - limits::REFUSALS + 2));
        let rows = &mut artifact.gate.as_mut().unwrap().rows;
        *rows = vec![row.clone(); 100];
        shorten::Run::new().shorten(&mut artifact);
        let told = |row: &GateRow| (row.refused.len(), row.refused.len() + row.refused_omitted);
        let rows: Vec<_> = artifact.gate.as_ref().unwrap().rows.iter().map(told).collect();
        assert_eq!((rows[0], rows[99]), ((limits::REFUSALS, 1002), (0, 1002)));
        assert_eq!(rows.iter().map(|(told, _)| told).sum::<usize>(), limits::ARTIFACT_REFUSALS);
        assert!(row.findings().last().unwrap().starts_with("… and 994 more that do not count"), "{:?}", row.findings());
    }
}
