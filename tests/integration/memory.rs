//! Hostile images: what strangers push fills neither the memory nor the log, and no number of large signatures hides what
//! is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::schema::assert_valid_if_report;
use crate::sealgate::Sandbox;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const SIGNATURE: &str = "application/vnd.cncf.notary.signature";
const MIB: u64 = 1024 * 1024;

/// What a build with optimizations stays below. Without them code and stacks are larger.
const PEAK: u64 = 128 * MIB + 16 * MIB;

/// An image layout that is written by hand.
struct Layout {
    folder: PathBuf,
    entries: Vec<Value>,
}

impl Layout {
    fn new(folder: PathBuf) -> Self {
        fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let mut layout = Self { folder, entries: Vec::new() };
        let image = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": []});
        let image = layout.blob(MANIFEST, &image.to_string());
        layout.entries.push(image);
        layout.write();
        layout
    }

    /// Stores content and describes it.
    fn blob(&self, media_type: &str, content: &str) -> Value {
        let hex: String =
            digest(&SHA256, content.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(self.folder.join("blobs/sha256").join(&hex), content).unwrap();
        json!({"mediaType": media_type, "digest": format!("sha256:{hex}"), "size": content.len()})
    }

    fn image(&self) -> &Value {
        &self.entries[0]
    }

    fn write(&self) {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries});
        fs::write(self.folder.join("index.json"), index.to_string()).unwrap();
    }

    /// The signatures again, as often, each with a manifest of its own.
    fn repeat(&mut self, count: usize) {
        let index: Value = serde_json::from_slice(&fs::read(self.folder.join("index.json")).unwrap()).unwrap();
        let signature = index["manifests"][1]["digest"].as_str().unwrap().replace("sha256:", "blobs/sha256/");
        let mut manifest: Value = serde_json::from_slice(&fs::read(self.folder.join(signature)).unwrap()).unwrap();
        assert_eq!(manifest["subject"]["digest"], self.image()["digest"]);
        for number in 0..count {
            manifest["annotations"] = json!({"number": number.to_string(), "long": "x".repeat(100_000)});
            let mut entry = self.blob(MANIFEST, &manifest.to_string());
            entry["artifactType"] = json!(SIGNATURE);
            self.entries.push(entry);
        }
        self.write();
    }
}

/// What came of a run, and the most memory that it had.
struct Measured {
    code: i32,
    stdout: String,
    peak: u64,
}

