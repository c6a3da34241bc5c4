//! The SDK's own files (`~/.aws/config`, `~/.aws/credentials`), read once: what was checked is what is used. Their grammar is the
//! SDK's own.

use std::io;
use std::path::{Path, PathBuf};

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::{EnvConfigSections, Profile};
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};
use futures_util::FutureExt as _;

use super::error::AwsError;
use crate::files;

/// Bytes of one file. Those of large companies have some hundred KiB.
const FILE_BYTES: u64 = 4 * 1024 * 1024;

/// The profile that is used by default.
const DEFAULT: &str = "default";

/// One of the two files, and what named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SdkFile {
    pub(crate) path: PathBuf,
    /// The variable that names it. A file in the usual place does not have to be there.
    pub(crate) variable: Option<&'static str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SdkPaths {
    /// `~/.aws/config`, or the one that `AWS_CONFIG_FILE` names.
    pub(crate) config: Option<SdkFile>,
    /// `~/.aws/credentials`, or the one that `AWS_SHARED_CREDENTIALS_FILE` names.
    pub(crate) credentials: Option<SdkFile>,
}

/// The profile that was requested by name, and the origin of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedProfile {
    pub(crate) name: String,
    /// The flag or variable that named it.
    pub(crate) origin: String,
}

/// The contents of the SDK's configuration files.
#[derive(Clone, Debug, Default)]
pub(crate) struct SdkFiles {
    sections: EnvConfigSections,
    paths: SdkPaths,
    /// The files that exist.
    found: Vec<PathBuf>,
    named: Option<NamedProfile>,
}

impl SdkFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// [`AwsError`] of kind `Setting`: a file that was named is not there, one cannot be read, or the profile that was asked for is
    /// in neither.
    pub(crate) fn read(paths: SdkPaths, named: Option<NamedProfile>) -> Result<Self, AwsError> {
        let mut found = Vec::new();
        let config = content(paths.config.as_ref(), EnvConfigFileKind::Config, &mut found)?;
        let credentials = content(paths.credentials.as_ref(), EnvConfigFileKind::Credentials, &mut found)?;
        let sections = parse(&[(EnvConfigFileKind::Config, &config), (EnvConfigFileKind::Credentials, &credentials)]);
        let sections = sections.ok_or_else(|| AwsError::setting("the AWS configuration files cannot be read"))?;
        let files = Self { sections, paths, found, named };
        // A missing default profile counts as an empty one, whatever requested it.
        if files.selected() != DEFAULT && files.profile(files.selected()).is_none() {
            let bare = config.lines().any(|line| is_bare_section(line, files.selected()));
            return Err(files.missing(bare));
        }
        Ok(files)
    }

    /// The name of the profile whose settings apply.
    pub(crate) fn selected(&self) -> &str {
        self.named.as_ref().map_or(DEFAULT, |named| &named.name)
    }

    pub(crate) fn asked_by(&self) -> Option<&str> {
        let named = self.named.as_ref().filter(|named| named.name != DEFAULT)?;
        Some(&named.origin)
    }

    /// A setting of the selected profile. An empty one is absent.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.of_profile(self.selected(), key)
    }

    /// A setting of a profile. An empty one is absent.
    pub(crate) fn of_profile(&self, profile: &str, key: &str) -> Option<&str> {
        self.profile(profile)?.get(key).filter(|value| !value.is_empty())
    }

    pub(crate) fn profile(&self, name: &str) -> Option<&Profile> {
        self.sections.get_profile(name)
    }

    /// A setting of a section `sso-session`, if there is such a section at all.
    pub(crate) fn of_sso_session(&self, name: &str, key: &str) -> Option<Option<&str>> {
        Some(self.sections.sso_session(name)?.get(key).filter(|value| !value.is_empty()))
    }

    /// A setting of one service (`signer-data`), of the section `services` that the selected profile names; with the name of the
    /// section.
    pub(crate) fn of_service(&self, service: &str, key: &str) -> Option<(&str, &str)> {
        let section = self.get("services")?;
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(section)
            .property_name(service)
            .sub_property_name(key)
            .build()
            .ok()?;
        let value = self.sections.other_sections().get(&key)?;
        Some((section, value.as_str())).filter(|(_, value)| !value.is_empty())
    }

    /// Where a profile is defined, for messages.
    pub(crate) fn place(&self, profile: &str) -> String {
        format!("profile {} in {}", shown_path(Path::new(profile)), self.paths())
    }

    /// The files that exist, for messages; if none does, those that could.
    pub(crate) fn paths(&self) -> String {
        let could = [&self.paths.config, &self.paths.credentials].into_iter().flatten().map(|file| &file.path);
        let files: Vec<_> = if self.found.is_empty() { could.collect() } else { self.found.iter().collect() };
        files.into_iter().map(|path| shown_path(path)).collect::<Vec<_>>().join(" and ")
    }

    /// The profile that was asked for is not there.
    fn missing(&self, bare: bool) -> AwsError {
        let (name, origin) = (self.selected(), self.asked_by().unwrap_or_default());
        let name = shown_path(Path::new(name));
        let mut fact = match self.paths().as_str() {
            "" => format!("{origin}: there is no AWS configuration file that could contain profile {name}"),
            paths => format!("{origin}: profile {name} is not in {paths}"),
        };
        if bare {
            fact.push_str(&format!("; the section [{name}] has to be called [profile {name}]"));
        }
        AwsError::setting(fact)
    }
}

