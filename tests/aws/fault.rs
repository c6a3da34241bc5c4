//! Faults: which operation goes wrong, in which way, how often.

use serde::{Deserialize, Serialize};

use super::answer::Author;

/// A fault that is switched on. As JSON: `{"operation": "SignPayload", "times": 2, "fault": "throttle"}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Rule {
    /// The operation's name, or `*`.
    #[serde(default = "any")]
    pub(crate) operation: String,
    /// How often; for ever where it is not said.
    #[serde(default)]
    pub(crate) times: Option<u32>,
    /// Only for principals whose ARN starts so.
    #[serde(default)]
    pub(crate) principal: Option<String>,
    /// What goes wrong.
    #[serde(flatten)]
    pub(crate) fault: Fault,
}

fn any() -> String {
    "*".to_owned()
}

impl Rule {
    /// A fault of one operation, for ever.
    pub(crate) fn new(operation: &str, fault: Fault) -> Self {
        Self { operation: operation.to_owned(), times: None, principal: None, fault }
    }

    /// So often, and then no more.
    pub(crate) fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only for principals whose ARN starts so.
    pub(crate) fn principal(mut self, arn: &str) -> Self {
        self.principal = Some(arn.to_owned());
        self
    }

    /// Reads `OPERATION=FAULT[:TIMES]`, the form of the command line. FAULT is a name, or JSON with its details.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (operation, fault) = text.split_once('=').ok_or("expected OPERATION=FAULT[:TIMES]")?;
        let (fault, times) = match fault.rsplit_once(':').map(|(name, times)| (name, times.parse())) {
            Some((name, Ok(times))) => (name, Some(times)),
            _ => (fault, None),
        };
        let fault = match fault.strip_prefix("envelope:") {
            Some(change) => serde_json::json!({"fault": "envelope", "change": change}),
            None if fault.starts_with('{') => serde_json::from_str(fault).map_err(|error| error.to_string())?,
            None => serde_json::json!({"fault": fault}),
        };
        let fault = serde_json::from_value(fault).map_err(|error| error.to_string())?;
        Ok(Self { operation: operation.to_owned(), times, principal: None, fault })
    }
}

/// What goes wrong. By its kebab-case name in `fault`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// Too many requests.
    Throttle,
    /// More than so many in a second are too many, as AWS counts (Signer: SignPayload 10, GetRevocationStatus 100).
    Quota {
        /// Requests in any one second.
        per_second: usize,
    },
    /// Status 500.
    InternalError,
    /// Nothing comes for this long.
    SlowAnswer {
        /// How long.
        #[serde(default = "some_time")]
        milliseconds: u64,
    },
    /// The body comes in eight parts over this time.
    SlowBody {
        /// How long.
        #[serde(default = "some_time")]
        milliseconds: u64,
    },
    /// The connection is reset; what was asked for has happened all the same.
    Reset,
    /// Half of the announced body, then the end of the connection.
    CutOff,
    /// A complete body that is the first half of the right one.
    TruncatedJson,
    /// A page of HTML with status 200.
    NotJson,
    /// `{}`.
    EmptyObject,
    /// JSON of another shape, under the right names.
    UnknownShape,
    /// The principal may not.
    Denied {
        /// Who says so.
        #[serde(default = "iam")]
        author: Author,
    },
    /// The session is over.
    ExpiredToken,
    /// STS cannot reach the issuer of a token.
    IssuerUnreachable,
    /// STS cannot fetch the keys of the issuer of a token, and calls the token invalid.
    IssuerKeys,
    /// SignPayload returns an envelope that differs in one thing.
    Envelope {
        /// What differs.
        change: Change,
    },
}

fn some_time() -> u64 {
    3000
}

fn iam() -> Author {
    Author::Iam
}

/// What an envelope differs in from what was asked for, or from what AWS makes. Unless it says so, the signature is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    /// Another digest is signed.
    AnotherPayload,
    /// An annotation that nobody asked for is signed too. (A signer may.)
    MoreAnnotations,
    /// `targetArtifact` stands in the payload twice.
    DuplicateTarget,
    /// Another profile of the same account.
    AnotherProfile,
    /// The same profile name in another account.
    AnotherAccount,
    /// The profile's name with the case of its letters changed.
    AnotherCase,
    /// The ARNs are of the other partition.
    AnotherPartition,
    /// The chain is of the other partition.
    PartitionChain,
    /// A chain with the same names under a root that nobody knows.
    AnotherRoot,
    /// The job is of another region than the profile.
    JobRegion,
    /// The job is of another account than the profile.
    JobAccount,
    /// A critical attribute more.
    ExtraAttribute,
    /// An attribute more that is not critical.
    ExtraUncriticalAttribute,
    /// An attribute more under AWS's names that is not critical.
    FurtherAttribute,
    /// A critical attribute more under AWS's names.
    FurtherCriticalAttribute,
    /// Through an alias of another account than the profile.
    AliasAccount,
    /// Scheme `notary.x509`, with a claimed signing time.
    WrongScheme,
    /// Signed two days ago, expired yesterday.
    Expired,
    /// Without expiry.
    NoExpiry,
    /// Signed an hour from now.
    FutureTime,
    /// Signed before the leaf was valid.
    BeforeLeaf,
    /// Without the name of the plugin.
    MissingPlugin,
    /// Another plugin's name.
    AnotherPlugin,
    /// Without the profile.
    MissingProfile,
    /// Without the job.
    MissingJob,
    /// The profile's attribute stands in the header twice, first with a wrong value.
    DuplicateAttribute,
    /// One bit of the signature is wrong.
    BrokenSignature,
    /// Not an envelope at all.
    NotAnEnvelope,
}

/// The faults that are on, in the order in which they were switched on.
#[derive(Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
}

impl Faults {
    /// Switches one on.
    pub(crate) fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Switches all off.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Those that are on.
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The first fault that concerns this request; it counts as used. `in_last_second` is for the quota.
    pub(crate) fn take(&mut self, operation: &str, principal: &str, in_last_second: usize) -> Option<Fault> {
        let concerns = |rule: &Rule| {
            let exceeded = !matches!(rule.fault, Fault::Quota { per_second } if in_last_second < per_second);
            let named = rule.operation == "*" || rule.operation == operation;
            named && exceeded && rule.principal.as_ref().is_none_or(|arn| principal.starts_with(arn))
        };
        let place = self.rules.iter().position(concerns)?;
        let rule = &mut self.rules[place];
        let fault = rule.fault.clone();
        if let Some(times) = &mut rule.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.rules.remove(place);
            }
        }
        Some(fault)
    }
}
