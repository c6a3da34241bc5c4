//! What later steps deploy from: which files are written, and which images they name.
//!
//! Which files these are is known as early as how results are shown: they must be gone as well where other settings are wrong.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use notary::digest::Digest;

use super::error::{ConfigError, Fault, ResolveError};
use super::image_source::{Images, Tags};
use super::images;
use super::key::{self, Key};
use super::layers::Layers;
use super::setting::{Origin, Setting};
use crate::ci::Outputs;
use crate::ci::step::Step;
use crate::reference::{Reference, is_layout};
use crate::report::{self, DeployFile, DeployKind, Deployment, NotDeployable};

/// Flags of what is deployed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Deployment options")]
pub(crate) struct DeployArgs {
    /// Verify the image as well, and write `imagedefinitions.json`, from which CodePipeline deploys it to ECS, if all images
    /// pass. Repeatable.
    #[arg(long, value_name = "CONTAINER=IMAGE")]
    pub(crate) imagedefinitions: Vec<String>,
    /// Verify the image as well, and write `imageDetail.json`, from which CodeDeploy deploys it, if all images pass.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image_detail: Option<String>,
    /// Folder for these two files, made where it is missing [default: the working folder].
    #[arg(long, value_name = "DIR")]
    pub(crate) deploy_dir: Option<String>,
    #[command(flatten)]
    pub(crate) exports: ExportsArgs,
}

/// Flag of what a shell reads.
#[derive(Debug, Args)]
#[command(next_help_heading = "Deployment options")]
pub(crate) struct ExportsArgs {
    /// Write the outputs as `export SEALGATE_OUTPUT_…` lines for a shell, if all images pass: `sealgate … && . ./FILE`.
    #[arg(long, value_name = "FILE")]
    pub(crate) exports: Option<String>,
}

/// The images that are deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeployImages {
    /// The name of each container, and its image.
    pub(crate) containers: Vec<(String, Reference)>,
    /// The image of `imageDetail.json`.
    pub(crate) detail: Option<Reference>,
}

impl DeployImages {
    /// Whether an image is deployed.
    pub(crate) fn names(&self, image: &Reference) -> bool {
        self.containers.iter().map(|(_, image)| image).chain(&self.detail).any(|deployed| deployed == image)
    }

    /// The same, as the report of the run is read by.
    pub(crate) fn deployment(&self) -> Deployment {
        Deployment {
            containers: self.containers.iter().map(|(name, image)| (name.clone(), image.to_string())).collect(),
            detail: self.detail.as_ref().map(ToString::to_string),
        }
    }
}

/// The images of a run that verifies, those that are deployed among them: at least one.
pub(super) fn images(layers: &Layers<'_>) -> Result<(Images, DeployImages), ResolveError> {
    let (containers, definitions) = containers(layers)?;
    let detail = layers.text(key::IMAGE_DETAIL)?;
    if let Some(Setting { value, origin }) = &detail {
        check_registry(key::IMAGE_DETAIL, value, origin)?;
    }
    // Who sees a part of the images only would write a part of the file.
    if let Some(shard) = images::shard(layers)? {
        let other = detail.as_ref().map(|setting| setting.origin.to_string());
        let other = other.or_else(|| (!containers.is_empty()).then(|| definitions.to_string()));
        if let Some(other) = other {
            return Err(ConfigError::new(key::SHARD, shard.origin, Fault::Excludes { other }).into());
        }
    }
    let names = containers.iter().map(|(_, image)| image).chain(detail.as_ref().map(|setting| &setting.value));
    let names: Vec<_> = names.cloned().collect();
    let mut sorted = images::at_least_one(layers, Tags::Resolved, names.clone())?;
    if !sorted.errors.is_empty() {
        return Ok((sorted.images(), DeployImages::default()));
    }
    // They stand behind all others.
    let others = sorted.references.len().saturating_sub(names.len());
    let mut deployed = sorted.references.split_off(others);
    for image in &deployed {
        if !sorted.references.contains(image) {
            sorted.references.push(image.clone());
        }
    }
    let detail = detail.and_then(|_| deployed.pop());
    let containers = containers.into_iter().map(|(name, _)| name).zip(deployed).collect();
    let deployed = DeployImages { containers, detail };
    check_length(&deployed, definitions)?;
    Ok((images::sharded(layers, sorted.images())?, deployed))
}

/// The names of containers with the names of their images, and where they were given.
fn containers(layers: &Layers<'_>) -> Result<(Vec<(String, String)>, Origin), ConfigError> {
    let Setting { value, origin } = layers.list(key::IMAGEDEFINITIONS)?;
    let fault = |fault| ConfigError::new(key::IMAGEDEFINITIONS, origin.clone(), fault);
    let mut containers: Vec<(String, String)> = Vec::with_capacity(value.len());
    for pair in value {
        let Some((name, image)) = pair.split_once('=').filter(|(_, image)| !image.trim().is_empty()) else {
            return Err(fault(Fault::NotDefinition { found: pair }));
        };
        if !is_container(name) {
            return Err(fault(Fault::NotContainer { found: name.to_owned() }));
        }
        check_registry(key::IMAGEDEFINITIONS, image, &origin)?;
        if containers.iter().any(|(other, _)| other == name) {
            return Err(fault(Fault::SameContainer { container: name.to_owned() }));
        }
        containers.push((name.to_owned(), image.to_owned()));
    }
    Ok((containers, origin))
}

