//! What AWS Signer keeps: profiles with their versions and permissions, jobs, revocations.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Failure;
use super::arn;
use super::identity::Caller;
use super::random;

/// The platform for images.
pub(crate) const NOTATION: &str = "Notation-OCI-SHA384-ECDSA";

/// Platforms and their names.
pub(crate) const PLATFORMS: [(&str, &str); 4] = [
    ("AWSLambda-SHA384-ECDSA", "AWS Lambda"),
    ("AmazonFreeRTOS-Default", "Amazon FreeRTOS"),
    ("AWSIoTDeviceManagement-SHA256-ECDSA", "AWS IoT Device Management"),
    (NOTATION, "Notation for container registries"),
];

/// How long a signature lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Validity {
    /// How many.
    pub(crate) value: i64,
    /// Of what.
    #[serde(rename = "type")]
    pub(crate) unit: Unit,
}

/// Calendar units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Unit {
    /// Days.
    Days,
    /// Months.
    Months,
    /// Years.
    Years,
}

impl Default for Validity {
    fn default() -> Self {
        Self { value: 135, unit: Unit::Months }
    }
}

impl Validity {
    /// The end, by the calendar. None where it is beyond all calendars.
    pub(crate) fn after(self, time: Timestamp) -> Option<Timestamp> {
        let span = match self.unit {
            Unit::Days => Span::new().try_days(self.value),
            Unit::Months => Span::new().try_months(self.value),
            Unit::Years => Span::new().try_years(self.value),
        };
        Some(time.to_zoned(TimeZone::UTC).checked_add(span.ok()?).ok()?.timestamp())
    }
}

/// Who revoked what, when and why.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Revocation {
    /// As given.
    pub(crate) reason: String,
    /// When it was said.
    pub(crate) revoked_at: Timestamp,
    /// By which principal.
    pub(crate) revoked_by: String,
    /// Signatures from then on count as revoked. Of a job: all.
    pub(crate) effective_from: Timestamp,
}

/// A version of a profile.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Version {
    /// 10 characters.
    pub(crate) id: String,
    /// Set once it was revoked.
    pub(crate) revocation: Option<Revocation>,
}

/// An alias of a profile.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Alias {
    /// Its name.
    pub(crate) name: String,
    /// The id that stands in signatures in place of the profile version, where the profile is used by its alias only.
    pub(crate) only: Option<String>,
}

/// What a principal of another account may do with a profile.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Permission {
    /// `signer:SignPayload`, `signer:GetSigningProfile` or `signer:RevokeSignature`.
    pub(crate) action: String,
    /// An account, or an ARN of IAM.
    pub(crate) principal: String,
    /// Its name.
    pub(crate) statement_id: String,
    /// For this version only.
    pub(crate) profile_version: Option<String>,
}

/// A signing profile.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Profile {
    /// Its name.
    pub(crate) name: String,
    /// Owner.
    pub(crate) account: String,
    /// Region.
    pub(crate) region: String,
    /// What it signs.
    pub(crate) platform: String,
    /// How long its signatures live.
    pub(crate) validity: Validity,
    /// The last one is the current one.
    pub(crate) versions: Vec<Version>,
    /// No longer in use.
    pub(crate) canceled: bool,
    /// The alias through which it signs. How AWS makes one is not public.
    #[serde(default)]
    pub(crate) alias: Option<Alias>,
    /// Of whom what is allowed.
    pub(crate) permissions: Vec<Permission>,
    /// Changes with every change of the permissions.
    pub(crate) revision: String,
    /// As given.
    pub(crate) tags: BTreeMap<String, String>,
}

impl Profile {
    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        arn::profile(&self.region, &self.account, &self.name)
    }

    /// The ARN of its current version.
    pub(crate) fn version_arn(&self) -> String {
        format!("{}/{}", self.arn(), self.version().id)
    }

    /// What its signatures name: the current version, or what AWS puts there of a profile that is used by its alias only.
    pub(crate) fn signed_arn(&self) -> String {
        match self.alias.as_ref().and_then(|alias| alias.only.as_ref()) {
            Some(id) => arn::aliased_profile(&self.region, &self.account, id),
            None => self.version_arn(),
        }
    }

    /// The ARN of its alias.
    pub(crate) fn alias_arn(&self) -> Option<String> {
        Some(arn::alias(&self.region, &self.account, &self.alias.as_ref()?.name))
    }

    /// Its current version.
    pub(crate) fn version(&self) -> &Version {
        self.versions.last().expect("a profile has a version from its start")
    }

    /// `Active`, `Canceled` or `Revoked`.
    pub(crate) fn status(&self) -> &'static str {
        if self.canceled {
            "Canceled"
        } else if self.version().revocation.is_some() {
            "Revoked"
        } else {
            "Active"
        }
    }

    /// As GetSigningProfile and ListSigningProfiles show it.
    pub(crate) fn shown(&self) -> Value {
        let mut shown = json!({
            "profileName": self.name,
            "profileVersion": self.version().id,
            "profileVersionArn": self.version_arn(),
            "arn": self.arn(),
            "platformId": self.platform,
            "platformDisplayName": platform_name(&self.platform),
            "signatureValidityPeriod": self.validity,
            "status": self.status(),
            "tags": self.tags,
        });
        if let Some(revocation) = &self.version().revocation {
            shown["revocationRecord"] = json!({
                "revocationEffectiveFrom": revocation.effective_from.as_second(),
                "revokedAt": revocation.revoked_at.as_second(),
                "revokedBy": revocation.revoked_by,
            });
        }
        shown
    }

    /// Whether a permission lets this caller do something with the profile.
    pub(crate) fn permits(&self, caller: &Caller, action: &str) -> bool {
        self.account == caller.account
            || self.permissions.iter().any(|one| {
                let version = one.profile_version.as_ref().is_none_or(|version| *version == self.version().id);
                one.action == action && version && is_principal(&one.principal, caller)
            })
    }
}

