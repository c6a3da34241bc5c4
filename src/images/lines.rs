//! Lists as people and tools write them.

use notary::digest::Digest;

use super::{Format, Listed};
use crate::reference::is_layout;

/// Separators are line breaks, commas and white space; a line that begins with `#` is a remark. Behind a name `#` is none, and what
/// follows is kept as it is: YAML may have folded several lines into one, and a name behind a remark would get lost. The path of an
/// OCI image layout may have spaces: it ends with its line or a comma.
pub(super) fn parse(text: &str) -> Listed {
    let (names, places, digests) = Default::default();
    let mut listed = Listed { format: Format::List, names, places, digests };
    for (line, text) in text.split('\n').enumerate() {
        // What older systems end a line with is white space in a line of newer ones.
        let mut before = 0;
        for part in text.split_inclusive('\r') {
            of_line(part, (line + 1, before), &mut listed);
            before += part.chars().count();
        }
    }
    listed
}

/// Takes the names of one line that begins at this place, behind so many characters.
fn of_line(text: &str, (line, mut before): (usize, usize), into: &mut Listed) {
    if text.trim_start().starts_with('#') {
        return;
    }
    for part in text.split_inclusive(',') {
        let inside = part.trim_end_matches(',');
        let words: Vec<_> =
            if is_layout(inside.trim()) { vec![inside.trim()] } else { inside.split_whitespace().collect() };
        let mut rest = inside;
        for word in words {
            let Some((gap, behind)) = rest.split_once(word) else { break };
            before += gap.chars().count();
            match Digest::parse(word) {
                Ok(digest) => into.digests.push(digest),
                Err(_) => {
                    into.names.push(word.to_owned());
                    into.places.push((line, before + 1));
                }
            }
            before += word.chars().count();
            rest = behind;
        }
        before += rest.chars().count() + part.chars().count() - inside.chars().count();
    }
}