/// Whether ECS takes it for the name of a container.
fn is_container(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=255).contains(&name.len()) && name.bytes().all(is_part)
}

/// What deploys an image pulls it from a registry.
fn check_registry(key: &'static Key, image: &str, origin: &Origin) -> Result<(), ConfigError> {
    match is_layout(image.trim()) {
        true => Err(ConfigError::new(key, origin.clone(), Fault::LayoutDeployed { image: image.to_owned() })),
        false => Ok(()),
    }
}

/// Checks that the file will not be too long: all but the digests is known, and these have one length.
fn check_length(deployed: &DeployImages, origin: Origin) -> Result<(), ConfigError> {
    let placeholder = Digest::sha256(b"");
    let by_digest = |image: &Reference| image.at_digest(image.digest().unwrap_or(&placeholder));
    let containers: Vec<_> =
        deployed.containers.iter().map(|(name, image)| (name.as_str(), by_digest(image))).collect();
    let containers: Vec<_> = containers.iter().map(|(name, image)| (*name, image.as_str())).collect();
    match report::image_definitions(&containers) {
        Err(source @ NotDeployable::TooLong { .. }) => {
            Err(ConfigError::new(key::IMAGEDEFINITIONS, origin, Fault::NotDeployable(source)))
        }
        _ => Ok(()),
    }
}

/// The files that the command writes for later steps, as far as the settings can be understood, and the first fault of these.
pub(super) fn files(layers: &Layers<'_>) -> (Vec<DeployFile>, Option<ConfigError>) {
    let (wanted, mut faults) = wanted(layers);
    let mut files: Vec<DeployFile> = Vec::new();
    for (Setting { value: file, origin }, key) in wanted {
        let place = place(&file.path);
        let other = files.iter().find(|other| self::place(&other.path) == place).map(|other| other.kind.setting());
        let other = other.map(|key| format!("--{}", key.name));
        match other.or_else(|| read_as(layers, &file, &place)).or_else(|| written_as(layers, &place)) {
            // It is somebody else's, and stays.
            Some(other) => {
                faults.push(ConfigError::new(key, origin, Fault::SameFile { path: file.path, other }));
            }
            None => files.push(file),
        }
    }
    (files, faults.into_iter().next())
}

/// Checks that no report takes the place of a file that is read because a setting names it.
///
/// # Errors
/// [`Fault::SameFile`].
pub(super) fn check_reports(layers: &Layers<'_>) -> Result<(), ConfigError> {
    let Some(folder) = layers.text(key::REPORT_DIR)? else { return Ok(()) };
    let files = layers.takes(key::FILES).then_some(key::FILES);
    let keys = || key::READ.into_iter().chain([key::IMAGES_FROM]).chain(files);
    let read = reports(&folder).into_iter().find_map(|path| Some((read_at(layers, keys(), &place(&path))?, path)));
    let same = |(other, path)| ConfigError::new(key::REPORT_DIR, folder.origin, Fault::SameFile { path, other });
    read.map_or(Ok(()), |read| Err(same(read)))
}

/// Checks that nothing that the command writes takes the place of files that it reads although no setting names them, but `reader`
/// does.
///
/// # Errors
/// [`Fault::SameFile`].
pub(super) fn check_apart(layers: &Layers<'_>, read: &[PathBuf], reader: &str) -> Result<(), ConfigError> {
    let deployed = wanted(layers).0.into_iter().map(|(file, key)| (file.value.path, file.origin, key));
    let reports = layers
        .text(key::REPORT_DIR)
        .ok()
        .flatten()
        .into_iter()
        .flat_map(|folder| reports(&folder).map(|path| (path, folder.origin.clone(), key::REPORT_DIR)));
    for (path, origin, key) in deployed.chain(reports) {
        let at = place(&path);
        if read.iter().any(|read| leads_to(read, &at)) {
            return Err(ConfigError::new(key, origin, Fault::SameFile { path, other: reader.to_owned() }));
        }
    }
    Ok(())
}

/// The files of the report in a folder.
fn reports(folder: &Setting<String>) -> [PathBuf; report::FILES.len()] {
    report::FILES.map(|name| Path::new(&folder.value).join(name))
}

