//! One statement of a policy: what is checked, against which stores, for which signers.

use std::collections::{HashMap, HashSet};

use super::document::{Findings, List, Located, Object, Spot, read_list, read_text};
use super::identity::{TrustedIdentities, TrustedIdentity};
use super::level::{BaseLevel, ValidationAction, ValidationType, VerificationLevel, VerifyTimestamp};
use super::problem::{Notice, Rule};
use super::scope::{Claim, RegistryScopes};
use super::{Schemes, WILDCARD, scope};
use crate::digest::excerpt;
use crate::distinguished_name::{DistinguishedName, SUBJECT_TYPES};
use crate::extension::aws_signer::TrustedProfile;
use crate::trust_store::TrustStoreName;

/// Members of a statement for registry artifacts.
const MEMBERS: [&str; 5] = ["name", "registryScopes", "signatureVerification", "trustStores", "trustedIdentities"];

/// Members of `signatureVerification`.
const VERIFICATION_MEMBERS: [&str; 3] = ["level", "override", "verifyTimestamp"];

/// A statement that applies to the repositories of its scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStatement {
    pub(super) core: StatementCore,
    pub(super) scopes: RegistryScopes,
}

/// What statements of every kind of policy have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatementCore {
    name: String,
    level: VerificationLevel,
    verify_timestamp: VerifyTimestamp,
    trust_stores: Vec<TrustStoreName>,
    trusted_identities: TrustedIdentities,
}

impl PolicyStatement {
    /// Its name, unique in the policy.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// The repositories that it applies to.
    #[must_use]
    pub const fn scopes(&self) -> &RegistryScopes {
        &self.scopes
    }

    /// What each failed validation does.
    #[must_use]
    pub const fn level(&self) -> VerificationLevel {
        self.core.level
    }

    /// When a timestamp is needed.
    #[must_use]
    pub const fn verify_timestamp(&self) -> VerifyTimestamp {
        self.core.verify_timestamp
    }

    /// The stores that anchor signers and timestamps; none for level `skip`.
    #[must_use]
    pub fn trust_stores(&self) -> &[TrustStoreName] {
        &self.core.trust_stores
    }

    /// The signers that are trusted; none for level `skip`.
    #[must_use]
    pub const fn trusted_identities(&self) -> &TrustedIdentities {
        &self.core.trusted_identities
    }

    /// The same statement with revocation skipped. One of level `skip` stays as it is: nothing is looked at anyway.
    #[must_use]
    pub fn without_revocation(mut self) -> Self {
        if let Ok(level) = self.core.level.with(ValidationType::Revocation, ValidationAction::Skip) {
            self.core.level = level;
        }
        self
    }

    /// Reads a statement; `None` if that makes a problem, which is noted.
    pub(super) fn read(
        value: &Located<'_>,
        schemes: Schemes<'_>,
        taken: &mut Taken,
        findings: &mut Findings,
    ) -> Option<Self> {
        let object = value.object(&MEMBERS, findings)?;
        let core = StatementCore::read(&object, &mut taken.names, findings);
        let level = core.as_ref().map(|core| core.level);
        let scopes = scope::read(&object, level, schemes, &mut taken.scopes, findings);
        Some(Self { core: core?, scopes: scopes? })
    }
}

/// What earlier statements have taken, also those with problems.
#[derive(Default)]
pub(super) struct Taken {
    names: HashSet<String>,
    /// Place of a scope, and the first that names it.
    scopes: HashMap<String, Claim>,
}

impl StatementCore {
    fn read(object: &Object<'_>, names: &mut HashSet<String>, findings: &mut Findings) -> Option<Self> {
        let name = read_name(object, names, findings);
        let (level, verify_timestamp) = read_verification(object, findings);
        let stores = read_list(object, "trustStores", findings);
        let identities = read_list(object, "trustedIdentities", findings);
        let is_skip = level.map(|level| level.is_skip());
        if let (Some(skip), Some(stores)) = (is_skip, &stores) {
            check_presence(skip, stores, findings, Rule::SkipWithTrustStores, Rule::MissingTrustStores);
        }
        if let (Some(skip), Some(identities)) = (is_skip, &identities) {
            check_presence(skip, identities, findings, Rule::SkipWithTrustedIdentities, Rule::MissingTrustedIdentities);
        }
        let trust_stores = read_trust_stores(&stores?, findings);
        let trusted_identities = read_identities(&identities?, findings);
        Some(Self {
            name: name?,
            level: level?,
            verify_timestamp: verify_timestamp?,
            trust_stores: trust_stores?,
            trusted_identities: trusted_identities?,
        })
    }
}

