//! What signers put into envelopes beyond the specification, as far as it is understood here instead of in a plugin.

pub mod aws_signer;
