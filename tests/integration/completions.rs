//! `completions`.

use crate::sealgate::Sandbox;

#[test]
fn every_shell_gets_its_completions() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = sandbox.sealgate(&["completions", shell]).exits(0).stdout;
        for word in ["verify", "certificate-chain", "generate"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    sandbox.sealgate(&["completions", "tcsh"]).exits(2);
}

#[test]
fn bash_proposes_commands_before_flags() {
    let sandbox = Sandbox::new();
    let script = sandbox.sealgate(&["completions", "bash"]).exits(0).stdout;
    let proposed = |line: &str, at: usize| {
        let words: Vec<_> = line.split(' ').collect();
        let (current, previous) = (words[at], words[at - 1]);
        let ask = format!(
            "{script}\nCOMP_WORDS=({line}); COMP_CWORD={at}; _sealgate sealgate '{current}' {previous}; printf '%s ' \"${{COMPREPLY[@]}}\""
        );
        let output = std::process::Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let all = proposed("sealgate ", 1);
    assert!(all.starts_with("sign verify approve pin list ") && all.contains(" --format "), "{all}");
    assert_eq!(proposed("sealgate v", 1), "verify version ");
    assert_eq!(proposed("sealgate trust i", 2), "install ");
    assert!(proposed("sealgate trust ", 2).starts_with("install show "));
    assert!(proposed("sealgate sign --key-pass", 2).starts_with("--key-password-file --key-password "));
}