fn read_name(object: &Object<'_>, names: &mut HashSet<String>, findings: &mut Findings) -> Option<String> {
    let name = read_text(object, "name", findings, Rule::MissingName)?;
    if !names.insert(name.clone()) {
        let spot = object.member("name").map_or(&object.spot, |value| &value.spot);
        findings.problem(spot, Rule::DuplicateName { name: excerpt(&name) });
    }
    Some(name)
}

fn check_presence(is_skip: bool, list: &List, findings: &mut Findings, surplus: Rule, missing: Rule) {
    match (is_skip, list.entries.is_empty()) {
        (true, false) => findings.problem(&list.spot, surplus),
        (false, true) => findings.problem(&list.spot, missing),
        (true, true) | (false, false) => {}
    }
}

/// Reads `signatureVerification`: each part is `None` if it has a problem.
fn read_verification(
    statement: &Object<'_>,
    findings: &mut Findings,
) -> (Option<VerificationLevel>, Option<VerifyTimestamp>) {
    let Some(value) = statement.member("signatureVerification") else {
        findings.problem(&statement.spot, Rule::MissingLevel);
        return (None, None);
    };
    let Some(object) = value.object(&VERIFICATION_MEMBERS, findings) else {
        return (None, None);
    };
    let base = read_text(&object, "level", findings, Rule::MissingLevel).and_then(|text| {
        let level = BaseLevel::from_name(&text);
        if let (None, Some(value)) = (level, object.member("level")) {
            findings.problem(&value.spot, Rule::UnknownLevel { found: excerpt(&text) });
        }
        level
    });
    let level = read_overrides(base, &object, findings);
    (level, read_verify_timestamp(&object, findings))
}

/// Reads `override`, also when the level is unknown, to find all its problems. An empty one changes nothing.
fn read_overrides(base: Option<BaseLevel>, object: &Object<'_>, findings: &mut Findings) -> Option<VerificationLevel> {
    let Some(value) = object.member("override") else {
        return base.map(VerificationLevel::new);
    };
    let members = value.members(findings)?;
    if base == Some(BaseLevel::Skip) && !members.is_empty() {
        findings.problem(&value.spot, super::level::OverrideError::SkipLevel);
        return None;
    }
    // Without a level the rules of overrides are those of every level but `skip`. A wrong entry is left out of the
    // level and the entries after it are still looked at: with a problem there is no policy in the end.
    let mut level = VerificationLevel::new(base.unwrap_or(BaseLevel::Strict));
    for (name, name_spot, value) in members {
        let validation = ValidationType::from_name(&name);
        if validation.is_none() {
            findings.problem(&name_spot, Rule::UnknownValidation { found: excerpt(&name) });
        }
        let action = read_action(&value, findings);
        if let Some((validation, action)) = validation.zip(action) {
            match level.with(validation, action) {
                Ok(changed) => level = changed,
                Err(error) => findings.problem(&value.spot, error),
            }
        }
    }
    base.map(|_| level)
}

fn read_action(value: &Located<'_>, findings: &mut Findings) -> Option<ValidationAction> {
    let text = value.string(findings)?;
    let action = ValidationAction::from_name(&text);
    if action.is_none() {
        findings.problem(&value.spot, Rule::UnknownAction { found: excerpt(&text) });
    }
    action
}

fn read_verify_timestamp(object: &Object<'_>, findings: &mut Findings) -> Option<VerifyTimestamp> {
    let Some(value) = object.member("verifyTimestamp") else {
        return Some(VerifyTimestamp::default());
    };
    let text = value.string(findings)?;
    // Go cannot tell an empty string from an absent one.
    if text.is_empty() {
        return Some(VerifyTimestamp::default());
    }
    let option = VerifyTimestamp::from_name(&text);
    if option.is_none() {
        findings.problem(&value.spot, Rule::UnknownVerifyTimestamp { found: excerpt(&text) });
    }
    option
}

fn read_trust_stores(list: &List, findings: &mut Findings) -> Option<Vec<TrustStoreName>> {
    let names: Vec<_> = list
        .entries
        .iter()
        .map(|(spot, text)| TrustStoreName::parse(text).map_err(|error| findings.problem(spot, error)).ok())
        .collect();
    names.into_iter().collect()
}

