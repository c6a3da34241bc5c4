//! The files in `tests/vectors/pin`.

use std::fmt::Write as _;
use std::fs;

use super::*;
use crate::pin::Found;

/// Every file, in the order of the names.
pub(super) fn files() -> Vec<(String, Vec<u8>)> {
    let folder = crate::readme::root().join("tests/vectors/pin");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_vector = |name: &str| !name.ends_with(".md") && !name.ends_with(".snap") && !name.ends_with(".new");
    let mut files: Vec<_> = paths
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .filter(|(name, _)| is_vector(name))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

fn line(found: &Found) -> String {
    let Found { path, owner, place, text, guessed, what, used_elsewhere: _ } = found;
    let owner = owner.as_deref().unwrap_or("-");
    let guessed = if *guessed { " guessed" } else { "" };
    let what = match what {
        What::Literal(literal) => literal.name.reference().to_string(),
        What::Computed(why) => format!("COMPUTED {why}"),
        What::Wrong(why) => format!("WRONG {why}"),
        What::Unsupported(why) => format!("UNSUPPORTED {why}"),
    };
    format!(
        "  {}:{} {path} ({owner}){guessed} {}\n      {what}\n",
        place.0,
        place.1,
        text.as_deref().map_or("-".to_owned(), |text| format!("{text:?}"))
    )
}

#[test]
fn the_images_of_every_file_are_those_that_are_expected() {
    let mut text = String::new();
    let all = files();
    assert!(all.len() >= 30, "{}", all.len());
    for (name, bytes) in &all {
        let file = DeployFile::read(bytes, name, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        writeln!(text, "{name}: {}", file.kind()).unwrap();
        file.found().iter().for_each(|found| text.push_str(&line(found)));
        for edit in pinned(bytes, name).edits {
            let before = String::from_utf8_lossy(&bytes[edit.span]).into_owned();
            let after = edit
                .text
                .split_once("sha256:")
                .map_or(edit.text.clone(), |(name, rest)| format!("{name}sha256:…{}", &rest[64..]));
            writeln!(text, "    {before} -> {after}").unwrap();
        }
    }
    insta::with_settings!({snapshot_path => "../../../tests/vectors/pin", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("expected", text);
    });
}

#[test]
fn the_files_are_as_their_names_and_their_readme_say() {
    let all = files();
    let of = |test: fn(&[u8]) -> bool| all.iter().filter(|(_, bytes)| test(bytes)).count();
    assert!(of(|bytes| bytes.windows(2).any(|pair| pair == b"\r\n")) >= 4);
    assert!(of(|bytes| bytes.starts_with("\u{feff}".as_bytes())) >= 2);
    assert!(of(|bytes| bytes.contains(&b'\t')) >= 1);
    assert!(of(|bytes| bytes.last() != Some(&b'\n')) >= 4);
}
