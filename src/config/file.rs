//! The configuration file: YAML, one mapping of setting names to values.
//!
//! No file is picked up by itself, because a pull request could change it: the file is the one given by `--config`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::key::{KEYS, Key, Reach};
use super::near;
use crate::files;

/// Bytes of a configuration file. A file that names a thousand images by digest has about 150 KiB.
const FILE_BYTES: u64 = 1024 * 1024;

/// Values by name of the setting.
pub(crate) type Values = BTreeMap<&'static str, Vec<String>>;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FileError {
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: {reason}", path.display())]
    Content {
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
        /// Line and column.
        place: (usize, usize),
    },
    /// It holds a setting that weakens a check. The text has line and column.
    #[error("{}: {reason}", path.display())]
    Weakening {
        path: PathBuf,
        /// Which setting, and where.
        reason: String,
        /// Line and column.
        place: (usize, usize),
    },
}

/// What is wrong with the content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What it is, with line and column.
    reason: String,
    /// Line and column.
    place: (usize, usize),
    /// Whether a setting weakens a check.
    weakens: bool,
}

pub(crate) fn load(path: &Path) -> Result<Values, FileError> {
    let bytes =
        files::read_input(path, FILE_BYTES).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    let path = path.to_owned();
    parse(&files::text(bytes)).map_err(|Refusal { reason, place, weakens }| match weakens {
        false => FileError::Content { path, reason, place },
        true => FileError::Weakening { path, reason, place },
    })
}

/// Parses a configuration file. An empty one says nothing.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn parse(bytes: &[u8]) -> Result<Values, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Values::new());
    }
    let weakens = Cell::new(false);
    let parsed = Document { weakens: &weakens }.deserialize(serde_yaml::Deserializer::from_slice(bytes));
    parsed.map_err(|error| {
        let text = error.to_string();
        // The parser leaves out the place at the very start.
        let (reason, place) = match error.location().filter(|place| place.index() > 0) {
            Some(place) => (text, (place.line(), place.column())),
            None => (format!("{text} at line 1 column 1"), (1, 1)),
        };
        Refusal { reason, place, weakens: weakens.get() }
    })
}

struct Document<'a> {
    /// Set when a setting is refused because it weakens a check: the parser's own errors are text.
    weakens: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = Values;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Values, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Values;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
        let mut values = Values::new();
        while let Some(key) = map.next_key_seed(KnownKey { weakens: self.weakens })? {
            let Words(words) = map.next_value()?;
            if values.insert(key.name, words).is_some() {
                return Err(A::Error::custom(format_args!("setting `{}` is given twice", key.name)));
            }
        }
        Ok(values)
    }
}

/// The name of a setting that is allowed in the file.
struct KnownKey<'a> {
    weakens: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for KnownKey<'_> {
    type Value = &'static Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KnownKey<'_> {
    type Value = &'static Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a setting")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<&'static Key, E> {
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let allowed = KEYS.iter().filter(|key| key.reach == Reach::Anywhere).map(|key| key.name);
            return Err(match near::nearest(name, allowed) {
                Some(near) => E::custom(format_args!("unknown setting `{name}` (did you mean `{near}`?)")),
                None => E::custom(format_args!("unknown setting `{name}`")),
            });
        };
        match key.reach {
            Reach::Anywhere => Ok(key),
            Reach::Weakening => {
                self.weakens.set(true);
                Err(E::custom(format_args!(
                    "setting `{name}` weakens a check and is not read from a file, which a pull request could change"
                )))
            }
            Reach::NotInFile | Reach::WeakeningFlag | Reach::FlagOnly => {
                Err(E::custom(format_args!("setting `{name}` is not read from a file")))
            }
        }
    }
}

/// A text, a number, a switch, or a list of them.
struct Words(Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordsVisitor)
    }
}

struct WordsVisitor;

