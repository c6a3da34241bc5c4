//! Trees drawn with lines, as `list` and `inspect` of notation draw them.

use super::style::{Paint, Style};

/// A line with lines below it. The text is ready to be shown: escaped and painted.
#[derive(Debug)]
pub(super) struct Node {
    text: String,
    children: Vec<Self>,
}

impl Node {
    /// A line with nothing below.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), children: Vec::new() }
    }

    pub(super) fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    pub(super) fn leaf(&mut self, text: impl Into<String>) {
        self.push(Self::new(text));
    }

    /// Adds a line for each of these.
    pub(super) fn children(&mut self, lines: impl IntoIterator<Item = impl Into<String>>) {
        lines.into_iter().for_each(|line| self.leaf(line));
    }

    /// Draws the tree. A report is at most five levels deep.
    pub(super) fn draw(&self, style: &Style, into: &mut String) {
        into.push_str(&self.text);
        into.push('\n');
        self.draw_children(style, "", into);
    }

    /// Draws what is below, behind the lines of the levels above.
    fn draw_children(&self, style: &Style, prefix: &str, into: &mut String) {
        for (place, child) in self.children.iter().enumerate() {
            let last = place + 1 == self.children.len();
            let (branch, below) = if last { ("└── ", "    ") } else { ("├── ", "│   ") };
            into.push_str(&style.paint(Paint::Faint, &format!("{prefix}{branch}")));
            into.push_str(&child.text);
            into.push('\n');
            child.draw_children(style, &format!("{prefix}{below}"), into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_drawn_with_its_lines() {
        let mut inner = Node::new("b");
        inner.leaf("c");
        inner.leaf("d");
        let mut root = Node::new("a");
        root.push(inner);
        root.leaf("e");
        let mut text = String::new();
        root.draw(&Style::plain(), &mut text);
        assert_eq!(text, "a\n├── b\n│   ├── c\n│   └── d\n└── e\n");
    }
}
