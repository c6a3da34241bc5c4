//! What can be wrong with an ARN of AWS Signer.

/// Why a text is not the ARN of a signing profile, of an alias or of a signing job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArnError {
    /// Not six fields.
    #[error("ARN {text:?} has {found} fields, expected 6: arn:PARTITION:signer:REGION:ACCOUNT:RESOURCE")]
    Fields {
        /// Start of the text.
        text: String,
        /// Number of fields between colons.
        found: usize,
    },
    /// The first field is not `arn`.
    #[error("ARN starts with {found:?}, expected \"arn\"")]
    Prefix {
        /// Start of the field.
        found: String,
    },
    /// The partition is empty or has another form.
    #[error("partition of the ARN is {found:?}, expected aws, or aws- with lowercase letters, digits and hyphens")]
    Partition {
        /// Start of the field.
        found: String,
    },
    /// Another service.
    #[error("service of the ARN is {found:?}, expected \"signer\"")]
    Service {
        /// Start of the field.
        found: String,
    },
    /// The region is empty or has another form.
    #[error("region of the ARN is {found:?}, expected lowercase letters, digits and hyphens, for example eu-west-1")]
    Region {
        /// Start of the field.
        found: String,
    },
    /// The account is not 12 digits.
    #[error("account of the ARN is {found:?}, expected 12 digits")]
    Account {
        /// Start of the field.
        found: String,
    },
    /// The resource does not start with a slash.
    #[error("resource of the ARN is {found:?}, expected a leading slash: {expected}")]
    LeadingSlash {
        /// Start of the resource.
        found: String,
        /// The form.
        expected: &'static str,
    },
    /// The resource ends with a slash.
    #[error("resource of the ARN is {found:?}, expected no trailing slash: {expected}")]
    TrailingSlash {
        /// Start of the resource.
        found: String,
        /// The form.
        expected: &'static str,
    },
    /// Another type of resource.
    #[error("resource of the ARN is {found:?}, expected {expected}")]
    ResourceType {
        /// Start of the resource.
        found: String,
        /// The form.
        expected: &'static str,
    },
    /// Fewer or more parts.
    #[error("resource of the ARN is {found:?} with {parts} parts, expected {expected}")]
    Parts {
        /// Start of the resource.
        found: String,
        /// Number of parts after the leading slash.
        parts: usize,
        /// The form.
        expected: &'static str,
    },
    /// The name of the profile.
    #[error("name of the signing profile is {found:?}, expected 2 to 64 letters, digits and underscores")]
    ProfileName {
        /// Start of the name.
        found: String,
    },
    /// The version of the profile.
    #[error("version of the signing profile is {found:?}, expected 10 letters and digits")]
    ProfileVersion {
        /// Start of the version.
        found: String,
    },
    /// The id of a profile that is used by its alias only.
    #[error("id of the aliased signing profile is {found:?}, expected 1 to 64 letters, digits and hyphens")]
    AliasedProfileId {
        /// Start of the id.
        found: String,
    },
    /// The name of the alias.
    #[error("name of the alias is {found:?}, expected 1 to 128 letters, digits, hyphens, underscores and periods")]
    AliasName {
        /// Start of the name.
        found: String,
    },
    /// The id of the job.
    #[error("id of the signing job is {found:?}, expected 1 to 64 letters, digits and hyphens")]
    JobId {
        /// Start of the id.
        found: String,
    },
}

impl ArnError {
    /// Stable name of the rule that was broken.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Fields { .. } => "arn-fields",
            Self::Prefix { .. } => "arn-prefix",
            Self::Partition { .. } => "arn-partition",
            Self::Service { .. } => "arn-service",
            Self::Region { .. } => "arn-region",
            Self::Account { .. } => "arn-account",
            Self::LeadingSlash { .. } => "arn-leading-slash",
            Self::TrailingSlash { .. } => "arn-trailing-slash",
            Self::ResourceType { .. } => "arn-resource-type",
            Self::Parts { .. } => "arn-parts",
            Self::ProfileName { .. } => "arn-profile-name",
            Self::ProfileVersion { .. } => "arn-profile-version",
            Self::AliasedProfileId { .. } => "arn-aliased-profile-id",
            Self::AliasName { .. } => "arn-alias-name",
            Self::JobId { .. } => "arn-job-id",
        }
    }
}
