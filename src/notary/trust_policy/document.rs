//! JSON values that know their position in the text, and the findings about them.
//!
//! The text is checked by [`crate::json`] first. Then each object and array is taken apart into slices of the text
//! (`serde_json`'s raw values), and the offset of a slice gives line and column. That is less than a syntax tree of
//! another JSON parser (`jsonc-parser` has ranges) and leaves one reading of JSON in the crate: two parsers could
//! disagree about what a policy says.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::problem::{Notice, Place, Problem, Problems, Rule, Warning};
use crate::{digest, json, limits};

/// A place as an offset, until all places are turned into lines at once.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) pointer: String,
    offset: usize,
}

/// A JSON value in the text.
#[derive(Clone, Debug)]
pub(super) struct Located<'a> {
    pub(super) spot: Spot,
    text: &'a str,
}

/// A member of an object whose name is a known one.
struct Member<'a> {
    name: &'static str,
    value: Located<'a>,
}

/// An object, with its known members.
pub(super) struct Object<'a> {
    pub(super) spot: Spot,
    members: Vec<Member<'a>>,
}

impl<'a> Located<'a> {
    /// The whole document, which [`crate::json::parse`] has accepted.
    pub(super) fn document(text: &'a str) -> Self {
        let trimmed = text.trim_start_matches(is_space);
        let spot = Spot { pointer: String::new(), offset: text.len() - trimmed.len() };
        Self { spot, text: trimmed.trim_end_matches(is_space) }
    }

    /// The object, if it is one. Members in other case are problems, and unknown ones are warned of.
    pub(super) fn object(&self, known: &'static [&'static str], findings: &mut Findings) -> Option<Object<'a>> {
        let members = self.members(findings)?;
        let mut object = Object { spot: self.spot.clone(), members: Vec::with_capacity(members.len()) };
        for (name, name_spot, value) in members {
            if let Some(name) = known.iter().find(|known| **known == name) {
                object.members.push(Member { name, value });
            } else if let Some(expected) = known.iter().find(|known| json::folds_to(&name, known)) {
                findings.problem(&name_spot, Rule::FoldedMember { found: digest::excerpt(&name), expected });
            } else {
                let nearest = nearest(&name, known);
                findings.warn(&name_spot, Notice::UnknownMember { name: digest::excerpt(&name), nearest });
            }
        }
        Some(object)
    }

    /// All members of an object, if it is one with at most [`limits::POLICY_ENTRIES`] of them: name, place of the
    /// name, value.
    pub(super) fn members(&self, findings: &mut Findings) -> Option<Vec<(String, Spot, Self)>> {
        let Ok(Members(raw)) = serde_json::from_str::<Members<'a>>(self.text) else {
            return self.expected("an object", findings);
        };
        self.check_count(raw.len(), findings)?;
        let mut end = 1;
        let members = raw.into_iter().map(|(name, value)| {
            let between = self.text.get(end..).unwrap_or_default();
            let start = between.trim_start_matches(|character| is_space(character) || character == ',');
            let pointer = format!("{}/{}", self.spot.pointer, name.replace('~', "~0").replace('/', "~1"));
            let name_offset = self.spot.offset + end + (between.len() - start.len());
            let name_spot = Spot { pointer: pointer.clone(), offset: name_offset };
            let value = self.part(value, pointer);
            end = value.spot.offset - self.spot.offset + value.text.len();
            (name, name_spot, value)
        });
        Some(members.collect())
    }

    /// The elements of an array, if it is one with at most [`limits::POLICY_ENTRIES`] of them.
    pub(super) fn array(&self, findings: &mut Findings) -> Option<Vec<Self>> {
        let Ok(elements) = serde_json::from_str::<Vec<&'a RawValue>>(self.text) else {
            return self.expected("an array", findings);
        };
        self.check_count(elements.len(), findings)?;
        let place = |(index, element)| self.part(element, format!("{}/{index}", self.spot.pointer));
        Some(elements.into_iter().enumerate().map(place).collect())
    }

    /// The string, if it is one.
    pub(super) fn string(&self, findings: &mut Findings) -> Option<String> {
        match serde_json::from_str::<String>(self.text) {
            Ok(string) => Some(string),
            Err(_) => self.expected("a string", findings),
        }
    }

    /// A value inside this one.
    fn part(&self, raw: &'a RawValue, pointer: String) -> Self {
        // Both are slices of one text, so the distance of their addresses is an offset in it.
        let distance = raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        Self { spot: Spot { pointer, offset: self.spot.offset + distance }, text: raw.get() }
    }

    fn check_count(&self, found: usize, findings: &mut Findings) -> Option<()> {
        if found > limits::POLICY_ENTRIES {
            findings.problem(&self.spot, Rule::TooManyEntries { found, limit: limits::POLICY_ENTRIES });
            return None;
        }
        Some(())
    }

    fn expected<T>(&self, expected: &'static str, findings: &mut Findings) -> Option<T> {
        let found = match self.text.bytes().next() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        };
        findings.problem(&self.spot, Rule::WrongType { expected, found });
        None
    }
}

