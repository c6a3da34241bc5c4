//! Files of every kind: what is found, what is written, and what is refused.

mod generated;
mod kinds;
mod patch;
mod vectors;

use std::collections::BTreeMap;

use notary::digest::Digest;

use super::{DeployFile, PinError, Pinned, What};

/// Digests for all images that can get one, each of its own.
fn digests(file: &DeployFile<'_>) -> BTreeMap<usize, Digest> {
    let literals = file.found().iter().enumerate().filter_map(|(index, found)| match &found.what {
        What::Literal(literal) => Some((index, Digest::sha256(literal.name.reference().to_string().as_bytes()))),
        _ => None,
    });
    literals.collect()
}

/// The bytes before the edits.
fn undone(pinned: &Pinned, before: &[u8]) -> Vec<u8> {
    let (mut bytes, mut written) = (Vec::new(), 0);
    let mut read = 0;
    for edit in &pinned.edits {
        // What is between two edits is the same on both sides.
        let between = edit.span.start - read;
        bytes.extend_from_slice(&pinned.bytes[written..written + between]);
        bytes.extend_from_slice(&before[edit.span.clone()]);
        written += between + edit.text.len();
        read = edit.span.end;
    }
    bytes.extend_from_slice(&pinned.bytes[written..]);
    bytes
}

/// Pins all images of a file, and checks what holds for all files.
fn pinned(bytes: &[u8], name: &str) -> Pinned {
    let file = DeployFile::read(bytes, name, None).unwrap_or_else(|error| panic!("{name}: {error}"));
    let digests = digests(&file);
    let pinned = file.pin(&digests).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(undone(&pinned, bytes), bytes, "{name}");
    assert!(pinned.edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "{name}");
    // Once more changes nothing.
    let again = DeployFile::read(&pinned.bytes, name, Some(file.kind())).unwrap();
    let twice = again.pin(&self::digests(&again)).unwrap();
    assert!(twice.edits.is_empty() && twice.bytes == pinned.bytes, "{name}");
    pinned
}

fn read_error(text: &str, name: &str) -> PinError {
    DeployFile::read(text.as_bytes(), name, None).map(drop).expect_err("an error")
}
