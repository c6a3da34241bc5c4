//! `demo`: signs, verifies and refuses on this machine, by the same code as the other commands.
//!
//! Every verdict is compared with the one that is expected, down to the code of its reason; another one is an error.

mod image;

use std::collections::BTreeMap;
use std::path::Path;

use notary::extension::aws_signer::AwsRoots;
use notary::signature_manifest::ManifestForm;
use notary::{Timestamp, limits};

use super::Done;
use super::key_generate::{self, KeyFiles};
use crate::clock::Clock;
use crate::config::demo::DemoArgs;
use crate::config::trust::{self, Trust};
use crate::context::Context;
use crate::error::{Error, code};
use crate::files::TemporaryFolder;
use crate::reference::Reference;
use crate::registry::{Access, Credentials, Registries, Settings};
use crate::report::{ArtifactOutcome, DemoReport, DemoStep, Findings, Reason, Report};
use crate::signer::LocalKey;
use crate::signing::{Existing, Order, Work, sign_artifact};
use crate::verification::{Examined, Found, Terms, Trusted, Until, Verdict, examine};

/// Runs the demonstration in an empty folder, which is kept, or in a temporary one, which is not.
pub(super) async fn run(args: &DemoArgs, context: &Context) -> Result<Done, Error> {
    let temporary;
    let (folder, kept) = match &args.dir {
        Some(dir) => (Path::new(dir), true),
        None => {
            temporary =
                TemporaryFolder::new().map_err(|error| cannot_write(Path::new("a temporary folder"), &error))?;
            (temporary.path(), false)
        }
    };
    let steps = show(folder, context.clock, |_tampered| Ok(())).await?;
    let demo = DemoReport { folder: folder.display().to_string(), kept, steps };
    Ok(Done::Report(Box::new(Report::of("demo", Findings::Demo(demo)))))
}

/// All steps. `meddle` is given the folder of the tampered image before it is verified; a test mends the image there and
/// sees that the demonstration does not go on as if nothing had happened.
async fn show(
    folder: &Path,
    clock: Clock,
    meddle: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<Vec<DemoStep>, Error> {
    make_empty(folder)?;
    let stage = Stage::build(folder, clock)?;
    let mut steps = vec![stage.key_step()];

    let image = stage.image("app", image::Content::Genuine)?;
    steps.push(stage.sign(&image, "An image is signed with that key", &stage.ours).await?);
    steps.push(
        stage
            .verify(&image, "The image is the one that was signed, and its signer is trusted", Expected::Verified)
            .await?,
    );

    let tampered = stage.image("tampered", image::Content::Tampered)?;
    image::move_signature(&image, &tampered).map_err(|error| cannot_write(&tampered, &error))?;
    meddle(&tampered).map_err(|error| cannot_write(&tampered, &error))?;
    steps.push(
        stage
            .verify(&tampered, "Someone changes the image and moves the signature to it", Expected::TargetArtifact)
            .await?,
    );

    let foreign = stage.image("foreign", image::Content::Genuine)?;
    steps.push(stage.sign(&foreign, "A stranger signs the image", &stage.stranger).await?);
    steps.push(
        stage
            .verify(&foreign, "A signature from an untrusted signer does not count", Expected::ChainNotTrusted)
            .await?,
    );

    let unsigned = stage.image("unsigned", image::Content::Genuine)?;
    steps.push(stage.verify(&unsigned, "An image without a signature is refused too", Expected::Unsigned).await?);
    Ok(steps)
}

/// The result that a step must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Verified,
    TargetArtifact,
    ChainNotTrusted,
    Unsigned,
}

impl Expected {
    /// Whether the verdict and the code of its reason are those.
    fn is_met_by(self, examined: &Examined) -> bool {
        let reason = rejection(examined).map(|reason| reason.code.as_str());
        match self {
            Self::Verified => examined.verdict() == Verdict::Verified,
            Self::Unsigned => examined.verdict() == Verdict::Unsigned,
            Self::TargetArtifact => {
                examined.verdict() == Verdict::Rejected && reason == Some("target-artifact-mismatch")
            }
            Self::ChainNotTrusted => examined.verdict() == Verdict::Rejected && reason == Some("chain-not-trusted"),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::TargetArtifact => "rejected, because another artifact was signed",
            Self::ChainNotTrusted => "rejected, because the certificate chain is not trusted",
            Self::Unsigned => "unsigned",
        }
    }
}

/// Why the only signature was rejected.
fn rejection(examined: &Examined) -> Option<&Reason> {
    match examined.candidates.as_slice() {
        [only] => match &only.found {
            Found::Judged(judged) => judged.reason.as_ref(),
            Found::Unusable(_) | Found::NotTried | Found::NoRoom { .. } => None,
        },
        _ => None,
    }
}

/// Keys, trust and folder.
struct Stage<'a> {
    folder: &'a Path,
    clock: Clock,
    ours: Signer,
    stranger: Signer,
    trust: Trust,
}

struct Signer {
    name: &'static str,
    files: KeyFiles,
    key: LocalKey,
}

impl<'a> Stage<'a> {
    fn build(folder: &'a Path, clock: Clock) -> Result<Self, Error> {
        let ours = Signer::make(&folder.join("keys"), "demo", clock.now())?;
        let stranger = Signer::make(&folder.join("keys"), "stranger", clock.now())?;
        let roots = [ours.files.root.clone()];
        let trust = trust::in_memory(&roots, std::slice::from_ref(&ours.files.identity), AwsRoots::embedded())?;
        Ok(Self { folder, clock, ours, stranger, trust })
    }

    fn key_step(&self) -> DemoStep {
        DemoStep {
            title: "A development key and certificates are made".to_owned(),
            command: "sealgate key generate --out keys --name demo".to_owned(),
            outcome: None,
            reason: None,
        }
    }

