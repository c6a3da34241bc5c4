//! Reading a file of gates: every rule of it, every fault at once.

use std::collections::BTreeMap;
use std::time::Duration;

use notary::digest::Digest;

use super::fault::{Fault, Notice, Placed};
use super::limits;
use super::model::{Gates, Requirement, SignerTrust, Stage};
use super::read::Faults;
use super::rules::{self, ReadStage};
use super::signers::{self, ReadRoot};
use crate::document::{self, Document, Kind, Map, Node, Place};
use crate::duration;

/// Gates, and what is to be said of their file.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) gates: Gates,
    /// What is allowed and probably not meant, with its place.
    pub(crate) notices: Vec<(Place, Notice)>,
}

/// Parses a file of gates. `read_root` reads the files of roots.
///
/// # Errors
/// Every rule that is broken, in the order of the file.
pub(crate) fn parse(bytes: &[u8], read_root: ReadRoot<'_>) -> Result<Parsed, Vec<Placed>> {
    let documents = document::parse_yaml(bytes).map_err(|error| vec![Placed::from(error)])?;
    let [document] = documents.as_slice() else {
        return Err(vec![Placed { place: (1, 1), fault: Fault::Documents { found: documents.len() } }]);
    };
    let mut faults = Faults::default();
    let read = read(document, read_root, &mut faults);
    match read.filter(|_| faults.is_empty()) {
        Some((signers, stages)) => {
            let (gates, notices) = finish(bytes, signers, stages);
            Ok(Parsed { gates, notices })
        }
        None => Err(faults.sorted()),
    }
}

impl From<document::DocumentError> for Placed {
    fn from(error: document::DocumentError) -> Self {
        Self { place: error.place().unwrap_or((1, 1)), fault: Fault::Document(error) }
    }
}

const MEMBERS: &[&str] = &["version", "signers", "stages"];
const OF_STAGE: &[&str] = &["require", "after", "artifacts", "children"];
const OF_SIGNER: &[&str] = &["signer", "metadata", "max-age"];
const OF_GROUP: &[&str] = &["any", "of", "metadata", "max-age"];

fn read(
    document: &Document,
    read_root: ReadRoot<'_>,
    faults: &mut Faults,
) -> Option<(Vec<signers::Read>, Vec<ReadStage>)> {
    let root = document.root();
    let map = faults.map(root, "the file", MEMBERS)?;
    match map.get("version") {
        Some(version) if version.integer() == Some(1) => {}
        Some(version) if version.kind() == Kind::Number => {
            faults.note(version.place(), Fault::Version { found: version.raw().unwrap_or_default().to_owned() });
        }
        Some(version) => faults.wrong_type(version, "`version`", "the number 1"),
        None => faults.note(root.place(), Fault::Missing { what: "the file".to_owned(), member: "version" }),
    }
    let mut member = |name: &'static str| {
        let node = map.get(name);
        if node.is_none() {
            faults.note(root.place(), Fault::Missing { what: "the file".to_owned(), member: name });
        }
        node
    };
    let (signers, stages) = (member("signers"), member("stages"));
    let signers = signers::read(signers?, read_root, faults);
    let names: Vec<_> = named_signers(map).collect();
    let stages = read_stages(stages?, &names, faults);
    rules::check(&stages, &names, faults);
    Some((signers, stages))
}

/// The names of all signers, also of those that are faulty: a requirement may name them.
fn named_signers(map: Map<'_>) -> impl Iterator<Item = String> {
    let signers = map.get("signers").and_then(Node::map);
    signers.into_iter().flat_map(Map::members).filter_map(|(key, _)| Some(key.raw()?.to_owned()))
}

fn read_stages(node: Node<'_>, signers: &[String], faults: &mut Faults) -> Vec<ReadStage> {
    let named = faults.named(node, "`stages`", limits::STAGES);
    let names: Vec<_> = named.iter().map(|(name, ..)| name.clone()).collect();
    let read = named.into_iter().map(|(name, place, node)| {
        let stage = read_stage(name, place, node, (signers, &names), faults);
        ReadStage { stage, place }
    });
    read.collect()
}

fn read_stage(
    name: String,
    place: Place,
    node: Node<'_>,
    (signers, stages): (&[String], &[String]),
    faults: &mut Faults,
) -> Stage {
    let what = format!("stage {name:?}");
    let mut stage = Stage { name, require: Vec::new(), after: Vec::new(), all_children: None };
    let Some(map) = faults.map(node, &what, OF_STAGE) else { return stage };
    if let Some(artifacts) = map.get("artifacts") {
        faults.note(artifacts.place(), Fault::Later { what: what.clone(), member: "artifacts" });
    }
    stage.all_children = map.get("children").and_then(|node| read_children(node, &what, faults));
    match map.get("require") {
        Some(require) => {
            for entry in faults.list(require, &format!("`require` of {what}")) {
                stage.require.extend(read_requirement(entry, &what, signers, faults));
            }
        }
        None => faults.note(place, Fault::Missing { what: what.clone(), member: "require" }),
    }
    for (before, at) in map
        .get("after")
        .into_iter()
        .flat_map(|after| faults.texts(after, &format!("`after` of {what}")))
        .collect::<Vec<_>>()
    {
        match stages.iter().position(|stage| stage == before) {
            Some(position) => stage.after.push(position),
            None => faults.note(at, Fault::UnknownStage { name: before.to_owned(), known: stages.to_vec() }),
        }
    }
    stage
}

/// Where a stage asks for all children, if it does.
fn read_children(node: Node<'_>, stage: &str, faults: &mut Faults) -> Option<Place> {
    match faults.text(node, &format!("`children` of {stage}"))? {
        "all" => return Some(node.place()),
        // The signed index names them by digest, and nobody looks whether they are there.
        "index" => {}
        other => {
            faults.note(node.place(), Fault::Children { what: stage.to_owned(), found: other.to_owned() });
        }
    }
    None
}