/// Whether a line begins a section `[name]`, which is not a profile in a configuration file.
fn is_bare_section(line: &str, name: &str) -> bool {
    let section = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(section, _)| section.trim());
    section == Some(name)
}

/// The text of a file; empty if an optional file does not exist.
fn content(file: Option<&SdkFile>, kind: EnvConfigFileKind, found: &mut Vec<PathBuf>) -> Result<String, AwsError> {
    let Some(SdkFile { path, variable }) = file else { return Ok(String::new()) };
    let failed = |fact: &str| {
        let named = variable.map(|variable| format!("{variable} ")).unwrap_or_default();
        AwsError::setting(format!("{named}{}: {fact}", shown_path(path)))
    };
    let bytes = match read_whole(path) {
        Ok(bytes) => bytes,
        Err(error) if variable.is_none() && is_absent(&error, path) => return Ok(String::new()),
        Err(error) => return Err(failed(&error.to_string())),
    };
    found.push(path.clone());
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text"))?;
    if parse(&[(kind, &text)]).is_some() {
        return Ok(text);
    }
    // The parser stops at the first line that is wrong, so that all beginnings with this line in them are wrong.
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let counts: Vec<_> = (1..=lines.len()).collect();
    let right = counts.partition_point(|count| {
        let beginning: String = lines.iter().take(*count).copied().collect();
        parse(&[(kind, &beginning)]).is_some()
    });
    Err(failed(&format!("line {} is neither a section nor KEY = VALUE below one", right + 1)))
}

/// Whether a file is not there, or would be in the home of another user, where a job cannot look: one that is not root may have
/// root's (Lambda compute of CodeBuild).
fn is_absent(error: &io::Error, path: &Path) -> bool {
    error.kind() == io::ErrorKind::NotFound || files::is_out_of_reach(path)
}

/// Reads a regular file. `/dev/null` counts as no file at all.
pub(crate) fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    if files::is_null_device(path) { Ok(Vec::new()) } else { files::read(path, FILE_BYTES) }
}

/// The SDK's own parser, for texts that are at hand: there is nothing to wait for.
fn parse(texts: &[(EnvConfigFileKind, &str)]) -> Option<EnvConfigSections> {
    let files = EnvConfigFiles::builder();
    let files = texts.iter().fold(files, |files, (kind, text)| files.with_contents(*kind, *text)).build();
    let source = source::load(&Env::from_slice(&[]), &Fs::from_slice(&[]), &files).now_or_never()?.ok()?;
    EnvConfigSections::parse(source).ok()
}

/// A path or name for messages, unless it is a token by mistake: every JSON Web Token begins like this (RFC 7515 section 4: `{"` in
/// base64).
pub(crate) fn shown_path(path: &Path) -> String {
    let token = path.to_str().is_some_and(|text| text.starts_with("eyJ"));
    if token { "(not shown: it looks like a token)".to_owned() } else { path.display().to_string() }
}

