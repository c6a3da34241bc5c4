//! Lists as people and tools write them.

use notary::digest::Digest;

use super::{Format, Listed};
use crate::reference::is_layout;

/// Separators are line breaks, commas and white space; a line that begins with `#` is a remark. Behind a name `#` is none, and what
/// follows is kept as it is: YAML may have folded several lines into one, and a name behind a remark would get lost. The path of an
/// OCI image layout may have spaces: it ends with its line or a comma.
pub(super) fn parse(text: &str) -> Listed {
    let mut listed = Listed { format: Format::List, names: Vec::new(), digests: Vec::new() };
    let lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.starts_with('#'));
    for part in lines.flat_map(|line| line.split(',')).map(str::trim) {
        if is_layout(part) {
            listed.names.push(part.to_owned());
            continue;
        }
        for word in part.split_whitespace() {
            match Digest::parse(word) {
                Ok(digest) => listed.digests.push(digest),
                Err(_) => listed.names.push(word.to_owned()),
            }
        }
    }
    listed
}
