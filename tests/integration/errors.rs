//! What the binary says when it is used wrongly. None of these may ever be a success.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::sealgate::Sandbox;

/// Names and values.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// The commands that work on images.
const ON_IMAGES: [&str; 4] = ["sign", "verify", "list", "inspect"];

#[test]
fn an_unknown_first_word_is_an_error_even_if_a_shell_was_meant() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.sealgate(&["sh", "-c", "true"]).exits(2).stderr, @"
    error[usage]: unrecognized subcommand 'sh'
      help: a similar subcommand exists: 'schema'
      help: usage: sealgate [OPTIONS] <COMMAND>
      help: more: sealgate help
    ");
    insta::assert_snapshot!(sandbox.sealgate(&["-c", "true"]).exits(2).stderr, @"
    error[usage]: unexpected argument '-c' found
      help: usage: sealgate [OPTIONS] <COMMAND>
      help: more: sealgate help
    ");
    for words in [&["/bin/sh"][..], &["bash"], &["true"], &["", "verify"], &["verfy", "a"], &["--", "sh"]] {
        let answer = sandbox.sealgate(words).exits(2);
        assert!(answer.stderr.starts_with("error[usage]: "), "{words:?}: {}", answer.stderr);
        assert_eq!(answer.stdout, "", "{words:?}");
    }
}

#[test]
fn a_flag_of_all_commands_may_be_repeated_and_the_last_counts() {
    let sandbox = Sandbox::new();
    for words in
        [&["--format", "text", "-vv", "--format=json"][..], &["--format=json", "-q", "--quiet", "--no-progress"]]
    {
        let behind = [&["list"], words, &["--", "oci-layout:none:v1"]].concat();
        let in_front = [words, &["list", "--", "oci-layout:none:v1"]].concat();
        for words in [behind, in_front] {
            assert!(sandbox.sealgate(&words).exits(6).stdout.starts_with('{'), "{words:?}");
        }
    }
    // What decides trust is said once.
    sandbox.sealgate(&["verify", "--policy", "a", "--policy", "b", "--", "oci-layout:none:v1"]).exits(2);
}

#[test]
fn a_program_that_reads_reports_gets_one_for_every_error_of_the_command_line() {
    let sandbox = Sandbox::new();
    let json: Variables<'_> = &[("SEALGATE_FORMAT", "json")];
    let input: Variables<'_> = &[("GITHUB_ACTIONS", "true"), ("INPUT_FORMAT", "json")];
    for (words, variables, command) in [
        (&["verify", "--bogus"][..], json, "verify"),
        (&["verify", "a", "--bogus", "--format", "json"], &[], "verify"),
        (&["trust", "show", "--bogus", "--format=json"], &[], "trust show"),
        // What stands before a command may be the value of a flag.
        (&["--format=json", "trust", "show", "--bogus"], &[], "sealgate"),
        (&["sh", "-c", "true"], json, "sealgate"),
        (&["sign", "--help", "a"], input, "sign"),
        (&["trust"], json, "sealgate"),
        (&["help", "bogus"], json, "help"),
        (&["help", "sign", "bogus"], input, "help"),
        (&["help", "bogus", "--format", "json"], &[], "help"),
        (&[], json, "sealgate"),
    ] {
        let run = variables.iter().fold(sandbox.sealgate(words), |run, (name, value)| run.env(name, value));
        let answer = run.exits(2);
        let report: Value = serde_json::from_str(&answer.stdout).unwrap();
        assert_eq!((&report["command"], &report["error"]["code"]), (&json!(command), &json!("usage")), "{words:?}");
        assert_ne!(answer.stderr, "", "{words:?}");
    }
    for words in [&["verify", "--bogus", "--", "--format", "json"][..], &["verify", "--bogus", "--format", "xml"]] {
        assert_eq!(sandbox.sealgate(words).exits(2).stdout, "", "{words:?}");
    }
}