/// A value for messages, unless it may be a secret by mistake: a token, or what is as long as a secret key and no ARN.
pub(crate) fn shown_value(text: &str) -> String {
    const SECRET_KEY: usize = 40;
    let secret = text.starts_with("eyJ") || (text.len() >= SECRET_KEY && !text.starts_with("arn:"));
    if secret { "(not shown: it looks like a secret)".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
impl SdkFiles {
    /// The text of a configuration file, and the profile that was asked for.
    pub(crate) fn of(config: &str, named: Option<&str>) -> Self {
        let sections = parse(&[(EnvConfigFileKind::Config, config)]).unwrap();
        let named = named.map(|name| NamedProfile { name: name.to_owned(), origin: "AWS_PROFILE".to_owned() });
        let config = SdkFile { path: PathBuf::from("/h/.aws/config"), variable: None };
        let found = vec![config.path.clone()];
        Self { sections, paths: SdkPaths { config: Some(config), credentials: None }, found, named }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_value_that_may_be_a_secret_is_not_shown() {
        let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        for (text, is_shown) in [
            ("us-west-22", true),
            ("arn:aws:iam::111122223333:user/somebody-who-is-no-role", true),
            ("eyJhbGciOiJSUzI1NiJ9.e30.x", false),
            (key, false),
        ] {
            assert_eq!(shown_value(text) == text, is_shown, "{text}");
        }
    }

    use std::fs;

    use super::super::error::AwsErrorKind;
    use super::*;

    fn named(name: &str) -> Option<NamedProfile> {
        Some(NamedProfile { name: name.to_owned(), origin: "AWS_PROFILE".to_owned() })
    }

    fn file(path: &Path, variable: Option<&'static str>) -> Option<SdkFile> {
        Some(SdkFile { path: path.to_owned(), variable })
    }

    /// Why files with these texts are refused.
    fn refused(config: &[u8], credentials: &str, profile: Option<&str>) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["config", "credentials"].map(|name| folder.path().join(name));
        fs::write(&one, config).unwrap();
        fs::write(&two, credentials).unwrap();
        let paths = SdkPaths { config: file(&one, None), credentials: file(&two, None) };
        let error = SdkFiles::read(paths, profile.and_then(named)).err()?;
        assert_eq!(error.kind, AwsErrorKind::Setting);
        Some(error.message.replace(folder.path().to_str().unwrap(), "F"))
    }

    #[test]
    fn a_profile_that_was_asked_for_by_name_is_there_or_an_error() {
        for (config, credentials, profile) in [
            ("", "", None),
            ("", "", Some("default")),
            ("[profile prod]\n", "", Some("prod")),
            ("", "[prod]\n", Some("prod")),
            ("[default]\nregion = x", "", None),
        ] {
            assert_eq!(refused(config.as_bytes(), credentials, profile), None, "{config} {credentials}");
        }
        let missing = "AWS_PROFILE: profile prod is not in F/config and F/credentials";
        let bare = format!("{missing}; the section [prod] has to be called [profile prod]");
        for (config, credentials, expected) in [
            ("", "", missing),
            ("[profile production]\n", "", missing),
            ("[profile Prod]\n", "[PROD]\n", missing),
            ("", "[profile prod]\n", missing),
            ("[prod]\naws_access_key_id = geheim\n", "", &bare),
            ("[ prod ] # mine\n", "", &bare),
        ] {
            assert_eq!(refused(config.as_bytes(), credentials, Some("prod")).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_an_empty_one() {
        assert_eq!(refused(b"[default]\nx = \xff\n", "", None).as_deref(), Some("F/config: it is not UTF-8 text"));
        let wrong = "[default]\nregion = x\ngeheim\n[other]\ngeheim\n";
        let told = "F/config: line 3 is neither a section nor KEY = VALUE below one";
        assert_eq!(refused(wrong.as_bytes(), "", None).as_deref(), Some(told));
        let told = "F/credentials: line 1 is neither a section nor KEY = VALUE below one";
        assert_eq!(refused(b"", "geheim = x\n", None).as_deref(), Some(told));
    }

    #[test]
    fn a_file_that_was_named_has_to_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none");
        let read = |file| SdkFiles::read(SdkPaths { config: file, credentials: None }, None);
        assert!(read(file(&none, None)).is_ok(), "in the usual place it does not have to be");
        assert!(read(file(Path::new("/dev/null"), Some("AWS_CONFIG_FILE"))).is_ok());
        for path in [&none, folder.path()] {
            let error = read(file(path, Some("AWS_CONFIG_FILE"))).unwrap_err();
            assert_eq!(error.kind, AwsErrorKind::Setting);
            assert!(error.message.starts_with(&format!("AWS_CONFIG_FILE {}", path.display())), "{error}");
        }
        let error = read(file(folder.path(), None)).unwrap_err();
        assert!(error.message.contains("not a regular file"), "{error}");
        let token = Path::new("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln");
        let error = read(file(token, Some("AWS_CONFIG_FILE"))).unwrap_err();
        assert!(error.message.starts_with("AWS_CONFIG_FILE") && !error.message.contains("eyJ"), "{error}");
    }

    #[test]
    fn settings_are_found_as_the_sdk_finds_them() {
        let config = "[profile ci]\nendpoint_url = https://a.example\nregion =\nservices = dev\n\
                      [services dev]\nsigner-data =\n  endpoint_url = https://b.example\nsts =\n  endpoint_url =\n";
        let files = SdkFiles::of(config, Some("ci"));
        assert_eq!(files.get("endpoint_url"), Some("https://a.example"));
        assert_eq!(files.get("region"), None, "an empty one is absent");
        assert_eq!(files.of_service("signer-data", "endpoint_url"), Some(("dev", "https://b.example")));
        assert_eq!(files.of_service("sts", "endpoint_url"), None);
        assert_eq!(files.of_service("ecr", "endpoint_url"), None);
        assert_eq!(SdkFiles::of(config, None).get("endpoint_url"), None, "of another profile");
    }
}