impl WordsVisitor {
    fn one<E>(word: impl fmt::Display) -> Result<Words, E> {
        Ok(Words(vec![word.to_string()]))
    }
}

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a whole number, true, false, or a list of them")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Words, E> {
        Self::one(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Words, E> {
        Self::one(value)
    }

    fn visit_str<E>(self, value: &str) -> Result<Words, E> {
        Self::one(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
        let mut words = Vec::new();
        let mut bytes: u64 = 0;
        while let Some(Word(word)) = list.next_element()? {
            // A file is small, but an alias may repeat a text of it without end.
            bytes = bytes.saturating_add(u64::try_from(word.len()).unwrap_or(u64::MAX));
            if bytes > FILE_BYTES {
                return Err(A::Error::custom(format_args!("a list holds more than {FILE_BYTES} bytes")));
            }
            words.push(word);
        }
        Ok(Words(words))
    }
}

/// One entry of a list: not a list itself.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words, which end in the place.
    fn told(Refusal { reason, place: (line, column), .. }: Refusal) -> String {
        let told = reason.contains(" at line ");
        assert!(!told || reason.ends_with(&format!(" at line {line} column {column}")), "{reason}");
        reason
    }

    fn refusal(text: &str) -> String {
        let refusal = parse(text.as_bytes()).map(drop).unwrap_err();
        assert!(!refusal.weakens, "{refusal:?}");
        told(refusal)
    }

    fn weakening(text: &str) -> String {
        let refusal = parse(text.as_bytes()).map(drop).unwrap_err();
        assert!(refusal.weakens, "{refusal:?}");
        told(refusal)
    }

    #[test]
    fn settings_are_read_by_name() {
        let text =
            "# comment\nkey: a.key\nverbose: true\nmax-signatures: 7\nimages:\n  - a\n  - b\nidentity: |\n  x, y\n";
        let values = parse(text.as_bytes()).unwrap();
        let expected: [(&str, &[&str]); 5] = [
            ("identity", &["x, y\n"]),
            ("images", &["a", "b"]),
            ("key", &["a.key"]),
            ("max-signatures", &["7"]),
            ("verbose", &["true"]),
        ];
        assert!(
            values.iter().map(|(name, words)| (*name, words.clone())).eq(expected
                .iter()
                .map(|(name, words)| (*name, words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())))
        );
    }

    #[test]
    fn an_empty_file_says_nothing() {
        assert!(parse(b"").unwrap().is_empty());
        assert!(parse(b" \n").unwrap().is_empty());
    }

    #[test]
    fn an_unknown_setting_is_refused_with_its_place_and_the_near_name() {
        insta::assert_snapshot!(refusal("key: a\npolici: b\n"), @"unknown setting `polici` (did you mean `policy`?) at line 2 column 1");
        insta::assert_snapshot!(refusal("key: a\nxyzzy: b\n"), @"unknown setting `xyzzy` at line 2 column 1");
    }

    #[test]
    fn what_weakens_a_check_or_is_secret_is_refused_with_its_place() {
        insta::assert_snapshot!(weakening("key: a\nallow-skip: true\n"), @"setting `allow-skip` weakens a check and is not read from a file, which a pull request could change at line 2 column 1");
        insta::assert_snapshot!(weakening("plain-http: [localhost]\n"), @"setting `plain-http` weakens a check and is not read from a file, which a pull request could change at line 1 column 1");
        insta::assert_snapshot!(refusal("password: secret\n"), @"setting `password` is not read from a file at line 1 column 1");
        insta::assert_snapshot!(refusal("config: other.yaml\n"), @"setting `config` is not read from a file at line 1 column 1");
    }

    #[test]
    fn a_text_that_aliases_repeat_without_end_is_refused() {
        let text = format!("root:\n  - &a \"{}\"\n{}", "x".repeat(500_000), "  - *a\n".repeat(50_000));
        assert!(refusal(&text).starts_with("root: a list holds more than 1048576 bytes"), "{}", refusal(&text));
    }

    #[test]
    fn a_setting_that_is_there_twice_is_refused() {
        assert!(refusal("key: a\nkey: b\n").contains("setting `key` is given twice"));
    }

    #[test]
    fn other_kinds_of_values_and_documents_are_refused() {
        for text in [
            "- key\n",
            "key\n",
            "key: {a: b}\n",
            "key: [[a]]\n",
            "key: 1.5\n",
            "key: ~\n",
            "a: [\n",
            "key: -1\n",
            "1: a\n",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"key: a\n---\nkey: b\n").is_err());
        assert!(parse(b"\xff\xfe").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-z\\-:&*\\[\\]{}|>!'\"#\\n ]{0,80}") {
            drop(parse(text.as_bytes()));
        }
    }
}
