//! Lists as people and tools write them.

use notary::digest::Digest;

use super::{Format, Listed};
use crate::reference::is_layout;

/// Separators are line breaks, commas and white space; what follows `#` on a line is a remark. The path of an OCI image layout may
/// have spaces: it ends with its line or a comma.
pub(super) fn parse(text: &str) -> Listed {
    let mut listed = Listed { format: Format::List, names: Vec::new(), digests: Vec::new() };
    for part in text.split(['\n', '\r', ',']).map(str::trim) {
        if is_layout(part) {
            listed.names.push(part.to_owned());
            continue;
        }
        for word in part.split_whitespace().take_while(|word| !word.starts_with('#')) {
            match Digest::parse(word) {
                Ok(digest) => listed.digests.push(digest),
                Err(_) => listed.names.push(word.to_owned()),
            }
        }
    }
    listed
}
