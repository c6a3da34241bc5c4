//! The picture of a file of gates, in Mermaid: a box for each stage with what it requires, an arrow to each from those before it.

use super::limits;
use super::model::{Gates, Stage};

impl Gates {
    /// A flowchart from left to right. Nothing that the file says ends a label, begins a tag, or is a word of Mermaid.
    pub(crate) fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (position, stage) in self.stages.iter().enumerate() {
            text.push_str(&format!("    s{position}[\"{}\"]\n", self.label(stage)));
        }
        for (position, stage) in self.stages.iter().enumerate() {
            text.extend(stage.after.iter().map(|before| format!("    s{before} --> s{position}\n")));
        }
        text
    }

    fn label(&self, stage: &Stage) -> String {
        let require = stage.require.iter().map(|asked| asked.words(self));
        let lines: Vec<_> = std::iter::once(stage.name.clone()).chain(require).map(|line| escaped(&line)).collect();
        lines.join("<br>")
    }
}

/// A line of a label. Mermaid reads `#35;` as the character of this number, and HTML as one that begins nothing. What is not seen
/// or turns the direction of writing is spelled out.
fn escaped(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    for (place, character) in line.chars().enumerate() {
        if place == limits::LABEL {
            safe.push('…');
            break;
        }
        let is_plain = character.is_alphanumeric() || " ,.=_-/".contains(character);
        match character {
            _ if is_plain => safe.push(character),
            _ if character.is_ascii_graphic() => safe.push_str(&numbered(character)),
            _ => character.escape_unicode().for_each(|spelled| match spelled {
                '\\' | '{' | '}' => safe.push_str(&numbered(spelled)),
                _ => safe.push(spelled),
            }),
        }
    }
    safe
}

fn numbered(character: char) -> String {
    format!("#{};", u32::from(character))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::model::{Requirement, Signer, SignerTrust};
    use super::*;

    fn gates(value: &str) -> Gates {
        let signer =
            |name: &str| Signer { name: name.to_owned(), trust: SignerTrust::Profiles(Vec::new()), place: (1, 1) };
        let asked = |of: &[usize], pairs: &[(&str, &str)]| Requirement {
            least: 1,
            of: of.to_vec(),
            metadata: pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            max_age: None,
            place: (1, 1),
        };
        let stage = |name: &str, require: Vec<Requirement>, after: &[usize]| Stage {
            name: name.to_owned(),
            require,
            after: after.to_vec(),
            all_children: None,
        };
        Gates {
            sha256: String::new(),
            root_files: Vec::new(),
            signers: ["ci", "anna", "ben"].map(signer).to_vec(),
            stages: vec![
                stage("build", vec![asked(&[0], &[])], &[]),
                stage("test", vec![asked(&[1, 2], &[("stage", value)])], &[0]),
                stage("end", vec![asked(&[1], &[("a", "b")]), asked(&[2], &[])], &[0, 1]),
            ],
        }
    }

    /// What Mermaid reads of a picture: the lines of each box, and the arrows. Whatever is not exactly of this form fails.
    fn read(picture: &str) -> (Vec<Vec<String>>, Vec<(usize, usize)>) {
        let mut lines = picture.strip_suffix('\n').unwrap().split('\n');
        assert_eq!(lines.next(), Some("flowchart LR"));
        let (mut boxes, mut arrows) = (Vec::new(), Vec::new());
        let node = |text: &str| text.strip_prefix('s').unwrap().parse::<usize>().unwrap();
        for line in lines {
            let line = line.strip_prefix("    ").unwrap();
            if let Some((from, to)) = line.split_once(" --> ") {
                arrows.push((node(from), node(to)));
                continue;
            }
            let (name, label) = line.strip_suffix("\"]").unwrap().split_once("[\"").unwrap();
            assert_eq!(node(name), boxes.len());
            boxes.push(label.split("<br>").map(text).collect());
        }
        (boxes, arrows)
    }

    /// A line of a label: plain characters, and numbers of others.
    fn text(line: &str) -> String {
        let (mut text, mut rest) = (String::new(), line);
        while let Some(character) = rest.chars().next() {
            rest = &rest[character.len_utf8()..];
            if character == '#' {
                let (number, after) = rest.split_once(';').unwrap();
                text.push(char::from_u32(number.parse().unwrap()).unwrap());
                rest = after;
            } else {
                assert!(character.is_alphanumeric() || " ,.=_-/…".contains(character), "{character:?} in {line}");
                text.push(character);
            }
        }
        text
    }

    #[test]
    fn a_stage_is_a_box_with_what_it_requires() {
        insta::assert_snapshot!(gates("test").mermaid(), @r#"
        flowchart LR
            s0["build<br>ci"]
            s1["test<br>1 of anna, ben, with stage=test"]
            s2["end<br>anna, with a=b<br>ben"]
            s0 --> s1
            s0 --> s2
            s1 --> s2
        "#);
    }

    #[test]
    fn no_text_of_the_file_leaves_its_box() {
        for value in
            ["\"]\n    s0 --> s9", "<script>alert(1)</script>", "#quot;", "`x`", "\u{202e}x\u{7}", "style x:#1;"]
        {
            let (boxes, arrows) = read(&gates(value).mermaid());
            assert_eq!(arrows, [(0, 1), (0, 2), (1, 2)]);
            let told = boxes[1][1].strip_prefix("1 of anna, ben, with stage=").unwrap();
            assert_eq!(told.replace("\\u{202e}", "\u{202e}").replace("\\u{7}", "\u{7}").replace("\\u{a}", "\n"), value);
        }
        let (boxes, _) = read(&gates(&"x".repeat(1000)).mermaid());
        assert_eq!(boxes[1][1].chars().count(), limits::LABEL + 1);
    }

    proptest! {
        #[test]
        fn every_picture_can_be_read(value in any::<String>(), key in any::<String>()) {
            let mut gates = gates("x");
            gates.stages[1].require[0].metadata = BTreeMap::from([(key, value)]);
            let (boxes, arrows) = read(&gates.mermaid());
            prop_assert_eq!((boxes.len(), arrows.len()), (3, 3));
            prop_assert_eq!(boxes[1].len(), 2);
        }
    }
}