/// The display name of a platform.
pub(crate) fn platform_name(platform: &str) -> &str {
    PLATFORMS.iter().find(|(id, _)| *id == platform).map_or(platform, |(_, name)| name)
}

/// Whether a permission's principal means this caller: its account, its role or itself.
fn is_principal(principal: &str, caller: &Caller) -> bool {
    let session_role = caller.arn.replacen(":sts:", ":iam:", 1).replacen(":assumed-role/", ":role/", 1);
    let role = session_role.rsplit_once('/').map_or(session_role.as_str(), |(role, _session)| role);
    let of_session = caller.arn.contains(":assumed-role/") && principal == role;
    let account = principal == caller.account || principal.ends_with(&format!(":iam::{}:root", caller.account));
    account || of_session || principal == caller.arn
}

/// A signing job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Job {
    /// UUID.
    pub(crate) id: String,
    /// Owner of the profile.
    pub(crate) owner: String,
    /// Region.
    pub(crate) region: String,
    /// Account of who asked for it.
    pub(crate) invoker: String,
    /// ARN of who asked for it.
    pub(crate) requested_by: String,
    /// Name of the profile.
    pub(crate) profile: String,
    /// Version of the profile.
    pub(crate) version: String,
    /// Platform of the profile.
    pub(crate) platform: String,
    /// When.
    pub(crate) created_at: Timestamp,
    /// End of the signature.
    pub(crate) expires_at: Timestamp,
    /// Set once it was revoked.
    pub(crate) revocation: Option<Revocation>,
}

impl Job {
    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        arn::job(&self.region, &self.owner, &self.id)
    }
}

/// All that AWS Signer keeps.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Signer {
    /// By ARN.
    pub(crate) profiles: BTreeMap<String, Profile>,
    /// By ARN.
    pub(crate) jobs: BTreeMap<String, Job>,
    /// Hashes of certificates (SHA-384 of what is signed in them, 96 hexadecimal digits).
    pub(crate) revoked_certificates: BTreeSet<String>,
}

impl Signer {
    /// Makes a profile, or a new version of one; returns the ARN of the version.
    pub(crate) fn put_profile(
        &mut self,
        region: &str,
        account: &str,
        name: &str,
        platform: &str,
        validity: Validity,
    ) -> String {
        let profile = self.profiles.entry(arn::profile(region, account, name)).or_insert_with(|| Profile {
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            platform: String::new(),
            validity,
            versions: Vec::new(),
            canceled: false,
            alias: None,
            permissions: Vec::new(),
            revision: random::uuid(),
            tags: BTreeMap::new(),
        });
        profile.platform = platform.to_owned();
        profile.validity = validity;
        profile.canceled = false;
        profile.versions.push(Version { id: random::alphanumeric(10), revocation: None });
        profile.version_arn()
    }

    /// Gives a profile an alias through which it signs from now on; with `only` its signatures name neither it nor its
    /// version. Returns the ARNs of the alias and of what is in the place of the version.
    pub(crate) fn set_alias(&mut self, profile: &str, name: &str, only: bool) -> Option<[String; 2]> {
        let profile = self.profiles.get_mut(profile)?;
        profile.alias = Some(Alias { name: name.to_owned(), only: only.then(random::uuid) });
        Some([profile.alias_arn()?, profile.signed_arn()])
    }

    /// A profile of an account, in the region that is asked.
    pub(crate) fn profile(&mut self, caller: &Caller, owner: &str, name: &str) -> Result<&mut Profile, Failure> {
        let arn = arn::profile(&caller.region, owner, name);
        self.profiles.get_mut(&arn).ok_or_else(|| Failure::not_found(format!("Signing profile {name} not found.")))
    }

    /// A job of an account, in the region that is asked.
    pub(crate) fn job(&mut self, caller: &Caller, owner: &str, id: &str) -> Result<&mut Job, Failure> {
        let arn = arn::job(&caller.region, owner, id);
        self.jobs.get_mut(&arn).ok_or_else(|| Failure::not_found(format!("Signing job {id} not found.")))
    }
}