#[test]
fn a_switch_is_on_or_off_in_the_words_that_people_use() {
    let sandbox = Sandbox::new();
    let words = ["sign", "--key", "a", "--certificate-chain", "b", "--", "oci-layout:none:v1"];
    for value in ["true", "1", "yes", "YES", "false", "0", "no", ""] {
        let answer = sandbox.sealgate(&words).env("SEALGATE_FORCE", value).exits(3);
        assert!(!answer.stderr.contains("SEALGATE_FORCE"), "{value}: {}", answer.stderr);
    }
    for value in ["2", "on", "y", "true false"] {
        let answer = sandbox.sealgate(&words).env("SEALGATE_FORCE", value).exits(3);
        assert!(answer.stderr.contains("SEALGATE_FORCE"), "{value}: {}", answer.stderr);
    }
    // All of them, and a line break that came with a value is none of it.
    let words = ["verify", "--root", "a", "--identity", "*", "--", "oci-layout:none:v1"];
    for switch in ["SEALGATE_VERBOSE", "SEALGATE_NO_PROGRESS", "SEALGATE_SKIP_REVOCATION", "SEALGATE_ALLOW_SKIP"] {
        for value in ["1", "0", "yes", "no", "True", "1\n"] {
            let answer = sandbox.sealgate(&words).env(switch, value).exits(3);
            assert!(!answer.stderr.contains(switch), "{switch} {value:?}: {}", answer.stderr);
        }
        let answer = sandbox.sealgate(&words).env(switch, "on").exits(3);
        assert!(answer.stderr.contains(&format!("{switch}: expected `true`, `yes`, `1`")), "{}", answer.stderr);
    }
}

#[test]
fn no_word_at_all_is_an_error_that_shows_the_help() {
    let answer = Sandbox::new().sealgate(&[]).exits(2);
    assert!(answer.stderr.contains("Usage: sealgate"));
    assert_eq!(answer.stdout, "");
}

#[test]
fn no_image_is_an_error() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.sealgate(&["verify"]).exits(2).stderr, @r"
    error[no-images]: no image was named
      help: name one, for example registry.example/app@sha256:… or oci-layout:PATH:TAG
      help: or list them in SEALGATE_IMAGES, one per line
    ");
    for command in ON_IMAGES {
        let answer = sandbox
            .sealgate(&[command])
            .env("SEALGATE_IMAGES", " \n,")
            .env("DRONE", "true")
            .env("PLUGIN_IMAGES", "")
            .exits(2);
        assert!(answer.stderr.starts_with("error[no-images]: "), "{command}: {}", answer.stderr);
    }
}

#[test]
fn an_empty_image_is_an_error_even_beside_others() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.sealgate(&["verify", ""]).exits(2).stderr, @r"
    error[no-images]: the name of an image is empty
      help: a variable of the job is probably not set; check how IMAGE is set
    ");
    for command in ON_IMAGES {
        for images in [&[""][..], &[" "], &["registry.example/a:1", ""], &["", "registry.example/a:1"]] {
            let answer = sandbox.sealgate(&[&[command], images].concat()).exits(2);
            assert!(answer.stderr.starts_with("error[no-images]: "), "{command} {images:?}: {}", answer.stderr);
        }
    }
}

#[test]
fn an_unknown_flag_is_an_error_that_names_the_near_one() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["verify", "--polici", "x", "a"]).exits(2).stderr, @"
    error[usage]: unexpected argument '--polici' found
      help: a similar argument exists: '--policy'
      help: usage: sealgate verify --policy <FILE> [IMAGE]...
      help: more: sealgate help verify
    ");
}