/// Runs a command line and looks at its memory until it ends.
fn measured(sandbox: &Sandbox, words: &[&str]) -> Measured {
    let mut child =
        sandbox.sealgate(words).into_command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let stdout = child.stdout.take().unwrap();
    let reader = thread::spawn(move || std::io::read_to_string(stdout).unwrap());
    let mut peak = 0;
    // The mark never falls, so what is seen last is the most; it is gone once the process has ended.
    loop {
        peak = peak.max(high_water_mark(Path::new(&status)));
        if let Some(ended) = child.try_wait().unwrap() {
            let stdout = reader.join().unwrap();
            assert_valid_if_report(&stdout);
            return Measured { code: ended.code().unwrap(), stdout, peak };
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// The most memory that the process had, where the system tells.
fn high_water_mark(status: &Path) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let kibibytes = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// A place with two signers of whom the first is trusted.
fn place() -> (Sandbox, Vec<&'static str>) {
    let sandbox = Sandbox::new();
    for name in ["ours", "stranger"] {
        sandbox.sealgate(&["key", "generate", "--out", name, "--name", name]).exits(0);
    }
    let words = [
        "verify",
        "--root",
        "ours/ours-ca.crt",
        "--identity",
        "x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=ours",
    ];
    (sandbox, words.to_vec())
}

fn sign(sandbox: &Sandbox, name: &str, image: &str, metadata: &[String]) {
    let (key, chain) = (format!("{name}/{name}.key"), format!("{name}/{name}.crt"));
    let metadata = metadata.iter().flat_map(|pair| ["--user-metadata", pair]);
    let words: Vec<_> =
        ["sign", "--force", "--key", &key, "--certificate-chain", &chain].into_iter().chain(metadata).collect();
    sandbox.sealgate(&[&words[..], &[image]].concat()).exits(0);
}

#[test]
fn large_signatures_of_strangers_fill_neither_the_memory_nor_the_report() {
    let (sandbox, trust) = place();
    let mut layout = Layout::new(sandbox.path("image"));
    let image = format!("oci-layout:image@{}", layout.image()["digest"].as_str().unwrap());
    // As much metadata as fits into the words of a command.
    let metadata: Vec<_> = (0..12).map(|number| format!("key{number}={}", "x".repeat(100_000))).collect();
    sign(&sandbox, "stranger", &image, &metadata);
    layout.repeat(12);
    for format in ["text", "json"] {
        let found = measured(&sandbox, &[&trust[..], &["--format", format, &image]].concat());
        assert_eq!(found.code, 10, "{}", found.stdout);
        assert!(found.peak < PEAK && found.stdout.len() < 600_000, "{} {}", found.peak, found.stdout.len());
        let told = if format == "text" { "left out to keep this report short" } else { r#""omitted": 12"# };
        assert!(found.stdout.contains(told), "{}", found.stdout);
        let found = measured(&sandbox, &["inspect", "--format", format, &image]);
        assert_eq!(found.code, 0);
        assert!(found.peak < PEAK && found.stdout.len() < 600_000, "{} {}", found.peak, found.stdout.len());
        assert!(found.stdout.contains(told), "{}", found.stdout);
    }
    // A good one beside them is found.
    layout.entries.truncate(1);
    layout.write();
    sign(&sandbox, "ours", &image, &[]);
    layout.repeat(1);
    let found = measured(&sandbox, &[&trust[..], &[&image]].concat());
    assert_eq!(found.code, 0, "{}", found.stdout);
}

#[test]
fn large_signatures_of_strangers_cost_no_more_for_many_signers_of_gates() {
    let (sandbox, _) = place();
    let mut layout = Layout::new(sandbox.path("image"));
    let image = format!("oci-layout:image@{}", layout.image()["digest"].as_str().unwrap());
    let metadata: Vec<_> = (0..12).map(|number| format!("key{number}={}", "x".repeat(100_000))).collect();
    sign(&sandbox, "stranger", &image, &metadata);
    layout.repeat(4);
    let signers = 0..64;
    let signer = |number: u8| {
        let identity = format!("x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=s{number}");
        format!("  s{number}: {{ root: ours/ours-ca.crt, identity: '{identity}' }}\n")
    };
    let names = signers.clone().map(|number| format!("s{number}")).collect::<Vec<_>>().join(", ");
    let signers: String = signers.map(signer).collect();
    let stages = format!("stages:\n  prod: {{ require: [{names}] }}\n");
    sandbox.write("gates.yaml", &format!("version: 1\nsigners:\n{signers}{stages}"));
    let found = measured(&sandbox, &["verify", "--gates", "gates.yaml", "--stage", "prod", &image]);
    assert_eq!(found.code, 10, "{}", found.stdout);
    assert!(found.peak < PEAK, "{}", found.peak);
}

#[test]
fn an_image_layout_of_endless_indexes_is_read_as_far_as_its_cap() {
    let (sandbox, trust) = place();
    let mut layout = Layout::new(sandbox.path("image"));
    for number in 0..6 {
        let hex = |name: usize| format!("sha256:{:064x}", number * 1_000_000 + name);
        let entries: Vec<_> =
            (0..12_000).map(|name| json!({"mediaType": MANIFEST, "digest": hex(name), "size": 1})).collect();
        let index = layout.blob(INDEX, &json!({"schemaVersion": 2, "manifests": entries}).to_string());
        layout.entries.push(index);
    }
    layout.write();
    let image = format!("oci-layout:image@{}", layout.image()["digest"].as_str().unwrap());
    let found = measured(&sandbox, &[&trust[..], &["--format", "json", &image]].concat());
    let report: Value = serde_json::from_str(&found.stdout).unwrap();
    // Not all was read, so it is not unsigned.
    assert_eq!((found.code, &report["artifacts"][0]["error"]["code"]), (10, &json!("limit-reached")));
    assert!(found.peak < PEAK, "{}", found.peak);
}
