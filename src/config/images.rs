//! The images of a run: their flags, and what they mean.

use clap::Args;
use notary::digest::Digest;

use super::error::{ConfigError, Fault, ResolveError};
use super::image_source::{Collected, Images, Sorted, Tags};
use super::key;
use super::layers::Layers;
use super::setting::{Origin, Setting};
use crate::ci::{self, Shard};
use crate::reference::is_layout;

/// Flags that name images.
#[derive(Debug, Args)]
pub(crate) struct ImagesArgs {
    /// Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…` or `oci-layout:PATH:TAG`.
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// Read images from what a build wrote: a list, or the JSON of buildx, bake, docker/metadata-action, Jib, GoReleaser or
    /// CodePipeline. `-` is standard input, `ci` what the CI system says. Repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) images_from: Vec<String>,
    /// Digest of the images that are named without one, where a build gives tags and digest apart.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<String>,
    /// Take a part of the images, so that several jobs share the work: `K/N` is part K of N, `auto` what the CI system says of parallel
    /// jobs.
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<String>,
}

/// The images: at least one, each of them something.
pub(super) fn images(layers: &Layers<'_>, tags: Tags) -> Result<Images, ResolveError> {
    Ok(sharded(layers, at_least_one(layers, tags, Vec::new())?.images())?)
}

/// The same with more names, each of one image, behind all others; and what is wrong with names.
pub(super) fn at_least_one(layers: &Layers<'_>, tags: Tags, more: Vec<String>) -> Result<Sorted, ResolveError> {
    let mut collected = collected(layers, tags)?;
    more.into_iter().for_each(|name| collected.one(name));
    if collected.is_empty() {
        return Err(ConfigError::new(key::IMAGES, Origin::Flag(key::IMAGES.name), Fault::NoImages).into());
    }
    Ok(collected.sorted(tags)?)
}

/// The part of the images that this job takes (`--shard`), or all of them.
pub(super) fn sharded(layers: &Layers<'_>, images: Images) -> Result<Images, ConfigError> {
    Ok(match shard(layers)? {
        Some(shard) => images.taken_by(shard.value),
        None => images,
    })
}

/// The part that this job takes.
pub(super) fn shard(layers: &Layers<'_>) -> Result<Option<Setting<Shard>>, ConfigError> {
    let (Some(environment), Some(system)) = (layers.environment, layers.system) else { return Ok(None) };
    layers.parsed(key::SHARD, |text| {
        ci::shard(text, environment, system)
            .map_err(|source| Fault::Shard { found: text.to_owned(), source: Box::new(source) })
    })
}

/// The images, if there are any, and what is wrong with the names of others.
pub(super) fn images_if_any(layers: &Layers<'_>) -> Result<Sorted, ResolveError> {
    Ok(collected(layers, Tags::Resolved)?.sorted(Tags::Resolved)?)
}

/// All that is given and read.
fn collected(layers: &Layers<'_>, tags: Tags) -> Result<Collected, ResolveError> {
    let given = layers.words(key::IMAGES)?;
    let from = layers.list(key::IMAGES_FROM)?;
    let digest = layers.parsed(key::DIGEST, |text| {
        Digest::parse(text).map_err(|source| Fault::NotDigest { found: text.to_owned(), source: Box::new(source) })
    })?;
    check_stdin(layers, &from)?;
    let mut collected = Collected::default();
    digest.into_iter().for_each(|digest| collected.digest(digest.value));
    collect(given, &mut collected, tags)?;
    for source in &from.value {
        collected.read(source, layers.environment)?;
    }
    Ok(collected)
}

/// Takes all words. One that was typed and names nothing is what an unset variable leaves.
fn collect(given: Option<Setting<Vec<String>>>, collected: &mut Collected, tags: Tags) -> Result<(), ConfigError> {
    let Some(Setting { value, origin }) = given else { return Ok(()) };
    let is_typed = matches!(origin, Origin::Flag(_));
    for word in value {
        if is_typed && is_layout(&word) {
            collected.one(word);
        } else if !collected.given(&word, tags) && is_typed {
            return Err(ConfigError::new(key::IMAGES, origin, Fault::Empty));
        }
    }
    Ok(())
}

/// Standard input has its content once.
fn check_stdin(layers: &Layers<'_>, from: &Setting<Vec<String>>) -> Result<(), ConfigError> {
    let stdin = from.value.iter().filter(|source| *source == "-").count();
    let password = layers.switch(key::PASSWORD_STDIN)?;
    let other = match stdin {
        0 => return Ok(()),
        1 if !password.value => return Ok(()),
        1 => password.origin.to_string(),
        _ => return Err(ConfigError::new(key::IMAGES_FROM, from.origin.clone(), Fault::StdinTwice)),
    };
    Err(ConfigError::new(key::IMAGES_FROM, from.origin.clone(), Fault::Excludes { other }))
}

/// The names that were given, for a command that asks for no more.
pub(super) fn names(layers: &Layers<'_>) -> Result<Vec<String>, ConfigError> {
    let mut collected = Collected::default();
    collect(layers.words(key::IMAGES)?, &mut collected, Tags::Resolved)?;
    Ok(collected.names())
}

#[cfg(test)]
mod tests;
