//! The record of what was written, `sealgate-trust.json`: next to the policy and not in a store, where any further file
//! would break the store.

use std::collections::BTreeMap;

use notary::digest::Digest;
use notary::json::{self, JsonError, Object};
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::RecordError;

/// The file that records what was written.
pub(in crate::command) const RECORD_NAME: &str = "sealgate-trust.json";

/// Size limit of that file in bytes: about a thousand stores.
pub(super) const RECORD_BYTES: u64 = 1024 * 1024;

const RECORD_VERSION: u64 = 1;

/// What was written, by path below the folder: the digest of each file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Record {
    schema_version: u64,
    pub(super) files: BTreeMap<String, String>,
    /// What a run has begun and not finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) begun: Option<Begun>,
}

/// What a run is about to do. It is written before anything else is and goes when all is done, so that what a run leaves that is
/// cut short is known to be ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Begun {
    /// What files are about to be.
    pub(super) files: BTreeMap<String, String>,
    /// Names of the statements that are being removed.
    pub(super) removes: Vec<String>,
}

impl Record {
    pub(super) const fn empty() -> Self {
        Self { schema_version: RECORD_VERSION, files: BTreeMap::new(), begun: None }
    }

    /// Reads what we wrote, and nothing else.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let document = json::parse_object(bytes)?;
        let members = members_of(&document, &["schema_version", "files", "begun"])?;
        let schema_version = members.required_count("schema_version")?;
        if schema_version != RECORD_VERSION {
            return Err(RecordError::Version { found: schema_version, expected: RECORD_VERSION });
        }
        let begun = match members.map("begun")? {
            Some(begun) => {
                let begun = members_of(begun, &["files", "removes"])?;
                let removes = begun.texts("removes")?.unwrap_or_default();
                let removes = removes.into_iter().map(str::to_owned).collect();
                Some(Begun { files: files_of(begun)?, removes })
            }
            None => None,
        };
        Ok(Self { schema_version, files: files_of(members)?, begun })
    }

    pub(super) fn to_json(&self) -> Result<String, RecordError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// Whether a file with this content is as we wrote it.
    pub(super) fn has(&self, name: &str, content: &[u8]) -> bool {
        let digest = Digest::sha256(content);
        let begun = self.begun.iter().filter_map(|begun| begun.files.get(name));
        self.files.get(name).into_iter().chain(begun).any(|known| *known == digest.as_str())
    }
}

/// The members of an object that has these and no other.
fn members_of<'a>(object: &'a Map<String, Value>, known: &[&'static str]) -> Result<Object<'a>, RecordError> {
    let members = Object::new(object, known)?;
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(RecordError::UnknownMember { name: name.clone() }),
        None => Ok(members),
    }
}

fn files_of(members: Object<'_>) -> Result<BTreeMap<String, String>, JsonError> {
    members.text_map("files")?.ok_or(JsonError::MemberMissing { member: "files" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let files =
            |text: &str| BTreeMap::from([("trustpolicy.json".to_owned(), Digest::sha256(text.as_bytes()).to_string())]);
        let mut record = Record { files: files("old"), ..Record::empty() };
        for begun in [None, Some(Begun { files: files("new"), removes: vec!["acme".to_owned()] })] {
            record.begun = begun;
            assert_eq!(Record::parse(record.to_json().unwrap().as_bytes()).unwrap(), record);
        }
        for (content, ours) in [("old", true), ("new", true), ("other", false)] {
            assert_eq!(record.has("trustpolicy.json", content.as_bytes()), ours, "{content}");
            assert!(!record.has("trustpolicy.oci.json", content.as_bytes()));
        }
    }
}
