//! How a profile of the configuration files gets credentials: where they begin, and the roles that are assumed with them one after
//! the other. What a profile names and what is not there is an error: no other credentials are used instead.

use aws_config::Region;
use secrecy::SecretString;

use super::facts::error::AwsError;
use super::facts::files::{SdkFiles, shown_value};
use super::facts::keys::Keys;
use super::facts::settings::{RoleSettings, TokenSource, is_region, is_role_arn, not_a_region};

/// Longest chain of profiles that is followed.
const PROFILES: usize = 16;

/// How a profile gets credentials.
#[derive(Debug)]
pub(super) struct ProfileChain {
    pub(super) base: Base,
    /// Where that is defined, for messages.
    pub(super) place: String,
    /// The roles that are assumed, the first one first.
    pub(super) roles: Vec<Step>,
}

/// The first source in a chain of profiles.
#[derive(Debug)]
pub(super) enum Base {
    /// Keys in the file.
    Keys(Keys),
    /// `credential_source = Environment`.
    Variables,
    /// `credential_source = EcsContainer`.
    Container,
    /// `credential_source = Ec2InstanceMetadata`.
    Instance,
    /// `web_identity_token_file` with `role_arn`.
    WebIdentity(RoleSettings),
    /// `credential_process`. The command may hold secrets.
    Process(SecretString),
    /// IAM Identity Center.
    Sso(Box<Sso>),
}

/// IAM Identity Center.
#[derive(Debug)]
pub(super) struct Sso {
    pub(super) account: String,
    pub(super) role: String,
    pub(super) start_url: String,
    pub(super) region: Region,
    pub(super) session: Option<String>,
}

/// A role that is assumed with the credentials so far.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) arn: String,
    pub(super) external_id: Option<String>,
    pub(super) session_name: Option<String>,
}

/// How the selected profile gets credentials. Nothing where it says nothing about any.
///
/// # Errors
/// [`AwsError`] of kind `Setting`, which names what is missing or cannot be used, and where it is defined.
pub(super) fn of_selected(files: &SdkFiles) -> Result<Option<ProfileChain>, AwsError> {
    let mut name = files.selected();
    if files.profile(name).is_none() {
        return Ok(None);
    }
    let mut roles = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    loop {
        let profile = Named { files, name };
        if seen.contains(&name) || seen.len() == PROFILES {
            return Err(profile.fault(&format!("source_profile leads from {} back to it", seen.join(" to "))));
        }
        let first = seen.is_empty();
        seen.push(name);
        // Of a source profile the keys count before its own role, as the SDK has it.
        if !first && let Some(keys) = profile.keys()? {
            return Ok(Some(chain(profile, Base::Keys(keys), roles)));
        }
        let assumed = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none());
        let Some(arn) = assumed else {
            return match profile.base()? {
                Some(base) => Ok(Some(chain(profile, base, roles))),
                None if profile.get("source_profile").is_some() => {
                    Err(profile.fault("source_profile needs role_arn as well"))
                }
                None => Ok(None),
            };
        };
        roles.push(profile.step(arn)?);
        match (profile.get("source_profile"), profile.get("credential_source")) {
            (Some(_), Some(_)) => return Err(profile.fault("source_profile and credential_source cannot be combined")),
            (None, None) => {
                return Err(profile.fault("role_arn needs source_profile or credential_source as well"));
            }
            (Some(source), None) if source != name => {
                if files.profile(source).is_none() {
                    return Err(profile.fault(&format!("source_profile: there is no profile {source}")));
                }
                name = source;
            }
            _ => {
                let base =
                    profile.base()?.ok_or_else(|| profile.fault("it has no credentials to assume the role with"))?;
                return Ok(Some(chain(profile, base, roles)));
            }
        }
    }
}

fn chain(profile: Named<'_>, base: Base, mut roles: Vec<Step>) -> ProfileChain {
    roles.reverse();
    ProfileChain { base, place: profile.files.place(profile.name), roles }
}

#[derive(Clone, Copy)]
struct Named<'a> {
    files: &'a SdkFiles,
    name: &'a str,
}

