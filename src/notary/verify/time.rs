//! The validations that hang on the present: authentic timestamp and expiry. What passed at one moment may have run out at
//! the next.

use jiff::Timestamp;

use super::reason::{Failure, Nothing, Unevaluated};
use super::status::Status;
use crate::certificate::{CertificateChain, Validity};
use crate::envelope::{SigningTime, VerifiedEnvelope};
use crate::limits;
use crate::trust_policy::VerifyTimestamp;

/// The two validations that hang on the present: authentic timestamp and expiry.
pub(super) fn judge_times(
    envelope: &VerifiedEnvelope,
    needs_timestamp: Option<VerifyTimestamp>,
    now: Timestamp,
) -> (Status, Status) {
    let expiry = envelope.signed_attributes().expiry();
    (check_authentic_timestamp(envelope, needs_timestamp, now), check_expiry(expiry, now))
}

/// Trust policy specification, "Authentic timestamp". Which moment the chain must be valid at depends on who vouches
/// for the signing time.
///
/// `needs_timestamp` says when a timestamp is asked for; never, without a trust store of timestamping authorities.
fn check_authentic_timestamp(
    envelope: &VerifiedEnvelope,
    needs_timestamp: Option<VerifyTimestamp>,
    now: Timestamp,
) -> Status {
    let chain = envelope.chain();
    match envelope.signed_attributes().signing_time() {
        SigningTime::Authentic(time) => check_authentic_time(chain, time, now).into(),
        SigningTime::Claimed(_) => {
            let any_expired =
                || chain.certificates().iter().any(|certificate| certificate.covers(now) == Validity::Expired);
            let needed = match needs_timestamp {
                None => false,
                Some(VerifyTimestamp::Always) => true,
                Some(VerifyTimestamp::AfterCertExpiry) => any_expired(),
            };
            if needed {
                return Status::NotEvaluated(Unevaluated::TimestampUnsupported);
            }
            chain.check_valid_at(now).map_err(Failure::from).into()
        }
    }
}

/// A time that a signing authority vouches for has come, but for what clocks may differ by, and the chain was valid then.
pub(super) fn check_authentic_time(
    chain: &CertificateChain,
    signing_time: Timestamp,
    now: Timestamp,
) -> Result<(), Failure> {
    let latest = now.saturating_add(limits::CLOCK_SKEW).unwrap_or(now);
    if signing_time > latest {
        return Err(Failure::SignedInFuture { signing_time, now });
    }
    Ok(chain.check_valid_at(signing_time)?)
}

/// The moment of expiry itself is already too late.
pub(super) fn check_expiry(expiry: Option<Timestamp>, now: Timestamp) -> Status {
    match expiry {
        None => Status::NothingToCheck(Nothing::NoExpiry),
        Some(expiry) if now >= expiry => Status::Failed(Failure::Expired { expiry, now }),
        Some(_) => Status::Passed,
    }
}
