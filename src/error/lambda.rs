//! What to do when the function that ECS asks cannot be used.

use super::{Error, code};

/// Nothing in the function's settings says whom to trust.
pub(super) fn no_trust() -> Error {
    Error::new(code::INVALID_SETTING, "nothing says whom to trust")
        .help("set SEALGATE_PROFILE in the function's environment to the ARN of the signing profile")
        .help("or SEALGATE_POLICY and SEALGATE_TRUST_STORE, or SEALGATE_ROOT and SEALGATE_IDENTITY, with files of its package")
}
