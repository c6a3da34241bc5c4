//! What flags of notation and cosign are called here, or that this version has nothing of the kind. The nearest name of ours would
//! be a bad guess: `--force` is not what `--force-referrers-tag` asks for.

/// What to do about a flag of another tool: the flag, alone, as it was typed.
pub(super) fn advice(flag: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(names, _)| names.contains(&flag)).map(|(_, advice)| *advice)
}

/// Names of flags, by what there is here instead. Short ones are notation's, where cosign has them for something else too.
#[rustfmt::skip]
const FLAGS: &[(&[&str], &str)] = &[
    // Who signs.
    (&["--plugin", "--id", "--plugin-config", "-k"],
        "sign with AWS Signer by --profile ARN, without a plugin: it is the ARN that notation has as --id; sign with a key by --key FILE and \
         --certificate-chain FILE; other plugins are not run in this version"),
    (&["--cert", "--certificate"],
        "give the certificates of the key, from its own to the root: --certificate-chain FILE"),
    (&["--sk", "--slot", "--identity-token", "--fulcio-url", "--oidc-provider", "--oidc-client-id", "--oidc-issuer"],
        "sign with a signing profile of AWS Signer (--profile ARN) or with a key (--key FILE --certificate-chain FILE); keyless signing and \
         hardware tokens are not in this version"),
    // Whom to trust.
    (&["--certificate-identity", "--certificate-identity-regexp", "--certificate-oidc-issuer", "--certificate-oidc-issuer-regexp"],
        "name whom you trust by --profile ARN, or by --root FILE and --identity 'x509.subject: …'; cosign's identities are not in this version"),
    (&["--trusted-root", "--ca-roots", "--ca-intermediates"],
        "name the certificates that you trust: --root FILE"),
    // What is in a signature.
    (&["-e"], "use the long form: --expiry DURATION"),
    (&["-m", "-a", "--annotations"], "use --user-metadata KEY=VALUE"),
    (&["--signature-format"], "leave it out: signatures are JWS envelopes; COSE is not in this version"),
    (&["--timestamp-url", "--timestamp-root-cert", "--timestamp-server-url", "--timestamp-certificate-chain", "--use-signed-timestamps"],
        "leave it out: timestamps (RFC 3161) are not in this version; how long a request may take is --timeout"),
    // Where signatures are.
    (&["--force-referrers-tag", "--allow-referrers-api", "--registry-referrers-mode"],
        "leave it out: the referrers API is used where the registry has it, and the tag of the referrers tag schema elsewhere; --force is \
         something else: it signs again"),
    (&["--oci-layout", "--local-image"], "name the layout as the image: oci-layout:PATH:TAG or oci-layout:PATH@sha256:…"),
    (&["--attachment", "--output-signature", "--output-certificate", "--bundle", "--new-bundle-format", "--signature", "--payload", "--upload"],
        "leave it out: signatures are stored beside the image, in the Notary Project format"),
    (&["--tlog-upload", "--rekor-url", "--insecure-ignore-tlog", "--insecure-ignore-sct", "--offline", "--private-infrastructure"],
        "leave it out: no transparency log is used"),
    (&["--recursive", "-r"], "sign the images of the index too by naming each; the signature of an index covers its manifests by digest"),
    // How the registry is reached.
    (&["-u", "--registry-username"], "use --username NAME with --password-stdin"),
    (&["-p", "--registry-password", "--registry-token"], "use --password-stdin, or the variable SEALGATE_PASSWORD"),
    (&["--k8s-keychain"], "leave it out: credentials come from Docker's configuration, its helpers, and AWS"),
    (&["--insecure-registry", "--allow-http-registry"], "name the host that is reached over HTTP without TLS: --plain-http HOST"),
    (&["--allow-insecure-registry"], "name the certificate authority of the registry: --ca-file FILE"),
    (&["--registry-cacert"], "use --ca-file FILE"),
    // What is shown.
    (&["-o", "--output"], "use --format json"),
    (&["-d", "--debug"], "use --verbose"),
    (&["-y", "--yes"], "leave it out: nothing is asked"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::cli::tests::{COMMANDS, arguments};
    use crate::error::Error;

    /// The flags that commands have, long and short.
    fn ours() -> Vec<String> {
        let arguments = COMMANDS.iter().flat_map(|(name, ..)| arguments(name));
        let flags = arguments.flat_map(|argument| {
            let long = argument.get_long().map(|name| format!("--{name}"));
            long.into_iter().chain(argument.get_short().map(|name| format!("-{name}")))
        });
        flags.collect()
    }

    #[test]
    fn no_flag_of_ours_is_foreign_and_none_stands_twice() {
        let (all, ours): (Vec<_>, _) = (FLAGS.iter().flat_map(|(names, _)| *names).collect(), ours());
        for name in &all {
            assert!(!ours.contains(&(**name).to_owned()), "{name}");
            assert_eq!(all.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }

    #[test]
    fn what_is_advised_exists() {
        let ours = ours();
        for (names, advice) in FLAGS {
            for word in advice.split([' ', ',', ';', '(', ')', ':']).filter(|word| word.starts_with("--")) {
                let theirs = FLAGS.iter().any(|(names, _)| names.contains(&word));
                assert!(theirs || ours.contains(&word.to_owned()), "{names:?}: {word}");
            }
        }
    }

    #[test]
    fn a_foreign_flag_gets_its_advice_and_no_guess() {
        for (line, advised) in [
            ("sign a --force-referrers-tag", "leave it out: the referrers API is used"),
            ("sign a --force-referrers-tag=false", "leave it out: the referrers API is used"),
            ("sign a --timestamp-url http://tsa.example", "leave it out: timestamps"),
            ("sign a --signature-format cose", "leave it out: signatures are JWS"),
            (
                "sign a --plugin com.amazonaws.signer.notation.plugin --id arn:aws:signer:…",
                "sign with AWS Signer by --profile ARN",
            ),
            ("sign -k key a", "sign with AWS Signer by --profile ARN"),
            ("verify a -m a=b", "use --user-metadata KEY=VALUE"),
            ("verify a --certificate-identity x", "name whom you trust by --profile ARN"),
            ("verify a --insecure-registry", "name the host that is reached over HTTP"),
            ("verify a -u x", "use --username NAME"),
        ] {
            let words = ["sealgate"].into_iter().chain(line.split(' '));
            let error = Error::usage(Cli::parse(words).unwrap_err(), "sealgate help");
            let help: Vec<_> = error.help.iter().map(|help| help.text.as_str()).collect();
            assert!(help[0].starts_with(advised), "{line}: {help:?}");
            assert!(help.iter().all(|help| !help.contains("similar") && !help.contains("usage: ")), "{line}: {help:?}");
        }
        // A slip of the keyboard is none, and the nearest is offered.
        let error = Error::usage(Cli::parse(["sealgate", "sign", "a", "--profil", "x"]).unwrap_err(), "sealgate help");
        assert!(error.help[0].text.contains("--profile"), "{error:?}");
    }
}
