//! The home folder: what is not an absolute path is none, whoever reads it. In CI it would lead to the checkout, where a
//! pull request could put programs to run, credentials to use, and whom to trust.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use crate::aws_scene::layout;
use crate::schema::assert_valid_if_report;
use crate::sealgate::{Sandbox, mkfifo};

/// What a folder variable may say that leads to the working folder; `None` is a variable that is not set.
const NO_HOME: [Option<&str>; 6] = [None, Some(""), Some("."), Some("./"), Some("checkout"), Some("~")];

/// A policy that can be told from none.
const POLICY: &str = r#"{"version": "1.0", "trustPolicies": [
    {"name": "theirs", "registryScopes": ["*"], "signatureVerification": {"level": "skip"}}]}"#;

/// A registry that wants credentials and takes none.
pub(crate) fn refusing_registry() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _read = stream.read(&mut [0; 8192]).unwrap();
            let refusal = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"r\"\r\nconnection: close\r\n\
                content-length: 0\r\n\r\n";
            // A client that has gone is no matter.
            let _written = stream.write_all(refusal.as_bytes());
        }
    });
    host
}

/// A checkout with everything that is looked for below a home folder, at its top, below `checkout` and below `~`. Each
/// program in it leaves a file behind when it is run.
fn checkout() -> Sandbox {
    let sandbox = Sandbox::new();
    layout(&sandbox.path("app"), &["v1"]);
    let mark = |name: &str| format!("#!/bin/sh\ntouch '{}'\n", sandbox.path(name).display());
    for folder in ["", "checkout/", "~/"] {
        let put = |name: &str, content: &str| {
            sandbox.write(&format!("{folder}{name}"), content);
        };
        put(".docker/config.json", r#"{"credsStore": "theirs"}"#);
        put(".config/containers/auth.json", r#"{"credsStore": "theirs"}"#);
        put("containers/auth.json", r#"{"credsStore": "theirs"}"#);
        put(".config/notation/trustpolicy.json", POLICY);
        put("notation/trustpolicy.json", POLICY);
        let process = format!("[default]\ncredential_process = {}\n", sandbox.path("process").display());
        put(".aws/config", &process);
        put(".aws/credentials", &process);
    }
    for (program, ran) in [("bin/docker-credential-theirs", "helper-ran"), ("process", "process-ran")] {
        sandbox.write(program, &mark(ran));
        fs::set_permissions(sandbox.path(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    sandbox
}

/// Which readers took something of the checkout with these variables: the registry's credentials, AWS's, the policy.
/// `[FOLDER]` in a value is the checkout.
fn readers(variables: &[(&str, Option<&str>)]) -> [bool; 3] {
    let sandbox = checkout();
    let exit = |words: &[&str]| {
        let mut command = sandbox.sealgate(words).into_command();
        for (name, value) in [&[("PATH", Some("[FOLDER]/bin:/usr/bin:/bin"))], variables].concat() {
            match value {
                Some(value) => command.env(name, value.replace("[FOLDER]", sandbox.path("").to_str().unwrap())),
                None => command.env_remove(name),
            };
        }
        let output = command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let listed = exit(&["list", &format!("{}/app:v1", refusing_registry())]);
    assert_eq!(listed.0, 5, "{listed:?}");
    let profile = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1";
    let signed = exit(&["sign", "oci-layout:app:v1", "--profile", profile, "--endpoint-url", "http://127.0.0.1:1"]);
    assert_eq!(signed.0, 5, "{signed:?}");
    let verified = exit(&["verify", "oci-layout:app:v1", "--scope", "r.example/app"]);
    let has_policy = match verified.0 {
        10 => true,
        3 => false,
        _ => panic!("{verified:?}"),
    };
    [sandbox.path("helper-ran").exists(), sandbox.path("process-ran").exists(), has_policy]
}

#[test]
fn a_home_folder_that_is_not_absolute_is_none_for_every_reader() {
    for home in NO_HOME {
        assert_eq!(readers(&[("HOME", home)]), [false; 3], "HOME={home:?}");
    }
    // What is refused above is read where the path is absolute.
    assert_eq!(readers(&[("HOME", Some("[FOLDER]"))]), [true; 3]);
}

#[test]
fn neither_is_a_folder_of_xdg_or_of_programs_that_is_not_absolute() {
    for variable in ["XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
        for folder in [".", "checkout", "~", "checkout/.config"] {
            let found = readers(&[("HOME", None), (variable, Some(folder))]);
            assert_eq!(found, [false; 3], "{variable}={folder}");
        }
    }
    let below = [("HOME", None), ("XDG_CONFIG_HOME", Some("[FOLDER]/checkout/.config"))];
    assert_eq!(readers(&below), [true, false, true]);
    for path in ["bin", "bin:/usr/bin:/bin", "./bin:/usr/bin:/bin", ""] {
        let found = readers(&[("HOME", Some("[FOLDER]")), ("PATH", Some(path))]);
        assert!(!found[0], "PATH={path}");
    }
}

#[test]
fn a_folder_or_file_that_a_variable_names_by_itself_is_the_choice_of_who_set_it() {
    // As docker and podman take them: nothing but the job's author sets these.
    for (variable, value) in [
        ("DOCKER_CONFIG", "checkout/.docker"),
        ("REGISTRY_AUTH_FILE", "checkout/.config/containers/auth.json"),
        ("NOTATION_CONFIG", "checkout/.docker"),
    ] {
        assert!(readers(&[("HOME", None), (variable, Some(value))])[0], "{variable}={value}");
    }
}

#[test]
fn no_login_of_iam_identity_center_is_looked_for_in_the_working_folder() {
    let sandbox = Sandbox::new();
    layout(&sandbox.path("app"), &["v1"]);
    let session = "[sso-session s]\nsso_start_url = https://s.example/start\nsso_region = us-west-2\n";
    let profile = "[profile ci]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n";
    sandbox.write("config", &format!("{profile}{session}"));
    let config = sandbox.path("config").to_str().unwrap().to_owned();
    let profile = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1";
    let words = ["sign", "oci-layout:app:v1", "--profile", profile, "--aws-profile", "ci", "--format", "json"];
    for (home, code) in [("", "invalid-setting"), (".", "invalid-setting"), ("[FOLDER]", "denied")] {
        let home = home.replace("[FOLDER]", sandbox.path("").to_str().unwrap());
        let mut command = sandbox.sealgate(&words).env("AWS_CONFIG_FILE", &config).env("HOME", &home).into_command();
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_valid_if_report(&stdout);
        let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(report["artifacts"][0]["error"]["code"], code, "HOME={home}: {report}");
    }
    // A login that is a pipe is not waited for: the SDK reads it where no time limit is heard.
    sandbox.write(".aws/sso/cache/other.json", "{}");
    let pipe = sandbox.path(".aws/sso/cache/login.json");
    mkfifo(&pipe);
    let home = sandbox.path("").to_str().unwrap().to_owned();
    let answer = sandbox.sealgate(&words).env("AWS_CONFIG_FILE", &config).env("HOME", &home).exits(3);
    assert!(answer.stdout.contains("login.json"), "{answer:?}");
}
