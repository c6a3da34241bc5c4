//! What is told of each file: its images with their verdicts, and all that keeps it from being pinned.

use std::collections::{BTreeMap, BTreeSet};

use notary::digest::Digest;

use super::write::Written;
use crate::config::{PinFile, PinMode, PinSettings};
use crate::error::{not_pinned, pin_file_problem, pin_image_problem, pin_problem};
use crate::parallel;
use crate::pin::limits::NOTICED;
use crate::pin::{DeployFile, Found, PinError, Unseen, What};
use crate::reference::Reference;
use crate::report::{ArtifactOutcome, ArtifactReport, PinFileReport, PinImageReport, PinState, Place, Reason};

/// A line and a column.
type At = (usize, usize);

/// All that is wrong with files as they are, before any image is asked for.
pub(super) fn problems(settings: &PinSettings) -> Vec<PinFileReport> {
    let of_file = |file: &PinFile| {
        let report = PinFileReport::new(file.name.clone());
        match &file.read {
            Ok(read) => {
                let problems = read.refused(&settings.allowed).filter_map(|found| pin_image_problem(file, found));
                PinFileReport { kind: Some(read.kind().name()), problems: problems.collect(), ..report }
            }
            Err(fault) => PinFileReport { problems: vec![pin_file_problem(file, fault)], ..report },
        }
    };
    settings.files.iter().map(of_file).collect()
}

/// The digest of each image that passed, by how the image was named.
pub(super) fn digests(artifacts: &[ArtifactReport]) -> BTreeMap<String, Digest> {
    let passed = artifacts.iter().filter(|artifact| {
        matches!(artifact.outcome, ArtifactOutcome::Verified | ArtifactOutcome::AcceptedWithWarnings)
    });
    let digest = |artifact: &ArtifactReport| {
        let resolved = Reference::parse(artifact.digest_reference.as_deref()?).ok()?;
        Some((artifact.reference.clone(), resolved.digest()?.clone()))
    };
    passed.filter_map(digest).collect()
}

/// The files as the report has them, and what each of them reads with its digests, as far as all images passed.
pub(super) fn reported(
    settings: &PinSettings,
    artifacts: &[ArtifactReport],
    digests: &BTreeMap<String, Digest>,
    is_passed: bool,
) -> (Vec<PinFileReport>, Vec<Written>) {
    let outcomes = artifacts.iter().map(|artifact| (artifact.reference.as_str(), artifact.outcome)).collect();
    let told = Told { mode: settings.mode, outcomes, digests, is_passed };
    let read = settings.files.iter().filter_map(|file| Some((file, file.read.as_ref().ok()?)));
    let size = |(_, read): &(_, &DeployFile<'_>)| read.bytes().len();
    parallel::each(read, size, |(file, read)| told.of_file(file, read)).into_iter().unzip()
}

/// What is known of the images.
struct Told<'a> {
    mode: PinMode,
    outcomes: BTreeMap<&'a str, ArtifactOutcome>,
    digests: &'a BTreeMap<String, Digest>,
    is_passed: bool,
}

