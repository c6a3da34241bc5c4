//! What a good file of gates says, in a report.

use std::path::Path;

use jiff::SignedDuration;
use notary::Timestamp;
use notary::certificate::Certificate;
use notary::extension::aws_signer::{AwsRoots, TrustedProfile};

use crate::command::approval_step::ApprovalStep;
use crate::command::doctor::ROOTS_END_SOON;
use crate::gate::{ALL_CHILDREN, Gates, Requirement, Signer, SignerTrust, Stage};
use crate::report::escape::shell_word;
use crate::report::{
    GateAskReport, GateAskedReport, GateProfileReport, GateSignerReport, GateStageReport, GatesReport, Place,
    ProfileTrust, Reason, build,
};

/// A file of gates that holds all rules, and by what it is looked at.
pub(super) struct Checked<'a> {
    pub(super) path: &'a Path,
    pub(super) gates: &'a Gates,
    pub(super) roots: &'a AwsRoots,
    pub(super) now: Timestamp,
}

/// A report on a file of which nothing is known yet.
pub(super) fn empty(path: &Path) -> GatesReport {
    GatesReport {
        file: path.display().to_string(),
        file_digest: None,
        policy_digest: None,
        signers: Vec::new(),
        stages: Vec::new(),
        problems: Vec::new(),
    }
}

impl Checked<'_> {
    pub(super) fn report(&self) -> GatesReport {
        let gates = self.gates;
        GatesReport {
            file_digest: Some(gates.file_digest()),
            policy_digest: Some(gates.policy_digest(self.roots)),
            signers: gates.signers.iter().enumerate().map(|(at, signer)| self.signer(at, signer)).collect(),
            stages: gates.stages.iter().enumerate().map(|(at, stage)| self.stage(at, stage)).collect(),
            ..empty(self.path)
        }
    }

    fn signer(&self, position: usize, signer: &Signer) -> GateSignerReport {
        let (profiles, identities) = match &signer.trust {
            SignerTrust::Profiles(profiles) => (profiles.as_slice(), &[][..]),
            SignerTrust::Certificates { identities, .. } => (&[][..], identities.as_slice()),
        };
        GateSignerReport {
            name: signer.name.clone(),
            profiles: profiles.iter().map(profile).collect(),
            identities: identities.to_vec(),
            roots: self.roots_of(signer).into_iter().map(build::certificate).collect(),
            signs_with: self.signs_with(position),
        }
    }

    /// The trust anchors of a signer, each once.
    fn roots_of<'b>(&'b self, signer: &'b Signer) -> Vec<&'b Certificate> {
        let mut found: Vec<&Certificate> = Vec::new();
        let mut add = |roots: &'b [Certificate]| {
            for root in roots {
                if !found.contains(&root) {
                    found.push(root);
                }
            }
        };
        match &signer.trust {
            SignerTrust::Profiles(profiles) => {
                profiles.iter().for_each(|profile| add(self.roots.for_partition(profile.partition())));
            }
            SignerTrust::Certificates { roots, .. } => add(roots),
        }
        found
    }

    /// The commands that sign as a signer, one for each stage that asks for it.
    fn signs_with(&self, signer: usize) -> Vec<String> {
        let step = ApprovalStep { file: self.path, gates: self.gates, reach: "", image: "IMAGE" };
        let asked = self.gates.stages.iter().flat_map(|stage| stage.require.iter().map(move |asked| (stage, asked)));
        let mut commands = Vec::new();
        for (stage, asked) in asked.filter(|(_, asked)| asked.of.contains(&signer)) {
            let command = step.command(&stage.name, asked, signer);
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
        commands
    }

    fn stage(&self, position: usize, stage: &Stage) -> GateStageReport {
        let named = |at: &usize| self.gates.stages.get(*at);
        let all = self.gates.up_to(position);
        let file = shell_word(&self.path.to_string_lossy());
        GateStageReport {
            name: stage.name.clone(),
            after: stage.after.iter().filter_map(named).map(|before| before.name.clone()).collect(),
            require: stage.require.iter().map(|asked| self.asked(asked)).collect(),
            all_children: stage.all_children.map(|place| self.place(place)),
            in_full: all.iter().filter_map(named).flat_map(|stage| self.asked_in_full(stage)).collect(),
            verified_with: format!("sealgate verify --gates {file} --stage {} -- IMAGE", stage.name),
        }
    }

    /// What `verify` asks for because of one stage.
    fn asked_in_full<'b>(&'b self, stage: &'b Stage) -> impl Iterator<Item = GateAskedReport> + 'b {
        let asked = |requirement, children| GateAskedReport { stage: stage.name.clone(), requirement, children };
        let signatures = stage.require.iter().map(move |one| asked(one.words(self.gates), false));
        signatures.chain(stage.all_children.map(|_| asked(ALL_CHILDREN.to_owned(), true)))
    }

    fn place(&self, place: (usize, usize)) -> Place {
        Place::new(self.path.display().to_string(), place)
    }

    fn asked(&self, asked: &Requirement) -> GateAskReport {
        GateAskReport {
            requirement: asked.words(self.gates),
            least: asked.least,
            signers: asked.of.iter().map(|signer| self.gates.signer_name(*signer).to_owned()).collect(),
            metadata: asked.metadata.clone(),
            max_age_seconds: asked.max_age.map(|age| age.as_secs()),
            place: self.place(asked.place),
        }
    }

    /// What is allowed and soon will not do, or never did.
    pub(super) fn warnings(&self) -> Vec<Reason> {
        let mut warnings = Vec::new();
        for signer in &self.gates.signers {
            let place = || self.place(signer.place);
            let (line, column) = signer.place;
            let about = format!("{}, line {line} column {column}: signer {:?}", self.path.display(), signer.name);
            let SignerTrust::Certificates { roots, .. } = &signer.trust else { continue };
            for root in roots {
                if let Some(fact) = validity(root, self.now) {
                    let text = format!("{about}: root {} {fact}", root.subject());
                    warnings.push(Reason::new("gate-root-validity", text).at(place()));
                }
                if self.roots.known().any(|known| known.certificate() == root) {
                    let text = format!(
                        "{about}: root {} is AWS Signer's, which counts for signers with `profile` alone",
                        root.subject()
                    );
                    warnings.push(Reason::new("aws-root-misplaced", text).at(place()));
                }
            }
        }
        warnings
    }
}

/// What is to be said of the time in which a root is valid.
fn validity(root: &Certificate, now: Timestamp) -> Option<String> {
    let (from, to) = (root.not_before(), root.not_after());
    if now < from {
        return Some(format!("is valid only from {from} on"));
    }
    let left = to.duration_since(now);
    match (left < SignedDuration::ZERO, left < ROOTS_END_SOON) {
        (true, _) => Some(format!("expired at {to}")),
        (false, true) => Some(format!("expires at {to}, in {} days", left.as_hours() / 24)),
        (false, false) => None,
    }
}

fn profile(trusted: &TrustedProfile) -> GateProfileReport {
    let kind = match trusted.profile() {
        Some(profile) if profile.version().is_some() => ProfileTrust::ThisVersion,
        Some(_) => ProfileTrust::AnyVersion,
        None => ProfileTrust::Alias,
    };
    GateProfileReport { arn: trusted.to_string(), trusted: kind }
}
