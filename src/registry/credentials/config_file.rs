//! Docker's `config.json` and the files of that form: `auths`, `credHelpers`, `credsStore`.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use notary::json::{self, JsonError, Object};
use secrecy::SecretString;
use serde_json::Value;

use super::super::limits;
use super::credential::{Credential, CredentialSource, CredentialWarning, WantedCredential, names_host};
use crate::files;

/// Docker writes padding, people who make the file by hand do not always.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the keys of `auths` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// Hosts (Docker).
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
        let auths = members.map("auths").map_err(warning)?.into_iter().flatten();
        let mut helpers = members.text_map("credHelpers").map_err(warning)?.unwrap_or_default();
        helpers.retain(|_, suffix| !suffix.is_empty());
        Ok(Self {
            keys,
            entries: auths.filter_map(|(key, value)| Some((key.clone(), entry(value).transpose()?))).collect(),
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
        let own = self.helpers.iter().find(|(key, _)| names_host(key, wanted)).map(|(_, suffix)| suffix);
        own.or(self.store.as_ref()).map(|suffix| format!("docker-credential-{suffix}"))
    }

    /// What the file itself holds; the error says what is wrong with an entry.
    pub(super) fn entry(&self, wanted: &WantedCredential) -> Option<Result<Credential, String>> {
        if self.keys == Keys::Repositories {
            let mut path = format!("{}/{}", wanted.host, wanted.repository);
            while let Some((above, _)) = path.rsplit_once('/') {
                if let Some(entry) = self.entries.get(&path) {
                    return Some(entry.clone());
                }
                path = above.to_owned();
            }
        }
        let exact = [&wanted.key, &wanted.host].into_iter().find_map(|key| self.entries.get(key));
        let any = || self.entries.iter().find(|(key, _)| names_host(key, wanted)).map(|(_, entry)| entry);
        exact.or_else(any).cloned()
    }
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
        return Ok(Some(Credential::IdentityToken(SecretString::from(token))));
    }
    if let Some(token) = registry {
        return Ok(Some(Credential::RegistryToken(SecretString::from(token))));
    }
    if let Some(auth) = auth {
        return decode(auth).map(Some).ok_or_else(|| "an entry of auths is not base64 of user:password".to_owned());
    }
    let both = username.zip(password);
    Ok(both.map(|(username, password)| Credential::Password {
        username: username.to_owned(),
        password: SecretString::from(password),
    }))
}

fn decode(auth: &str) -> Option<Credential> {
    let bytes = zeroize::Zeroizing::new(BASE64.decode(auth.trim()).ok()?);
    let (username, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    // Docker pads with NUL.
    let password = SecretString::from(password.trim_end_matches('\0'));
    let username = username.to_owned();
    (!username.is_empty()).then_some(Credential::Password { username, password })
}