impl Told<'_> {
    fn of_file(&self, file: &PinFile, read: &DeployFile<'_>) -> (PinFileReport, Written) {
        let mut problems = Vec::new();
        let mut written = Written::none();
        if self.is_passed {
            let digests = self.by_position(read);
            let lacks = |(index, found): &(usize, &Found)| found.literal().is_some() && !digests.contains_key(index);
            // Nothing that was not verified stays as it is in a file that is called pinned.
            let pinned = match read.found().iter().enumerate().find(lacks) {
                Some((_, found)) => Err(PinError::NoDigest { place: found.place }),
                None => read.pin(&digests),
            };
            match pinned {
                Ok(pinned) => written = pinned.into(),
                Err(error) => problems.push(pin_problem(file, &error)),
            }
        }
        if self.mode == PinMode::Check {
            problems.extend(unpinned(read).map(|found| not_pinned(file, found)));
        }
        let images = read.found().iter().enumerate().map(|(index, found)| self.of_image(read, index, found)).collect();
        let kind = Some(read.kind().name());
        (PinFileReport { kind, images, problems, ..PinFileReport::new(file.name.clone()) }, written)
    }

    /// The digests of the images of a file, by their positions there.
    fn by_position(&self, read: &DeployFile<'_>) -> BTreeMap<usize, Digest> {
        let all = read.found().iter().enumerate();
        let digest = |found: &Found| self.digests.get(&found.literal()?.target().to_string()).cloned();
        all.filter_map(|(index, found)| Some((index, digest(found)?))).collect()
    }

    fn of_image(&self, read: &DeployFile<'_>, index: usize, found: &Found) -> PinImageReport {
        let reference = found.literal().map(|literal| literal.target().to_string());
        let outcome = reference.as_deref().and_then(|reference| self.outcomes.get(reference).copied());
        let digest = reference.as_ref().and_then(|reference| self.digests.get(reference));
        let state = match &found.what {
            What::Literal(literal) if literal.is_pinned() => PinState::Pinned,
            What::Literal(_) if self.is_passed && self.mode != PinMode::Check => PinState::Changed,
            What::Literal(_) => PinState::NotPinned,
            What::Computed(_) | What::Unsupported(_) | What::Wrong(_) => PinState::Unpinned,
        };
        PinImageReport {
            line: found.place.0,
            column: found.place.1,
            path: found.path.clone(),
            container: found.owner.clone(),
            text: found.text.clone(),
            guessed: found.guessed,
            state,
            reference,
            pinned: digest.and_then(|digest| read.pinned_name(index, digest)),
            outcome,
        }
    }
}

fn unpinned<'a>(read: &'a DeployFile<'_>) -> impl Iterator<Item = &'a Found> {
    read.found().iter().filter(|found| is_unpinned(found))
}

fn is_unpinned(found: &Found) -> bool {
    found.literal().is_some_and(|literal| !literal.is_pinned())
}

/// What else deserves attention in the files: what may be an image and was not looked at, and what changes where no image is.
pub(super) fn noticed(settings: &PinSettings) -> Vec<Reason> {
    let read = settings.files.iter().filter_map(|file| Some((file, file.read.as_ref().ok()?)));
    let mut noticed = Vec::new();
    for (file, read) in read {
        let warn = |code: &str, place: At, text: String| {
            let warning = Reason::new(code, format!("{}: {text}", file.name));
            match file.path() {
                Some(path) => warning.at(Place::new(path.display().to_string(), place)),
                None => warning,
            }
        };
        noticed.extend(read.unseen().iter().map(|Unseen { path, place, text }| {
            warn("unseen-image", *place, format!("{path} may be an image, and was not verified: {text:?}"))
        }));
        let shared = read.found().iter().filter(|found| found.used_elsewhere && is_unpinned(found));
        noticed.extend(shared.map(|found| {
            let text =
                format!("aliases use the text of {} for something else too, where it changes as well", found.path);
            warn("shared-text", found.place, text)
        }));
    }
    let more = noticed.len().saturating_sub(NOTICED);
    noticed.truncate(NOTICED);
    noticed.extend((more > 0).then(|| Reason::new("more-warnings", format!("{more} more warnings about the files"))));
    noticed
}

/// Texts that were allowed and stand nowhere: a warning, since they would let pass what comes later.
pub(super) fn unused(settings: &PinSettings) -> Vec<Reason> {
    let read = settings.files.iter().filter_map(|file| file.read.as_ref().ok());
    let found = read.flat_map(|read| read.found());
    let used: BTreeSet<_> =
        found.filter(|found| found.literal().is_none()).filter_map(|found| found.text.as_ref()).collect();
    let unused = settings.allowed.iter().filter(|text| !used.contains(text));
    unused.map(|text| Reason::new("unused-allowance", format!("nothing in the files has the text {text:?}"))).collect()
}