/// The files that were asked for, each with the setting that did.
fn wanted(layers: &Layers<'_>) -> (Vec<(Setting<DeployFile>, &'static Key)>, Vec<ConfigError>) {
    let text = |key: &'static Key| if layers.takes(key) { layers.text(key) } else { Ok(None) };
    let (mut wanted, mut faults) = (Vec::new(), Vec::new());
    match text(key::DEPLOY_DIR) {
        Ok(folder) => {
            for (kind, name) in
                [(DeployKind::ImageDefinitions, "imagedefinitions.json"), (DeployKind::ImageDetail, "imageDetail.json")]
            {
                let key = kind.setting();
                let origin = match layers.takes(key).then(|| layers.words(key)) {
                    None | Some(Ok(None)) => continue,
                    Some(Ok(Some(setting))) => setting.origin,
                    // What is wrong with it is told where it is read.
                    Some(Err(error)) => error.origin,
                };
                let path = folder.as_ref().map_or_else(|| PathBuf::from(name), |dir| Path::new(&dir.value).join(name));
                wanted.push((Setting { value: DeployFile { kind, path }, origin }, key));
            }
            if let Some(Setting { origin: origin @ Origin::Flag(_), .. }) = folder
                && wanted.is_empty()
            {
                faults.push(super::error::needs(key::DEPLOY_DIR, origin, key::IMAGEDEFINITIONS));
            }
        }
        Err(error) => faults.push(error),
    }
    if layers.takes(key::OUT) {
        match super::pin_mode::out(layers) {
            Ok(out) => wanted.extend(
                out.map(|setting| (setting.map(|path| DeployFile { kind: DeployKind::Pinned, path }), key::OUT)),
            ),
            Err(error) => faults.push(error),
        }
    }
    for kind in [DeployKind::Exports, DeployKind::Summaries] {
        let key = kind.setting();
        match text(key) {
            Ok(Some(Setting { value, origin })) if is_no_file(&value) => {
                faults.push(ConfigError::new(key, origin, Fault::NotFile { found: value }));
            }
            Ok(Some(setting)) => wanted.push((setting.map(|path| DeployFile { kind, path: path.into() }), key)),
            Ok(None) => {}
            Err(error) => faults.push(error),
        }
    }
    // What is wrong with the folder is told where it is read.
    if let Some(Outputs::BesideReports(name)) = layers.spoken.map(|system| system.row().outputs)
        && layers.takes(key::EXPORTS)
        && let Ok(Some(folder)) = layers.text(key::REPORT_DIR)
    {
        let file = folder.map(|folder| DeployFile { kind: DeployKind::Dotenv, path: Path::new(&folder).join(name) });
        wanted.push((file, key::REPORT_DIR));
    }
    (wanted, faults)
}

impl DeployKind {
    /// The setting that asks for it.
    const fn setting(self) -> &'static Key {
        match self {
            Self::ImageDefinitions => key::IMAGEDEFINITIONS,
            Self::ImageDetail => key::IMAGE_DETAIL,
            Self::Exports => key::EXPORTS,
            Self::Summaries => key::VSA_OUT,
            Self::Pinned => key::OUT,
            Self::Dotenv => key::REPORT_DIR,
        }
    }
}

/// Whether a path can be the name of no regular file, whatever is there.
fn is_no_file(path: &str) -> bool {
    path == "-" || path.ends_with('/') || Path::new(path).file_name().is_none()
}

/// The setting that names a file to be read at this place, or a folder with it.
fn read_as(layers: &Layers<'_>, file: &DeployFile, at: &Path) -> Option<String> {
    // Of `imagedefinitions.json` a run may read the images that it then names by digest.
    let images = matches!(file.kind, DeployKind::Exports | DeployKind::Summaries).then_some(key::IMAGES_FROM);
    // What a run changes or reads is never what it removes first.
    let files = layers.takes(key::FILES).then_some(key::FILES);
    read_at(layers, key::READ.into_iter().chain(images).chain(files), at)
}

/// The first of these settings that names a file to be read at this place, or a folder with it.
fn read_at(layers: &Layers<'_>, keys: impl IntoIterator<Item = &'static Key>, at: &Path) -> Option<String> {
    keys.into_iter().find_map(|key| {
        let Setting { value, origin } = layers.words(key).ok()??;
        value.iter().any(|path| leads_to(Path::new(path), at)).then(|| origin.to_string())
    })
}

/// Whether what is read by a path is at a place, or is a folder above it.
fn leads_to(path: &Path, at: &Path) -> bool {
    place(path) == at || fs::canonicalize(path).is_ok_and(|real| at.starts_with(real))
}

/// What else is written at this place.
fn written_as(layers: &Layers<'_>, at: &Path) -> Option<String> {
    let report = layers.text(key::REPORT_DIR).ok().flatten().filter(|folder| {
        // A file can be neither the folder nor above it.
        let folder = Path::new(&folder.value);
        place(folder).starts_with(at) || report::FILES.iter().any(|name| place(&folder.join(name)) == at)
    });
    let of_step = || {
        let step = Step::of(layers.environment?, layers.system?)?;
        step.files().find(|file| place(&file.path) == at).map(|file| file.variable.to_owned())
    };
    report.map(|setting| setting.origin.to_string()).or_else(of_step)
}

/// Where a path leads to, but for a link at its end.
fn place(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

#[cfg(test)]
mod tests;
