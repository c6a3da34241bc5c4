//! Which files decide whom to trust, or as whom to sign: where they are is looked at before they count.

use super::gates::GateSettings;
use super::trust_settings::TrustSource;

/// What a command decides by files that somebody named.
pub(super) enum Trusts<'a> {
    /// It neither judges nor signs, and what it writes it makes itself.
    Nothing,
    /// What it writes, by those of the command line.
    Typed,
    /// Whom to trust, or with what to sign, by those of all settings, among them a folder of notation's.
    Named(Option<&'a TrustSource>),
    /// Whom to trust, by a file of gates and those that it names.
    Gates(&'a GateSettings),
}