#[test]
fn an_unknown_variable_is_an_error_that_names_the_near_one() {
    let sandbox = Sandbox::new();
    let answer = sandbox.sealgate(&["verify", "a"]).env("SEALGATE_POLICI", "x").exits(3);
    insta::assert_snapshot!(answer.stderr, @r"
    error[unknown-variable]: unknown environment variable SEALGATE_POLICI
      help: did you mean SEALGATE_POLICY? otherwise unset it
    ");
    let run = sandbox.sealgate(&["key", "generate", "--out", "x", "--name", "x"]);
    let answer = run.env("SEALGATE_XYZZYXYZZY", "x").env("SEALGATE_POLICI", "x").exits(3);
    insta::assert_snapshot!(answer.stderr, @"
    error[unknown-variable]: 2 settings cannot be used
      caused by: unknown environment variable SEALGATE_POLICI
      caused by: unknown environment variable SEALGATE_XYZZYXYZZY
      help: did you mean SEALGATE_POLICY? otherwise unset it
      help: unset it: variables that start with SEALGATE_ are named after flags (sealgate help sign)
    ");
    assert!(!sandbox.path("x").exists());
}

#[test]
fn a_configuration_file_with_an_unknown_setting_is_an_error_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write("a.yaml", "scope: x\npolici: y\n");
    insta::assert_snapshot!(sandbox.sealgate(&["verify", "a", "--config", "a.yaml"]).exits(3).stderr, @r"
    error[configuration-file]: a.yaml: unknown setting `polici` (did you mean `policy`?) at line 2 column 1
      help: settings in the file are named like flags, without the leading dashes, for example `max-signatures: 10`
    ");
}

#[test]
fn a_configuration_file_that_weakens_a_check_is_refused() {
    let sandbox = Sandbox::new();
    for setting in ["allow-skip: true", "plain-http: localhost:5000", "ca-file: ca.pem", "password: x"] {
        sandbox.write("a.yaml", &format!("{setting}\n"));
        let answer = sandbox.sealgate(&["verify", "a"]).env("SEALGATE_CONFIG", "a.yaml").exits(3);
        assert!(answer.stderr.starts_with("error[configuration-file]: "), "{setting}: {}", answer.stderr);
        assert!(answer.stderr.contains("at line 1 column 1"), "{setting}: {}", answer.stderr);
    }
}

#[test]
fn a_configuration_file_is_read_only_when_it_is_named_and_must_be_there() {
    let sandbox = Sandbox::new();
    sandbox.write("sealgate.yaml", "no-such-setting: x\n").write(".sealgate.yaml", "no-such-setting: x\n");
    let answer = sandbox.sealgate(&["verify"]).exits(2);
    assert!(answer.stderr.starts_with("error[no-images]: "), "{}", answer.stderr);
    insta::assert_snapshot!(sandbox.sealgate(&["verify", "a", "--config", "none.yaml"]).exits(3).stderr, @r"
    error[configuration-file]: cannot read the configuration file none.yaml
      caused by: No such file or directory (os error 2)
      help: give a file that can be read: --config FILE
    ");
}

#[test]
fn settings_that_exclude_each_other_are_both_named_with_their_origin() {
    let sandbox = Sandbox::new();
    let words = ["verify", "a", "--policy", "p", "--trust-store", "t", "--root", "r", "--identity", "*"];
    insta::assert_snapshot!(sandbox.sealgate(&words).exits(2).stderr, @r"
    error[conflict]: --policy: cannot be used together with --root
      help: give either --policy or --root
    ");
    let words = ["verify", "a", "--root", "r", "--identity", "*"];
    insta::assert_snapshot!(sandbox.sealgate(&words).env("SEALGATE_POLICY", "p").exits(2).stderr, @r"
    error[conflict]: SEALGATE_POLICY: cannot be used together with --root
      help: give either SEALGATE_POLICY or --root
    ");
    let words = ["verify", "a", "--password", "x", "--password-stdin"];
    insta::assert_snapshot!(sandbox.sealgate(&words).exits(2).stderr, @r"
    error[conflict]: --password: cannot be used together with --password-stdin
      help: give either --password or --password-stdin
    ");
}

#[test]
fn a_setting_without_the_one_that_it_needs_is_an_error() {
    let sandbox = Sandbox::new();
    let table = [
        (&["verify", "a", "--policy", "p"][..], "--policy: needs --trust-store"),
        (&["verify", "a", "--trust-store", "t"], "--trust-store: needs --policy"),
        (&["verify", "a", "--root", "r"], "--root: needs --identity"),
        (&["verify", "a", "--identity", "*"], "--identity: needs --root"),
        (&["verify", "a", "--username", "u"], "--username: needs --password"),
        (&["sign", "a", "--key", "k"], "--key: needs --certificate-chain"),
        (&["sign", "a", "--certificate-chain", "c"], "--certificate-chain: needs --key"),
    ];
    for (words, expected) in table {
        let answer = sandbox.sealgate(words).exits(2);
        assert!(answer.stderr.starts_with(&format!("error[conflict]: {expected}")), "{words:?}: {}", answer.stderr);
    }
    insta::assert_snapshot!(sandbox.sealgate(&["sign", "a"]).exits(2).stderr, @"
    error[usage]: nothing to sign with: --profile or --key is missing
      help: with AWS Signer: sealgate sign --profile arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME -- IMAGE
      help: with a key: sealgate sign --key FILE --certificate-chain FILE -- IMAGE
      help: to try it out, make a key: sealgate key generate --out keys --name dev
    ");
}

#[test]
fn a_value_of_the_wrong_form_is_usage_as_a_flag_and_configuration_elsewhere() {
    let sandbox = Sandbox::new();
    let table = [
        ("max-signatures", "0"),
        ("max-signatures", "many"),
        ("concurrency", "0"),
        ("timeout", "5"),
        ("timeout", "0"),
        ("user-metadata", "novalue="),
        ("plain-http", "https://registry.example"),
    ];
    for (name, value) in table {
        let answer = sandbox.sealgate(&["verify", "a", &format!("--{name}"), value]).exits(2);
        assert!(answer.stderr.starts_with(&format!("error[usage]: --{name}: ")), "{name}: {}", answer.stderr);
        let variable = format!("SEALGATE_{}", name.to_uppercase().replace('-', "_"));
        let answer = sandbox.sealgate(&["verify", "a"]).env(&variable, value).exits(3);
        assert!(answer.stderr.starts_with(&format!("error[invalid-setting]: {variable}: ")), "{}", answer.stderr);
    }
    for expiry in ["-1s", "1.5s", "1", "soon", "100000000d"] {
        let words = ["sign", "a", "--key", "k", "--certificate-chain", "c"];
        let answer = sandbox.sealgate(&words).env("DRONE", "true").env("PLUGIN_EXPIRY", expiry).exits(3);
        assert!(answer.stderr.starts_with("error[invalid-setting]: PLUGIN_EXPIRY: "), "{expiry}: {}", answer.stderr);
    }
}

#[test]
fn an_empty_flag_is_not_taken_for_one_that_was_not_given() {
    let answer = Sandbox::new().sealgate(&["verify", "a", "--policy", "", "--trust-store", ""]).exits(2);
    insta::assert_snapshot!(answer.stderr, @r"
    error[usage]: --policy: the value is empty
      help: a variable of the job is probably not set; give --policy a value, or leave it out
    ");
}

#[test]
fn a_ci_input_cannot_weaken_a_check() {
    let sandbox = Sandbox::new();
    let words = ["verify", "a", "--root", "r", "--identity", "*"];
    let answer = sandbox.sealgate(&words).env("DRONE", "true").env("PLUGIN_ALLOW_SKIP", "true");
    insta::assert_snapshot!(answer.exits(3).stderr, @r"
    error[weakening-refused]: PLUGIN_ALLOW_SKIP: a setting that weakens a check is not read from a CI input
      help: set it in the job itself: --allow-skip, or its SEALGATE_ variable
    ");
}

#[test]
fn without_a_home_the_folder_of_the_checkout_is_not_trusted() {
    let sandbox = Sandbox::new();
    sandbox.write(".notation/trustpolicy.json", "{}");
    insta::assert_snapshot!(sandbox.sealgate(&["verify", "a"]).env("HOME", "").exits(3).stderr, @"
    error[trust-policy]: neither NOTATION_CONFIG, XDG_CONFIG_HOME nor HOME is set
      help: say what to trust: --profile ARN, or --policy FILE --trust-store DIR, or --root FILE --identity ID
      help: or set NOTATION_CONFIG to notation's configuration folder
    ");
}

#[test]
fn an_error_is_also_told_as_json_when_json_was_asked_for() {
    let sandbox = Sandbox::new();
    let answer = sandbox
        .sealgate(&["trust", "install", "--format", "json", "--root", "none", "--name", "x", "--identity", "*"])
        .exits(3);
    insta::assert_snapshot!(answer.stdout, @r#"
    {
      "schema_version": 1,
      "command": "trust install",
      "tool_version": "[VERSION]",
      "weakened": [],
      "warnings": [],
      "error": {
        "code": "trust-store",
        "message": "cannot read the trusted certificates none",
        "causes": [
          "No such file or directory (os error 2)"
        ],
        "help": [
          "give a file that can be read: --root FILE, or for AWS Signer --aws-root FILE"
        ],
        "exit_code": 3
      }
    }
    "#);
    insta::assert_snapshot!(answer.stderr, @"
    error[trust-store]: cannot read the trusted certificates none
      caused by: No such file or directory (os error 2)
      help: give a file that can be read: --root FILE, or for AWS Signer --aws-root FILE
    ");
}

#[test]
fn colours_are_written_where_they_are_asked_for_or_shown() {
    let sandbox = Sandbox::new();
    let told = |words: &[&str], variables: &[(&str, &str)]| {
        let run = variables.iter().fold(sandbox.sealgate(words), |run, (name, value)| run.env(name, value));
        run.exits(3).stderr
    };
    let show = ["trust", "install", "--root", "none", "--name", "x", "--identity", "*"];
    let always = [&show[..], &["--color", "always"]].concat();
    assert!(told(&always, &[]).contains("\u{1b}[1;31merror[trust-store]:\u{1b}[0m"));
    assert!(told(&show, &[("GITHUB_ACTIONS", "true")]).contains('\u{1b}'));
    assert!(!told(&show, &[("GITHUB_ACTIONS", "true"), ("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!told(&show, &[]).contains('\u{1b}'));
}

#[test]
fn what_someone_put_into_a_name_cannot_draw_on_the_terminal() {
    let answer = Sandbox::new().sealgate(&["\u{1b}[2Jverify\n\u{202e}"]).exits(2);
    assert!(!answer.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", answer.stderr);
}

#[test]
fn a_word_of_the_user_is_no_advice() {
    let sandbox = Sandbox::new();
    for word in ["x\n  tip: run this", "x\nUsage: that", "x\n\n  tip: a\r\n  tip: b", "--x\n  tip: run this"] {
        let plain = word.split('\n').next().unwrap();
        let expected = sandbox.sealgate(&[plain]).exits(2).stderr;
        let answer = sandbox.sealgate(&[word]).exits(2);
        assert_eq!(answer.stderr.lines().count(), expected.lines().count(), "{}", answer.stderr);
        assert!(!answer.stderr.contains("help: run this") && !answer.stderr.contains("help: usage: that"));
    }
}

#[test]
fn a_password_that_was_typed_where_a_host_belongs_is_not_shown() {
    let sandbox = Sandbox::new();
    for words in [
        &["list", "me:hidden@registry.example/app:1"][..],
        &["list", "me:hidden@registry.example/app:1", "https://me:hidden@registry.example/app:1"],
        &["list", "registry.example/app:1", "--plain-http", "me:hidden@registry.example"],
    ] {
        let answer = sandbox.sealgate(words).exits(2);
        assert!(!answer.stderr.contains("hidden"), "{}", answer.stderr);
    }
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.sealgate(&["completions", "bash"]).into_command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.sealgate(&["completions", "bash"]).into_command();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error[file]: cannot write to standard output"));
}

#[test]
fn an_empty_folder_or_file_is_an_error_and_not_the_working_folder() {
    let sandbox = Sandbox::new();
    for words in [
        &["key", "generate", "--out", "", "--name", "x"][..],
        &["trust", "install", "--root", "r", "--name", "x", "--identity", "*", "--dir", ""],
        &["trust", "install", "--root", "", "--name", "x", "--identity", "*"],
        &["trust", "install", "--root", "r", "--name", "x", "--identity", ""],
        &["trust", "show", "--dir", ""],
        &["demo", "--dir", ""],
    ] {
        let answer = sandbox.sealgate(words).exits(2);
        assert!(answer.stderr.starts_with("error[usage]: "), "{words:?}: {}", answer.stderr);
    }
    assert_eq!(std::fs::read_dir(sandbox.path("")).unwrap().count(), 0);
}

#[test]
fn an_error_in_the_settings_is_told_as_json_with_the_command() {
    let answer = Sandbox::new().sealgate(&["verify", "--format", "json"]).exits(2);
    let report: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((&report["command"], &report["error"]["code"]), (&"verify".into(), &"no-images".into()));
    assert_eq!(report["error"]["exit_code"], 2);
}

#[test]
fn whoever_says_how_errors_are_shown_is_heard_before_other_settings_are_judged() {
    let sandbox = Sandbox::new();
    sandbox.write("json.yaml", "format: json\ncolor: always\n");
    let color = [("SEALGATE_FORMAT", "json"), ("SEALGATE_COLOR", "always")];
    let inputs = [("INPUT_FORMAT", "json"), ("GITHUB_ACTIONS", "true")];
    let table: [(&[&str], Variables<'_>); 5] = [
        (&["--format", "json", "--color", "always"], &[]),
        (&[], &color),
        (&[], &inputs),
        (&["--config", "json.yaml"], &[]),
        (&[], &[("SEALGATE_CONFIG", "json.yaml")]),
    ];
    // No image; a setting that means nothing; a variable that is unknown.
    let wrong: [(Variables<'_>, i32, &str); 3] = [
        (&[], 2, "no-images"),
        (&[("SEALGATE_IMAGES", "a"), ("SEALGATE_MAX_SIGNATURES", "0")], 3, "invalid-setting"),
        (&[("SEALGATE_POLICI", "x")], 3, "unknown-variable"),
    ];
    for (words, variables) in table {
        for (more, exit, code) in wrong {
            let words = [&["verify"], words].concat();
            let run = sandbox.sealgate(&words);
            let run = [variables, more].concat().iter().fold(run, |run, (name, value)| run.env(name, value));
            let answer = run.exits(exit);
            let report: Value = serde_json::from_str(&answer.stdout).unwrap();
            assert_eq!((&report["command"], &report["error"]["code"]), (&"verify".into(), &code.into()), "{words:?}");
            assert!(answer.stderr.starts_with("\u{1b}[1;31merror["), "{words:?} {variables:?}: {}", answer.stderr);
        }
    }
}

#[test]
fn what_is_wrong_with_how_errors_are_shown_is_itself_shown_as_far_as_it_is_known() {
    let sandbox = Sandbox::new();
    let answer = sandbox.sealgate(&["verify"]).env("SEALGATE_FORMAT", "xml").exits(3);
    assert_eq!(answer.stdout, "");
    insta::assert_snapshot!(answer.stderr, @"error[invalid-setting]: SEALGATE_FORMAT: expected `text` or `json`, got `xml`");
    let answer = sandbox.sealgate(&["verify"]).env("SEALGATE_FORMAT", "json").env("SEALGATE_COLOR", "blue").exits(3);
    assert!(answer.stdout.contains("expected `auto`, `always` or `never`, got `blue`"), "{}", answer.stdout);
    // A file that cannot be read says nothing, and a flag is heard before it.
    sandbox.write("wrong.yaml", "format: json\npolici: x\n");
    assert_eq!(sandbox.sealgate(&["verify", "--config", "wrong.yaml"]).exits(3).stdout, "");
    let answer = sandbox.sealgate(&["verify", "--config", "wrong.yaml", "--format", "json"]).exits(3);
    assert!(answer.stdout.contains("\"code\": \"configuration-file\""), "{}", answer.stdout);
}

#[test]
fn a_reference_with_a_scheme_is_answered_with_what_to_leave_out() {
    let sandbox = Sandbox::new();
    let answer = sandbox.sealgate(&["list", "https://registry.example/app:1"]).exits(2);
    assert!(answer.stderr.contains("\n  help: leave out https://\n"), "{}", answer.stderr);
}

#[test]
fn a_name_that_ends_where_its_tag_or_digest_belongs_is_answered_with_the_variable_that_may_be_empty() {
    let sandbox = Sandbox::new();
    for image in ["r.example/app:", "r.example/app@", "r.example/app@sha256:", "oci-layout:app:", "oci-layout:app@"] {
        let told = sandbox.sealgate(&["list", "--", image]).exits(2).stderr;
        assert!(told.contains("help: a variable of the job is probably not set"), "{told}");
    }
    for image in ["r.example/app:-", "r.example/app@sha256:00", "postgres:16"] {
        let told = sandbox.sealgate(&["list", "--", image]).exits(2).stderr;
        assert!(told.contains("help: ") && !told.contains("variable"), "{told}");
    }
}

#[test]
fn an_identity_that_is_none_is_answered_with_the_forms_there_are_and_not_with_a_place_in_a_file() {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "keys", "--name", "dev"]).exits(0);
    let words = ["verify", "--root", "keys/dev-ca.crt", "--identity", "foo", "registry.example/app:1"];
    insta::assert_snapshot!(sandbox.sealgate(&words).exits(3).stderr, @r#"
    error[trust-policy]: the trusted identities cannot be used
      caused by: identity is "foo", expected prefix:value
      help: for example --identity 'x509.subject: C=US, ST=WA, O=Acme'
      help: or --identity '*' for every signer the root vouches for
    "#);
}

#[test]
fn a_weakening_setting_in_the_file_is_answered_with_the_place_where_it_belongs() {
    let sandbox = Sandbox::new();
    sandbox.write("a.yaml", "allow-skip: true\n");
    let answer = sandbox.sealgate(&["verify", "registry.example/a:1", "--config", "a.yaml"]).exits(3);
    assert!(answer.stderr.contains("help: set it in the job, as a flag or a SEALGATE_ variable"), "{}", answer.stderr);
}

#[test]
fn a_private_key_given_instead_of_its_file_is_never_shown() {
    let sandbox = Sandbox::new();
    let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldA==\n-----END PRIVATE KEY-----\n";
    let words: [&[&str]; 2] =
        [&["sign", "registry.example/a:1"], &["sign", "registry.example/a:1", "--format", "json"]];
    for words in words {
        for variable in ["SEALGATE_KEY", "INPUT_KEY", "SEALGATE_CERTIFICATE_CHAIN", "SEALGATE_USER_METADATA"] {
            let mut command = sandbox.sealgate(words).env("GITHUB_ACTIONS", "true");
            for (other, value) in [("SEALGATE_KEY", "k"), ("SEALGATE_CERTIFICATE_CHAIN", "c")] {
                let covered = variable == other || variable == "INPUT_KEY" && other == "SEALGATE_KEY";
                command = if covered { command } else { command.env(other, value) };
            }
            let answer = command.env(variable, key).exits(3);
            let shown = format!("{}{}", answer.stdout, answer.stderr);
            assert!(shown.contains("a private key is not expected here"), "{variable}: {shown}");
            assert!(!shown.contains("c2VjcmV0"), "{variable}: {shown}");
        }
    }
    for words in [&["--key", key][..], &[key], &["--", key]] {
        let words = [&["sign", "--certificate-chain", "c"], words].concat();
        let answer = sandbox.sealgate(&words).exits(2);
        assert!(answer.stderr.contains("a private key is not expected here"), "{}", answer.stderr);
        assert!(!answer.stderr.contains("c2VjcmV0") && !answer.stderr.contains("BEGIN"), "{}", answer.stderr);
    }
}