fn read_requirement(node: Node<'_>, stage: &str, signers: &[String], faults: &mut Faults) -> Option<Requirement> {
    let what = format!("a requirement of {stage}");
    if node.map().is_none() {
        let name = faults.text(node, &what)?;
        let of = find_signers(&[(name, node.place())], signers, faults);
        return Some(Requirement { least: 1, of, metadata: BTreeMap::new(), max_age: None, place: node.place() });
    }
    let is_group = node.map().is_some_and(|map| map.get("any").is_some() || map.get("of").is_some());
    let map = faults.map(node, &what, if is_group { OF_GROUP } else { OF_SIGNER })?;
    let mut member = |name: &'static str| {
        let found = map.get(name);
        if found.is_none() {
            faults.note(node.place(), Fault::Missing { what: what.clone(), member: name });
        }
        found
    };
    let (least, of) = if is_group {
        let (any, of) = (member("any"), member("of"));
        let of = of.map_or_else(Vec::new, |of| {
            let texts = faults.texts(of, "`of`");
            find_signers(&texts, signers, faults)
        });
        (any.map_or(1, |any| read_any(any, of.len(), faults)), of)
    } else {
        let signer = member("signer").and_then(|signer| Some((faults.text(signer, "`signer`")?, signer.place())));
        (1, find_signers(&signer.into_iter().collect::<Vec<_>>(), signers, faults))
    };
    let metadata = map.get("metadata").map_or_else(BTreeMap::new, |node| read_metadata(node, faults));
    let max_age = map.get("max-age").and_then(|node| read_max_age(node, faults));
    Some(Requirement { least, of, metadata, max_age, place: node.place() })
}

fn find_signers(names: &[(&str, Place)], signers: &[String], faults: &mut Faults) -> Vec<usize> {
    let mut found = Vec::new();
    for (name, place) in names {
        match signers.iter().position(|signer| signer == name) {
            Some(position) => found.push(position),
            None => faults.note(*place, Fault::UnknownSigner { name: (*name).to_owned(), known: signers.to_vec() }),
        }
    }
    found
}

/// How many of a group: at least 1, at most all of them.
fn read_any(node: Node<'_>, most: usize, faults: &mut Faults) -> usize {
    let Some(found) = node.integer() else {
        faults.wrong_type(node, "`any`", "a number");
        return 1;
    };
    match usize::try_from(found).ok().filter(|any| (1..=most).contains(any)) {
        Some(any) => any,
        None => {
            faults.note(node.place(), Fault::Any { found, most });
            1
        }
    }
}

fn read_metadata(node: Node<'_>, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::new();
    let Some(map) = faults.any_map(node, "`metadata`") else { return metadata };
    if map.members().len() == 0 {
        faults.note(node.place(), Fault::Empty { what: "`metadata`".to_owned() });
    }
    if map.members().len() > limits::ENTRIES {
        faults.note(node.place(), Fault::TooMany { what: "`metadata`".to_owned(), limit: limits::ENTRIES });
    }
    for (key, value) in map.members().take(limits::ENTRIES) {
        let pair = faults.text(key, "a key of `metadata`").zip(faults.text(value, "a value of `metadata`"));
        metadata.extend(pair.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
    metadata
}

fn read_max_age(node: Node<'_>, faults: &mut Faults) -> Option<Duration> {
    // A number without a unit is refused as a duration.
    let Some(text) = node.text().or_else(|| node.raw().filter(|_| node.kind() == Kind::Number)) else {
        faults.wrong_type(node, "`max-age`", "a duration");
        return None;
    };
    match duration::parse(text) {
        Ok(age) if age.is_zero() => faults.note(node.place(), Fault::NoAge),
        Ok(age) => return Some(age),
        Err(source) => faults.note(node.place(), Fault::MaxAge { found: text.to_owned(), source }),
    }
    None
}

fn finish(bytes: &[u8], signers: Vec<signers::Read>, stages: Vec<ReadStage>) -> (Gates, Vec<(Place, Notice)>) {
    let mut notices = Vec::new();
    let asked = || stages.iter().flat_map(|read| &read.stage.require);
    for (position, signer) in signers.iter().enumerate() {
        let name = || signer.signer.name.clone();
        if !asked().any(|asked| asked.of.contains(&position)) {
            notices.push((signer.signer.place, Notice::UnusedSigner { name: name() }));
        }
        let is_certificate = matches!(signer.signer.trust, SignerTrust::Certificates { .. });
        let aged = asked().filter(|asked| is_certificate && asked.max_age.is_some() && asked.of.contains(&position));
        notices.extend(aged.map(|asked| (asked.place, Notice::ClaimedTime { name: name() })));
    }
    for asked in asked() {
        let named = asked.metadata.get(rules::STAGE);
        if let Some(named) = named.filter(|named| !stages.iter().any(|read| read.stage.name == **named)) {
            let known = stages.iter().map(|read| read.stage.name.clone()).collect();
            notices.push((asked.place, Notice::UnknownStage { name: named.clone(), known }));
        }
    }
    notices.sort_by_key(|(place, _)| *place);
    let sha256 = Digest::sha256(bytes).hex().to_owned();
    let root_files = signers.iter().flat_map(|read| read.files.iter().cloned()).collect();
    let signers = signers.into_iter().map(|read| read.signer).collect();
    let stages = stages.into_iter().map(|read| read.stage).collect();
    (Gates { sha256, root_files, signers, stages }, notices)
}

#[cfg(test)]
mod tests;