    /// Makes an image in a layout of its own.
    fn image(&self, name: &str, content: image::Content) -> Result<std::path::PathBuf, Error> {
        let path = self.folder.join(name);
        image::make(&path, content).map_err(|error| cannot_write(&path, &error))?;
        Ok(path)
    }

    async fn sign(&self, layout: &Path, title: &str, signer: &Signer) -> Result<DemoStep, Error> {
        let reference = reference(layout)?;
        let source = registries().open(&reference, Access::PullPush)?;
        let order = Order {
            signer: crate::signer::Signer::LocalKey(&signer.key),
            user_metadata: &BTreeMap::new(),
            lifetime: None,
            clock: self.clock,
            form: ManifestForm::Current,
            existing: Existing::Keep,
        };
        let signed = sign_artifact(&source, &reference, &order).await?;
        if signed.work != Work::Made {
            return Err(unexpected("a new signature", "an existing one"));
        }
        let name = signer.name;
        Ok(DemoStep {
            title: title.to_owned(),
            command: format!(
                "sealgate sign --key keys/{name}.key --certificate-chain keys/{name}.crt -- oci-layout:{}:v1",
                file_name(layout)
            ),
            outcome: Some(ArtifactOutcome::Signed),
            reason: None,
        })
    }

    async fn verify(&self, layout: &Path, title: &str, expected: Expected) -> Result<DemoStep, Error> {
        let reference = reference(layout)?;
        let source = registries().open(&reference, Access::Pull)?;
        let Some(statement) = self.trust.trusted.policy().statements().first() else {
            return Err(unexpected("a policy statement", "none"));
        };
        let terms = Terms {
            trusted: Trusted::Statement(self.trust.trusted.terms_of(statement)),
            clock: self.clock,
            aws: None,
            max_signatures: limits::SIGNATURES,
            until: Until::FirstVerified,
        };
        let examined = examine(&source, &reference, &terms).await?;
        let reason = rejection(&examined).cloned();
        if !expected.is_met_by(&examined) {
            let found = format!(
                "{:?}{}",
                examined.verdict(),
                reason.map(|reason| format!(" ({})", reason.text)).unwrap_or_default()
            );
            return Err(unexpected(expected.words(), &found));
        }
        let outcome = match expected {
            Expected::Verified => ArtifactOutcome::Verified,
            Expected::TargetArtifact | Expected::ChainNotTrusted => ArtifactOutcome::Rejected,
            Expected::Unsigned => ArtifactOutcome::Unsigned,
        };
        let identity = &self.ours.files.identity;
        Ok(DemoStep {
            title: title.to_owned(),
            command: format!(
                "sealgate verify --root keys/demo-ca.crt --identity '{identity}' -- oci-layout:{}:v1",
                file_name(layout)
            ),
            outcome: Some(outcome),
            reason: reason.or_else(|| no_signature(expected)),
        })
    }
}

fn no_signature(expected: Expected) -> Option<Reason> {
    (expected == Expected::Unsigned).then(|| Reason::new("unsigned", "the image layout lists no signature"))
}

impl Signer {
    fn make(folder: &Path, name: &'static str, now: Timestamp) -> Result<Self, Error> {
        let files = key_generate::make_files(folder, name, now)?;
        let key = files.load()?;
        Ok(Self { name, files, key })
    }
}

/// Layouts need no settings and no credentials.
fn registries() -> Registries {
    Registries::new(Settings::default(), Credentials::none())
}

fn reference(layout: &Path) -> Result<Reference, Error> {
    let text = format!("oci-layout:{}:v1", layout.display());
    Reference::parse(&text).map_err(|error| Error::references(&[error]))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The folder is made if it is not there, and must be empty.
fn make_empty(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    let mut entries = std::fs::read_dir(folder).map_err(|error| cannot_write(folder, &error))?;
    if entries.next().is_some() {
        let message = format!("{} is not empty", folder.display());
        return Err(Error::new(code::FILE_EXISTS, message).help("give an empty folder, or none: sealgate demo"));
    }
    Ok(())
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    Error::new(code::FILE, format!("cannot write to {}", path.display()))
        .because_of(Some(error))
        .help("give a folder that you can write to: sealgate demo --dir DIR")
}

fn unexpected(expected: &str, found: &str) -> Error {
    Error::new(code::DEMO, format!("a step of the demonstration found {found}, expected {expected}"))
        .help("this is a bug in sealgate, please report it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap())
    }

    #[tokio::test]
    async fn every_step_finds_what_it_should() {
        let folder = tempfile::tempdir().unwrap();
        let steps = show(folder.path(), clock(), |_| Ok(())).await.unwrap();
        let outcomes: Vec<_> = steps.iter().filter_map(|step| step.outcome).collect();
        use ArtifactOutcome::{Rejected, Signed, Unsigned, Verified};
        assert_eq!(outcomes, [Signed, Verified, Rejected, Signed, Rejected, Unsigned]);
    }

    #[tokio::test]
    async fn a_tampered_image_that_was_mended_makes_it_fail() {
        let folder = tempfile::tempdir().unwrap();
        let genuine = folder.path().join("app");
        let error = show(folder.path(), clock(), |tampered| {
            std::fs::remove_dir_all(tampered)?;
            image::copy(&genuine, tampered)
        })
        .await
        .unwrap_err();
        assert_eq!(error.code(), "demo-failed");
        assert!(error.report().message.contains("Verified"), "{error:?}");
    }

    #[tokio::test]
    async fn a_folder_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine"), "x").unwrap();
        assert_eq!(show(folder.path(), clock(), |_| Ok(())).await.unwrap_err().code(), "file-exists");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
