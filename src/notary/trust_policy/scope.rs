//! Registry scopes: which repositories a statement applies to.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::document::{Findings, Object, Spot};
use super::level::VerificationLevel;
use super::problem::{Notice, Rule};
use super::statement::{List, read_list};
use super::{Schemes, WILDCARD};
use crate::digest::excerpt;
use crate::reference::Repository;

/// The scopes of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryScopes {
    /// `*`: every repository that no other statement names.
    Any,
    /// These repositories, at least one.
    Repositories(Vec<Repository>),
}

impl RegistryScopes {
    /// Whether the statement names this very repository, in whatever spelling.
    #[must_use]
    pub fn names(&self, repository: &Repository) -> bool {
        match self {
            Self::Any => false,
            Self::Repositories(repositories) => repositories.iter().any(|named| named.is_same_place(repository)),
        }
    }

    /// The scopes as a policy writes them.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::Any => vec![WILDCARD.to_owned()],
            Self::Repositories(repositories) => repositories.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The first scope that names a place.
#[derive(Clone)]
pub(super) struct Claim {
    /// JSON pointer to its statement.
    statement: String,
    /// JSON pointer to it.
    scope: String,
}

/// Reads `registryScopes`; `None` if that makes a problem, which is noted.
pub(super) fn read(
    statement: &Object<'_>,
    level: Option<VerificationLevel>,
    schemes: Schemes<'_>,
    taken: &mut HashMap<String, Claim>,
    findings: &mut Findings,
) -> Option<RegistryScopes> {
    let List { spot, entries } = read_list(statement, "registryScopes", findings)?;
    let claim = |spot: &Spot| Claim { statement: statement.spot.pointer.clone(), scope: spot.pointer.clone() };
    if entries.is_empty() {
        findings.problem(&spot, Rule::NoScopes);
        return None;
    }
    if let [(spot, text)] = entries.as_slice()
        && text == WILDCARD
    {
        if level.is_some_and(|level| level.is_skip()) {
            findings.warn(spot, Notice::SkipsEverything);
        }
        take(text, text, &claim(spot), taken).unwrap_or_else(|rule| findings.problem(spot, rule));
        return Some(RegistryScopes::Any);
    }
    let mut repositories = Vec::with_capacity(entries.len());
    let mut texts: HashMap<&str, &Spot> = HashMap::with_capacity(entries.len());
    for (spot, text) in &entries {
        let read = read_repository(text, schemes).and_then(|repository| {
            let claim = claim(spot);
            match texts.entry(text.as_str()) {
                Entry::Occupied(first) => return Err(repeated(text, &first.get().pointer)),
                Entry::Vacant(text) => text.insert(spot),
            };
            let (place, over_tls) = (repository.place(), repository.place_over_tls());
            take(&place, text, &claim, taken)?;
            // What is one place over TLS is a mistake also where it happens to be two.
            if over_tls != place {
                take(&over_tls, text, &claim, taken)?;
            }
            Ok(repository)
        });
        match read {
            Ok(repository) => repositories.push(repository),
            Err(rule) => findings.problem(spot, rule),
        }
    }
    Some(RegistryScopes::Repositories(repositories))
}

fn read_repository(text: &str, schemes: Schemes<'_>) -> Result<Repository, Rule> {
    if text == WILDCARD {
        return Err(Rule::WildcardScopeWithOthers);
    }
    let repository = Repository::parse(text)?;
    let scheme = schemes(repository.registry());
    Ok(repository.reached_by(scheme))
}

/// A place belongs to one statement, however it is written. That one may write it in several ways: notation compares
/// texts, and needs each.
fn take(place: &str, text: &str, claim: &Claim, taken: &mut HashMap<String, Claim>) -> Result<(), Rule> {
    match taken.entry(place.to_owned()) {
        Entry::Occupied(first) if first.get().statement == claim.statement => Ok(()),
        Entry::Occupied(first) => Err(repeated(text, &first.get().scope)),
        Entry::Vacant(place) => {
            place.insert(claim.clone());
            Ok(())
        }
    }
}

fn repeated(text: &str, first: &str) -> Rule {
    Rule::RepeatedScope { scope: excerpt(text), pointer: first.to_owned() }
}