impl<'a> Named<'a> {
    fn get(self, key: &str) -> Option<&'a str> {
        self.files.of_profile(self.name, key)
    }

    fn fault(self, fact: &str) -> AwsError {
        AwsError::setting(format!("{}: {fact}", self.files.place(self.name)))
    }

    fn keys(self) -> Result<Option<Keys>, AwsError> {
        let named = |key| (key, self.get(key));
        let place = format!(" of {}", self.files.place(self.name));
        Keys::read(named("aws_access_key_id"), named("aws_secret_access_key"), named("aws_session_token"), &place)
    }

    /// The role that is assumed.
    fn step(self, arn: &str) -> Result<Step, AwsError> {
        let owned = |key| self.get(key).map(str::to_owned);
        self.check_role(arn)?;
        Ok(Step { arn: arn.to_owned(), external_id: owned("external_id"), session_name: owned("role_session_name") })
    }

    fn check_role(self, arn: &str) -> Result<(), AwsError> {
        if is_role_arn(arn) {
            return Ok(());
        }
        Err(self.fault(&format!(
            "role_arn: expected the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME, got `{}`",
            shown_value(arn)
        )))
    }

    /// Where the credentials of this profile begin, in the SDK's own order.
    fn base(self) -> Result<Option<Base>, AwsError> {
        if let Some(source) = self.get("credential_source") {
            return self.named_source(source).map(Some);
        }
        match (self.get("role_arn"), self.get("web_identity_token_file")) {
            (Some(arn), Some(path)) => {
                self.check_role(arn)?;
                return Ok(Some(Base::WebIdentity(RoleSettings {
                    arn: arn.to_owned(),
                    session_name: self.get("role_session_name").unwrap_or_default().to_owned(),
                    token: TokenSource::File(path.into()),
                })));
            }
            (None, Some(_)) => return Err(self.fault("web_identity_token_file needs role_arn as well")),
            (_, None) => {}
        }
        if let Some(sso) = self.sso()? {
            return Ok(Some(Base::Sso(Box::new(sso))));
        }
        if self.get("login_session").is_some() {
            return Err(
                self.fault("sealgate cannot use a login_session: aws configure export-credentials gives keys for it")
            );
        }
        if let Some(command) = self.get("credential_process") {
            return Ok(Some(Base::Process(command.into())));
        }
        Ok(self.keys()?.map(Base::Keys))
    }

    fn named_source(self, source: &str) -> Result<Base, AwsError> {
        match source.to_ascii_lowercase().as_str() {
            "environment" => Ok(Base::Variables),
            "ecscontainer" => Ok(Base::Container),
            "ec2instancemetadata" => Ok(Base::Instance),
            _ => Err(self.fault(&format!(
                "credential_source: expected Environment, EcsContainer or Ec2InstanceMetadata, got `{source}`"
            ))),
        }
    }

    /// IAM Identity Center, if any of its settings is present.
    fn sso(self) -> Result<Option<Sso>, AwsError> {
        const KEYS: [&str; 5] = ["sso_session", "sso_account_id", "sso_role_name", "sso_region", "sso_start_url"];
        if KEYS.iter().all(|key| self.get(key).is_none()) {
            return Ok(None);
        }
        let session = self.get("sso_session");
        let of_session = |key: &'static str| match session {
            None => self.get(key).ok_or_else(|| self.fault(&format!("{key} is missing"))),
            Some(_) if self.get(key).is_some() => {
                Err(self.fault(&format!("{key} belongs in the section of its sso_session")))
            }
            Some(session) => match self.files.of_sso_session(session, key) {
                None => Err(self.fault(&format!("sso_session: there is no section [sso-session {session}]"))),
                Some(value) => {
                    value.ok_or_else(|| self.fault(&format!("{key} is missing in section [sso-session {session}]")))
                }
            },
        };
        let own = |key: &'static str| self.get(key).ok_or_else(|| self.fault(&format!("{key} is missing")));
        let region = of_session("sso_region")?;
        if !is_region(region) {
            return Err(self.fault(&format!("sso_region: {}", not_a_region(region))));
        }
        Ok(Some(Sso {
            start_url: of_session("sso_start_url")?.to_owned(),
            region: Region::new(region.to_owned()),
            account: own("sso_account_id")?.to_owned(),
            role: own("sso_role_name")?.to_owned(),
            session: session.map(str::to_owned),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::error::AwsErrorKind;
    use super::*;

    const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/ci\n";
    const KEYS: &str = "aws_access_key_id = a\naws_secret_access_key = geheim\n";

    fn found(config: &str, profile: Option<&str>) -> Result<Option<ProfileChain>, AwsError> {
        of_selected(&SdkFiles::of(config, profile))
    }

    /// Where credentials of `ci` begin, and how many roles follow.
    fn begins(config: &str) -> (&'static str, usize) {
        let chain = found(config, Some("ci")).unwrap().unwrap();
        let base = match chain.base {
            Base::Keys(_) => "keys",
            Base::Variables => "variables",
            Base::Container => "container",
            Base::Instance => "instance",
            Base::WebIdentity(_) => "web identity",
            Base::Process(_) => "process",
            Base::Sso(_) => "sso",
        };
        (base, chain.roles.len())
    }

    #[test]
    fn a_profile_says_where_credentials_begin_and_what_follows() {
        let sso = "sso_account_id = 1\nsso_role_name = r\n";
        let session = "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.example\n";
        for (config, expected) in [
            (format!("[profile ci]\n{KEYS}"), ("keys", 0)),
            (format!("[profile ci]\n{ROLE}source_profile = ci\n{KEYS}"), ("keys", 1)),
            (format!("[profile ci]\n{ROLE}source_profile = b\n[profile b]\n{KEYS}{ROLE}"), ("keys", 1)),
            (
                format!(
                    "[profile ci]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = c\n[profile c]\n{KEYS}"
                ),
                ("keys", 2),
            ),
            (format!("[profile ci]\n{ROLE}credential_source = Environment\n"), ("variables", 1)),
            (format!("[profile ci]\n{ROLE}credential_source = ecscontainer\n"), ("container", 1)),
            ("[profile ci]\ncredential_source = Ec2InstanceMetadata\n".to_owned(), ("instance", 0)),
            (format!("[profile ci]\n{ROLE}web_identity_token_file = /t\n"), ("web identity", 0)),
            ("[profile ci]\ncredential_process = x\n".to_owned(), ("process", 0)),
            (format!("[profile ci]\n{sso}sso_region = eu-west-1\nsso_start_url = https://x.example\n"), ("sso", 0)),
            (format!("[profile ci]\n{sso}sso_session = s\n{session}"), ("sso", 0)),
        ] {
            assert_eq!(begins(&config), expected, "{config}");
        }
        for nothing in ["", "[profile ci]\n", "[default]\nregion = eu-west-1\n"] {
            assert!(found(nothing, None).unwrap().is_none(), "{nothing}");
        }
        assert!(found("[profile ci]\nregion = eu-west-1\n", Some("ci")).unwrap().is_none());
    }

    #[test]
    fn what_a_profile_names_and_what_is_not_there_is_an_error_that_names_it() {
        let sso = "sso_account_id = 1\nsso_role_name = r\n";
        for (config, named) in [
            (format!("[profile ci]\n{ROLE}source_profile = base\n"), "source_profile: there is no profile base"),
            (format!("[profile ci]\n{ROLE}source_profile = base\n[base]\n{KEYS}"), "no profile base"),
            (format!("[profile ci]\n{ROLE}"), "needs source_profile or credential_source"),
            (
                format!("[profile ci]\n{ROLE}source_profile = b\ncredential_source = Environment\n"),
                "cannot be combined",
            ),
            (format!("[profile ci]\n{ROLE}credential_source = Nowhere\n"), "got `Nowhere`"),
            ("[profile ci]\ncredential_source = Nowhere\n".to_owned(), "got `Nowhere`"),
            (
                format!("[profile ci]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = ci\n"),
                "leads from ci to b back",
            ),
            (format!("[profile ci]\n{ROLE}source_profile = ci\n"), "no credentials to assume the role with"),
            ("[profile ci]\nrole_arn = ci\nsource_profile = ci\n".to_owned(), "got `ci`"),
            ("[profile ci]\naws_access_key_id = a\n".to_owned(), "aws_secret_access_key is not"),
            ("[profile ci]\naws_secret_access_key = geheim\n".to_owned(), "aws_access_key_id is not"),
            ("[profile ci]\naws_session_token = geheim\n".to_owned(), "aws_access_key_id is not"),
            (
                format!("[profile ci]\n{ROLE}source_profile = b\n[profile b]\naws_access_key_id = a\n"),
                "aws_secret_access_key is not",
            ),
            ("[profile ci]\nweb_identity_token_file = /t\n".to_owned(), "needs role_arn"),
            (format!("[profile ci]\n{sso}sso_session = s\n"), "no section [sso-session s]"),
            (format!("[profile ci]\n{sso}sso_region = eu-west-1\n"), "sso_start_url is missing"),
            (format!("[profile ci]\n{sso}sso_region = x/y\nsso_start_url = https://x.example\n"), "got `x/y`"),
            (
                "[profile ci]\nsso_account_id = 1\nsso_region = eu-west-1\nsso_start_url = u\n".to_owned(),
                "sso_role_name is missing",
            ),
            ("[profile ci]\nlogin_session = x\n".to_owned(), "login_session"),
        ] {
            let error = found(&config, Some("ci")).unwrap_err();
            assert_eq!(error.kind, AwsErrorKind::Setting);
            assert!(error.message.contains(named) && error.message.contains("/h/.aws/config"), "{config}\n{error}");
            assert!(!error.message.contains("geheim"), "{error}");
        }
    }
}
