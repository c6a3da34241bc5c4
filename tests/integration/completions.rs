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