impl<'a> Object<'a> {
    /// The member of that name. `null` is the same as absent: Go writes an absent list so.
    pub(super) fn member(&self, name: &str) -> Option<&Located<'a>> {
        let member = self.members.iter().find(|member| member.name == name)?;
        (member.value.text != "null").then_some(&member.value)
    }
}

/// White space of RFC 8259.
const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// Members in the order of the text.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// The known name with the smallest edit distance, if at most every third character of it differs.
fn nearest(name: &str, known: &'static [&'static str]) -> Option<&'static str> {
    // No known name is half as long, and the distance costs the product of the lengths.
    let start: Vec<char> = name.chars().take(64).collect();
    let distances = known.iter().map(|known| (edit_distance(&start, known), *known));
    let (distance, nearest) = distances.min()?;
    (distance.saturating_mul(3) <= nearest.len()).then_some(nearest)
}

/// Levenshtein distance.
fn edit_distance(one: &[char], other: &str) -> usize {
    let mut row: Vec<usize> = (0..=one.len()).collect();
    for (line, character) in other.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, expected) in row.iter_mut().zip(std::iter::once(None).chain(one.iter().map(Some))) {
            let above = *cell;
            let replaced = diagonal + usize::from(expected != Some(&character));
            // The first cell of a line has no left neighbour: it is the number of characters so far.
            *cell = if expected.is_none() { left } else { replaced.min(above + 1).min(left + 1) };
            (diagonal, left) = (above, *cell);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Everything that was found in one document, in the order in which it was found.
#[derive(Default)]
pub(super) struct Findings {
    problems: Vec<(Spot, Rule)>,
    warnings: Vec<(Spot, Notice)>,
    omitted: usize,
}

impl Findings {
    /// Notes a broken rule; beyond [`limits::POLICY_FINDINGS`] only their number.
    pub(super) fn problem(&mut self, spot: &Spot, rule: impl Into<Rule>) {
        if self.problems.len() < limits::POLICY_FINDINGS {
            self.problems.push((spot.clone(), rule.into()));
        } else {
            self.omitted += 1;
        }
    }

    /// Notes a warning, up to [`limits::POLICY_FINDINGS`].
    pub(super) fn warn(&mut self, spot: &Spot, notice: Notice) {
        if self.warnings.len() < limits::POLICY_FINDINGS {
            self.warnings.push((spot.clone(), notice));
        }
    }

    /// The warnings if no rule is broken, else the problems; sorted by place.
    pub(super) fn finish(self, text: &str) -> Result<Vec<Warning>, Problems> {
        if self.problems.is_empty() {
            let warnings = placed(text, self.warnings).into_iter();
            return Ok(warnings.map(|(place, notice)| Warning { place, notice }).collect());
        }
        let problems = placed(text, self.problems).into_iter();
        let found = problems.map(|(place, rule)| Problem { place, rule }).collect();
        Err(Problems { found, omitted: self.omitted })
    }
}

/// Sorts by offset and counts lines and columns in one pass over the text.
fn placed<T>(text: &str, mut findings: Vec<(Spot, T)>) -> Vec<(Place, T)> {
    findings.sort_by_key(|(spot, _)| spot.offset);
    let (mut offset, mut line, mut column) = (0, 1, 1);
    let place = |(spot, finding): (Spot, T)| {
        for character in text.get(offset..spot.offset).unwrap_or_default().chars() {
            (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        offset = spot.offset;
        (Place { line, column, pointer: spot.pointer }, finding)
    };
    findings.into_iter().map(place).collect()
}

/// Strings of a list with their places, and the place of the list, or of the object that lacks it.
pub(super) struct List {
    pub(super) spot: Spot,
    pub(super) entries: Vec<(Spot, String)>,
}

/// Reads a member that is a list of strings; absent is empty. `None` if one of them is no string.
pub(super) fn read_list(object: &Object<'_>, name: &str, findings: &mut Findings) -> Option<List> {
    let Some(list) = object.member(name) else {
        return Some(List { spot: object.spot.clone(), entries: Vec::new() });
    };
    let elements = list.array(findings)?;
    let strings: Vec<_> =
        elements.iter().map(|element| Some((element.spot.clone(), element.string(findings)?))).collect();
    Some(List { spot: list.spot.clone(), entries: strings.into_iter().collect::<Option<_>>()? })
}

/// Reads a member that is a string which may be neither absent nor empty.
pub(super) fn read_text(object: &Object<'_>, name: &str, findings: &mut Findings, missing: Rule) -> Option<String> {
    let Some(value) = object.member(name) else {
        findings.problem(&object.spot, missing);
        return None;
    };
    let text = value.string(findings)?;
    if text.is_empty() {
        findings.problem(&value.spot, missing);
        return None;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distances() {
        for (one, other, distance) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("kitten", "sitting", 3),
            ("overide", "override", 1),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(edit_distance(&one.chars().collect::<Vec<_>>(), other), distance, "{one} {other}");
        }
        assert_eq!(
            nearest("trustedIdentites", &["trustStores", "trustedIdentities", "name"]),
            Some("trustedIdentities")
        );
        assert_eq!(nearest("signingKeys", &["trustPolicies", "version"]), None);
    }

    #[test]
    fn places_of_names_and_values() {
        let text = "\n {\"é\" : [1,\n\"x\"] , \"a/b~\":{} }  ";
        let document = Located::document(text);
        let mut findings = Findings::default();
        for (name, spot, value) in document.members(&mut findings).unwrap() {
            findings.warn(&spot, Notice::UnknownMember { name, nearest: None });
            findings.warn(&value.spot, Notice::SkipsEverything);
            for element in value.array(&mut Findings::default()).unwrap_or_default() {
                findings.warn(&element.spot, Notice::SkipsEverything);
            }
        }
        let places: Vec<_> = findings.finish(text).unwrap().into_iter().map(|found| found.place.to_string()).collect();
        assert_eq!(
            places,
            [
                "line 2 column 3, /é",
                "line 2 column 9, /é",
                "line 2 column 10, /é/0",
                "line 3 column 1, /é/1",
                "line 3 column 8, /a~1b~0",
                "line 3 column 15, /a~1b~0",
            ]
        );
    }

    #[test]
    fn a_value_of_another_type_is_named() {
        for (text, found) in [
            ("{}", "an object"),
            ("[]", "an array"),
            ("\"\"", "a string"),
            ("true", "a boolean"),
            ("false", "a boolean"),
            ("null", "null"),
            ("-1", "a number"),
        ] {
            let mut findings = Findings::default();
            let value = Located::document(text);
            let read = [
                value.members(&mut findings).is_some(),
                value.array(&mut findings).is_some(),
                value.string(&mut findings).is_some(),
            ];
            let expected = ["an object", "an array", "a string"];
            assert_eq!(read, expected.map(|expected| expected == found));
            for problem in findings.finish(text).unwrap_err().iter() {
                assert!(matches!(problem.rule, Rule::WrongType { found: other, .. } if other == found));
            }
        }
    }
}
