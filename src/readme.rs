//! Tables in `docs/` that are written from tables of the code: `tests/run generate` writes them, every other run compares.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Tests run at the same time, and each reads and writes the whole of a page.
static PAGES: Mutex<()> = Mutex::new(());

/// The project's folder, above that of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Compares the rows of the first table below a heading of a page with those that it should have. With `SEALTEST_WRITE` they are
/// written.
#[track_caller]
pub(crate) fn check_table(page: &str, heading: &str, expected: &[String]) {
    let _one_at_a_time = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rows, after) = table(&text, heading);
    #[expect(clippy::disallowed_methods, reason = "a wish of whoever runs the test")]
    let is_written = std::env::var_os("SEALTEST_WRITE").is_some();
    if rows != expected && is_written {
        let rows = expected.iter().map(|row| format!("{row}\n")).collect::<String>();
        return fs::write(&path, [before, &rows, after].concat()).unwrap();
    }
    assert_eq!(rows, expected, "{page}, {heading}: `tests/run generate` writes what is expected");
}

/// What is before the rows of a table, the rows, and what comes after them.
fn table<'a>(text: &'a str, heading: &str) -> (&'a str, Vec<&'a str>, &'a str) {
    let section = text.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("there is no {heading}"));
    let rule = section + text[section..].find("\n|---").unwrap() + 1;
    let start = rule + text[rule..].find('\n').unwrap() + 1;
    let rows: Vec<_> = text[start..].lines().take_while(|line| line.starts_with('|')).collect();
    let end = start + rows.iter().map(|row| row.len() + 1).sum::<usize>();
    (&text[..start], rows, &text[end..])
}

#[test]
fn the_rows_of_a_table_stand_between_what_comes_before_and_after() {
    let text = "# x\n\n## A\n\ntext\n\n| a |\n|---|\n| 1 |\n| 2 |\n\nmore\n| 3 |\n";
    let (before, rows, after) = table(text, "## A");
    assert!(before.ends_with("|---|\n") && after.starts_with("\nmore"), "{before:?} {after:?}");
    assert_eq!(rows, ["| 1 |", "| 2 |"]);
}
