//! Docker's `config.json` and the files of that form: `auths`, `credHelpers`, `credsStore`. Files of its old form hold what is in
//! `auths` alone (`.dockercfg`, and secrets of Kubernetes of that type).

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use notary::json::{self, JsonError, Object};
use serde_json::{Map, Value};

use super::super::limits;
use super::credential::{Credential, CredentialSource, CredentialWarning, KeyName, WantedCredential, secret};
use crate::files;

/// Docker writes padding, people who make the file by hand do not always.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the keys of `auths` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// Hosts (Docker), and as in Kubernetes patterns for them, and repositories or what is above them, of which the longest counts.
    /// For Docker a key with a path is one for its host.
    Hosts,
    /// Hosts, or repositories and what is above them, of which the longest counts (containers-auth.json).
    Repositories,
}

pub(super) struct ConfigFile {
    source: CredentialSource,
    keys: Keys,
    entries: BTreeMap<String, Result<Credential, String>>,
    helpers: BTreeMap<String, String>,
    store: Option<String>,
}

impl ConfigFile {
    /// Reads a file; nothing when it does not exist.
    pub(super) fn read(path: &Path, keys: Keys) -> Result<Option<Self>, CredentialWarning> {
        let warning = |fact: String| CredentialWarning { source: path.display().to_string(), fact };
        let bytes = match files::read(path, limits::CREDENTIAL_FILE_BYTES) {
            Ok(bytes) => zeroize::Zeroizing::new(files::text(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(warning(error.to_string())),
        };
        Self::parse(&bytes, CredentialSource::File(path.to_owned()), keys).map(Some)
    }

    pub(super) fn parse(bytes: &[u8], source: CredentialSource, keys: Keys) -> Result<Self, CredentialWarning> {
        let warning = |error: JsonError| CredentialWarning { source: name(&source), fact: fact(&error) };
        let object = json::parse_object(bytes).map_err(warning)?;
        let members = Object::new(&object, &["auths", "credHelpers", "credsStore"]).map_err(warning)?;
        let auths = members.map("auths").map_err(warning)?;
        let auths: BTreeMap<&String, &Value> = match auths {
            Some(auths) => auths.iter().collect(),
            None => old_form(&object).collect(),
        };
        let mut helpers = members.text_map("credHelpers").map_err(warning)?.unwrap_or_default();
        helpers.retain(|_, suffix| !suffix.is_empty());
        Ok(Self {
            keys,
            entries: auths
                .into_iter()
                .filter_map(|(key, value)| Some((key.clone(), entry(value).transpose()?)))
                .collect(),
            helpers,
            store: members.text("credsStore").map_err(warning)?.filter(|suffix| !suffix.is_empty()).map(str::to_owned),
            source,
        })
    }

    /// The file's name for reports.
    pub(super) fn name(&self) -> String {
        name(&self.source)
    }

    pub(super) const fn source(&self) -> &CredentialSource {
        &self.source
    }

    /// The helper program for the host, if the file names one.
    pub(super) fn helper(&self, wanted: &WantedCredential) -> Option<String> {
        let names_host = |key: &str| {
            let name = KeyName::of(key);
            name.path.is_empty() && name.is_of(wanted)
        };
        let own = self.helpers.iter().find(|(key, _)| names_host(key)).map(|(_, suffix)| suffix);
        own.or(self.store.as_ref()).map(|suffix| format!("docker-credential-{suffix}"))
    }

    /// What the file itself holds; the error says what is wrong with an entry.
    pub(super) fn entry(&self, wanted: &WantedCredential) -> Option<Result<Credential, String>> {
        let named = || self.entries.iter().map(|(key, entry)| (KeyName::of(key), entry));
        let is_own = |name: &KeyName<'_>| name.is_of(wanted) && name.is_above(wanted);
        let with_path = named().filter(|(name, _)| is_own(name) && !name.path.is_empty());
        let longest = with_path.max_by_key(|(name, _)| name.path.len()).map(|(_, entry)| entry);
        let exact = || [&wanted.key, &wanted.host].into_iter().find_map(|key| self.entries.get(key));
        let first = |fits: &dyn Fn(&KeyName<'_>) -> bool| named().find(|(name, _)| fits(name)).map(|(_, entry)| entry);
        let found = longest.or_else(exact).or_else(|| first(&is_own));
        let found = match self.keys {
            Keys::Repositories => found,
            Keys::Hosts => found
                .or_else(|| first(&|name| name.is_pattern_of(wanted) && name.is_above(wanted)))
                .or_else(|| first(&|name| name.is_of(wanted))),
        };
        found.cloned()
    }
}

/// The entries of a document of the old form, which is what newer ones have under `auths`: members that are named like hosts.
fn old_form(object: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let is_new = ["credHelpers", "credsStore"].iter().any(|name| object.contains_key(*name));
    let is_host = |key: &str| key.contains(['.', ':']) || KeyName::of(key).is_localhost();
    object.iter().filter(move |(key, value)| !is_new && is_host(key) && value.is_object())
}

fn name(source: &CredentialSource) -> String {
    match source {
        CredentialSource::File(path) => path.display().to_string(),
        CredentialSource::Variable(name) => (*name).to_owned(),
        other => other.to_string(),
    }
}

/// What is wrong with the text of a file. The parser's words may quote the text, which holds secrets: only their place is
/// kept, and the names of the format.
fn fact(error: &JsonError) -> String {
    match error {
        JsonError::Syntax { line, column, .. } => format!("not valid JSON at line {line} column {column}"),
        JsonError::DuplicateMember { line, column, .. } => {
            format!("a member occurs twice at line {line} column {column}")
        }
        JsonError::MemberType { member, found, expected } => {
            format!("member {member:?} is {found}, expected {expected}")
        }
        JsonError::FoldedMember { expected, .. } => format!("a member differs from {expected:?} in case only"),
        _ => "not a JSON object".to_owned(),
    }
}

/// One entry of `auths`. An empty one, which Docker writes beside a store, is none.
fn entry(value: &Value) -> Result<Option<Credential>, String> {
    let wrong = |error: JsonError| format!("an entry of auths: {}", fact(&error));
    if value.is_null() {
        return Ok(None);
    }
    let known = ["identitytoken", "registrytoken", "auth", "username", "password"];
    let members = Object::of(value, &known).map_err(wrong)?;
    let text = |name| Ok::<_, String>(members.text(name).map_err(wrong)?.filter(|text| !text.is_empty()));
    let (username, password) = (text("username")?, text("password")?);
    let (identity, registry, auth) = (text("identitytoken")?, text("registrytoken")?, text("auth")?);
    if let Some(token) = identity {
        return Ok(Some(Credential::IdentityToken(secret(token))));
    }
    if let Some(token) = registry {
        return Ok(Some(Credential::RegistryToken(secret(token))));
    }
    if let Some(auth) = auth {
        return decode(auth).map(Some).ok_or_else(|| "an entry of auths is not base64 of user:password".to_owned());
    }
    let both = username.zip(password);
    Ok(both
        .map(|(username, password)| Credential::Password { username: username.to_owned(), password: secret(password) }))
}

/// `user:password` in base64, which may be wrapped into lines.
fn decode(auth: &str) -> Option<Credential> {
    let auth: String = auth.split_ascii_whitespace().collect();
    let bytes = zeroize::Zeroizing::new(BASE64.decode(zeroize::Zeroizing::new(auth).as_str()).ok()?);
    let (username, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    // Docker pads with NUL.
    let password = secret(password.trim_end_matches('\0'));
    let username = username.to_owned();
    (!username.is_empty()).then_some(Credential::Password { username, password })
}