fn read_identities(list: &List, findings: &mut Findings) -> Option<TrustedIdentities> {
    let alone = list.entries.len() == 1;
    let mut identities = Vec::with_capacity(list.entries.len());
    let mut complete = true;
    for (spot, text) in &list.entries {
        let read = read_identity(text, alone, spot, findings);
        let Ok(identity) = read.map_err(|rule| findings.problem(spot, rule)) else {
            complete = false;
            continue;
        };
        if let Some(other) = overlapping(&identity, &identities) {
            let rule = Rule::OverlappingIdentities { identity: excerpt(text), other: excerpt(other.text()) };
            findings.problem(spot, rule);
        }
        if let Some(other) = covered(&identity, &identities) {
            let notice = Notice::OverlappingProfiles { identity: excerpt(text), other: excerpt(other.text()) };
            findings.warn(spot, notice);
        }
        identities.push(identity);
    }
    complete.then(|| TrustedIdentities::new(identities))
}

/// The first of the earlier identities that matches all or some of what `identity` matches, as far as notation looks.
fn overlapping<'a>(identity: &TrustedIdentity, earlier: &'a [TrustedIdentity]) -> Option<&'a TrustedIdentity> {
    let name = identity.subject()?;
    earlier
        .iter()
        .find(|other| other.subject().is_some_and(|other| name.is_subset_of(other) || other.is_subset_of(name)))
}

/// The first of the earlier signing profiles that trusts what `identity` trusts, or the other way round. notation does
/// not look, and nothing more is trusted for it.
fn covered<'a>(identity: &TrustedIdentity, earlier: &'a [TrustedIdentity]) -> Option<&'a TrustedIdentity> {
    let TrustedIdentity::SigningProfile(profile) = identity else { return None };
    earlier.iter().find(|other| match other {
        TrustedIdentity::SigningProfile(other) => other.covers(profile) || profile.covers(other),
        _ => false,
    })
}

fn read_identity(text: &str, alone: bool, spot: &Spot, findings: &mut Findings) -> Result<TrustedIdentity, Rule> {
    if text.is_empty() {
        return Err(Rule::EmptyIdentity);
    }
    if text == WILDCARD {
        return if alone { Ok(TrustedIdentity::Any) } else { Err(Rule::WildcardIdentityWithOthers) };
    }
    let (prefix, value) =
        text.split_once(':').ok_or_else(|| Rule::IdentityWithoutSeparator { found: excerpt(text) })?;
    if prefix == "x509.subject" {
        return read_subject(text, value, spot, findings);
    }
    if is_of_signer(text) {
        let profile = TrustedProfile::parse(text)?;
        if let TrustedProfile::Alias(_) = &profile {
            findings.warn(spot, Notice::TrustedAlias { identity: excerpt(text) });
        }
        return Ok(TrustedIdentity::SigningProfile(profile));
    }
    // ARNs of other services share their first part with signing profiles.
    let prefix = if prefix == "arn" { text } else { prefix };
    findings.warn(spot, Notice::UnknownIdentityPrefix { prefix: excerpt(prefix) });
    Ok(TrustedIdentity::Other(text.to_owned()))
}

fn read_subject(text: &str, value: &str, spot: &Spot, findings: &mut Findings) -> Result<TrustedIdentity, Rule> {
    if value.is_empty() {
        return Err(Rule::IdentityWithoutValue);
    }
    let name = DistinguishedName::parse(value)?;
    let unmatchable = |(attribute, value): &(&str, &str)| !value.is_empty() && !SUBJECT_TYPES.contains(attribute);
    if let Some((attribute, _)) = name.attributes().find(unmatchable) {
        findings.warn(spot, Notice::UnmatchableAttribute { attribute: excerpt(attribute) });
    }
    Ok(TrustedIdentity::Subject { name, text: text.to_owned() })
}

/// `arn:<partition>:signer`, whatever follows. notation and AWS's plugin take any of them and pass over those that name
/// no profile, so that a typo makes a policy that trusts no signer, or fewer than it says.
fn is_of_signer(text: &str) -> bool {
    let mut parts = text.split(':');
    parts.next() == Some("arn") && parts.nth(1) == Some("signer")
}
