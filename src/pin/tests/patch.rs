//! The diff, as `git apply` reads it.

use std::fs;
use std::process::{Command, Stdio};

use super::*;
use crate::pin::{Edit, unified};

/// Applies a diff to a file in a folder of its own, and returns what the file is then.
fn applied(name: &str, bytes: &[u8], diff: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    fs::write(folder.path().join("the.diff"), diff).unwrap();
    let output = Command::new("git")
        .args(["apply", "--whitespace=nowarn", "-p1", "the.diff"])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        // No repository above the folder counts.
        .env("GIT_CEILING_DIRECTORIES", folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{diff}\n{}", String::from_utf8_lossy(&output.stderr));
    fs::read(path).unwrap()
}

#[test]
fn git_makes_of_the_diff_what_pin_writes() {
    let mut changed = 0;
    for (name, bytes) in vectors::files() {
        let pinned = pinned(&bytes, &name);
        let diff = unified(&name, str::from_utf8(&bytes).unwrap(), &pinned.edits);
        if pinned.edits.is_empty() {
            assert_eq!(diff, "");
            continue;
        }
        changed += 1;
        assert_eq!(applied(&name, &bytes, &diff), pinned.bytes, "{diff}");
    }
    assert!(changed >= 25, "{changed}");
}

#[test]
fn changes_that_are_near_are_in_one_hunk() {
    let text: String = (1..=30).map(|line| format!("line {line}\n")).collect();
    let edit = |line: usize, new: &str| {
        let start = text.find(&format!("line {line}\n")).unwrap();
        Edit { span: start..start + 4, text: new.to_owned() }
    };
    let edits = [edit(2, "LINE"), edit(9, "a\nb"), edit(20, "x")];
    let diff = unified("a b.yaml", &text, &edits);
    insta::assert_snapshot!(diff, @"
    --- a/a b.yaml\t
    +++ b/a b.yaml\t
    @@ -1,12 +1,13 @@
     line 1
    -line 2
    +LINE 2
     line 3
     line 4
     line 5
     line 6
     line 7
     line 8
    -line 9
    +a
    +b 9
     line 10
     line 11
     line 12
    @@ -17,7 +18,7 @@
     line 17
     line 18
     line 19
    -line 20
    +x 20
     line 21
     line 22
     line 23
    ");
    let mut expected = text.clone().into_bytes();
    for edit in edits.iter().rev() {
        expected.splice(edit.span.clone(), edit.text.bytes());
    }
    assert_eq!(applied("a b.yaml", text.as_bytes(), &diff), expected);
}

#[test]
fn edits_of_one_line_are_one_change_and_a_missing_line_break_is_told() {
    let edits = [Edit { span: 0..1, text: "x".into() }, Edit { span: 5..6, text: "y".into() }];
    let diff = unified("f\t\"é", "a\r\nb c", &edits);
    insta::assert_snapshot!(diff.replace('\r', "␍"), @r#"
    --- "a/f\011\"é"
    +++ "b/f\011\"é"
    @@ -1,2 +1,2 @@
    -a␍
    +x␍
    -b c
    \ No newline at end of file
    +b y
    \ No newline at end of file
    "#);
    let edits = [Edit { span: 0..1, text: "x".into() }, Edit { span: 2..3, text: "y".into() }];
    assert_eq!(applied("plain", b"a b\nc", &unified("plain", "a b\nc", &edits)), b"x y\nc");
    // What joins two lines, as an escaped line break does that is replaced.
    let edits = [Edit { span: 2..5, text: "-".into() }];
    assert_eq!(applied("plain", b"a b\nc d\ne", &unified("plain", "a b\nc d\ne", &edits)), b"a - d\ne");
}
