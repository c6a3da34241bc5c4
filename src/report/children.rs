//! What was found of the manifests that the index of an image lists, in words that every form shares. They are as they came; a form
//! escapes each line as a whole.

use super::line;
use super::model::{ChildReport, ChildrenReport};

impl ChildReport {
    /// Which one, and why it does not count. The first word is ours: a line that begins with a foreign text may be a command.
    pub(super) fn words(&self) -> String {
        format!("manifest {}: {} [{}]", self.name(), self.reason.text, self.reason.code)
    }

    /// The same with the beginning of the digest alone, for a log.
    fn short_words(&self) -> String {
        Self { digest: self.digest.as_deref().map(line::short), ..self.clone() }.words()
    }

    fn name(&self) -> String {
        match (&self.platform, &self.digest) {
            (Some(platform), Some(digest)) => format!("{platform}, {digest}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => "that cannot be read".to_owned(),
        }
    }
}

impl ChildrenReport {
    /// How many are there, and each that is not.
    pub(super) fn lines(&self) -> Vec<String> {
        self.all(ChildReport::words)
    }

    /// The same for a log.
    pub(super) fn short_lines(&self) -> Vec<String> {
        self.all(ChildReport::short_words)
    }

    fn all(&self, words: fn(&ChildReport) -> String) -> Vec<String> {
        let more = Some(self.lacking_omitted).filter(|more| *more > 0);
        let more = more.map(|more| format!("… and {more} more, left out to keep this report short"));
        std::iter::once(self.summary()).chain(self.lacking.iter().map(words)).chain(more).collect()
    }

    fn summary(&self) -> String {
        let Self { there, listed, .. } = self;
        let are = if *there == 1 { "is" } else { "are" };
        match &self.reason {
            Some(reason) => format!("platform manifests: {} [{}]", reason.text, reason.code),
            None if !self.index => "the image is one manifest, and no index that lists others".to_owned(),
            None if there == listed => {
                format!("{there} of {listed} platform manifests {are} there, through the signed index")
            }
            None => format!("{there} of {listed} platform manifests {are} there"),
        }
    }

    /// Why it is not met, in one sentence.
    pub(super) fn gap(&self) -> String {
        match (self.lacking.split_first(), &self.reason) {
            (Some((first, [])), _) if self.lacking_omitted == 0 => format!("{}: {}", first.name(), first.reason.text),
            (Some((first, others)), _) => {
                let more = others.len() + self.lacking_omitted;
                format!("{}: {}, and {more} more", first.name(), first.reason.text)
            }
            (None, Some(reason)) => reason.text.clone(),
            (None, None) => self.summary(),
        }
    }

    /// Keeps so many of those that are not there.
    pub(super) fn shorten(&mut self, most: usize) {
        self.lacking_omitted += self.lacking.len().saturating_sub(most);
        self.lacking.truncate(most);
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Reason;
    use super::*;

    fn lacking(platform: Option<&str>, digest: Option<&str>) -> ChildReport {
        let (platform, digest) = (platform.map(str::to_owned), digest.map(str::to_owned));
        ChildReport { platform, digest, reason: Reason::new("gate-child-missing", "it is not there") }
    }

    fn report(there: usize, lacking: Vec<ChildReport>) -> ChildrenReport {
        ChildrenReport { index: true, there, listed: there + lacking.len(), lacking, lacking_omitted: 0, reason: None }
    }

    #[test]
    fn what_is_there_is_counted_and_what_is_not_is_named() {
        let whole = report(3, Vec::new());
        assert_eq!(whole.lines(), ["3 of 3 platform manifests are there, through the signed index"]);
        let alone = ChildrenReport { index: false, ..report(0, Vec::new()) };
        assert_eq!(alone.lines(), ["the image is one manifest, and no index that lists others"]);
        let empty = ChildrenReport {
            reason: Some(Reason::new("gate-children-none", "there are none")),
            ..report(0, Vec::new())
        };
        assert_eq!(
            (empty.lines(), empty.gap()),
            (vec!["platform manifests: there are none [gate-children-none]".to_owned()], "there are none".into())
        );

        let digest = format!("sha256:{}", "1".repeat(64));
        let mut sparse = report(1, vec![lacking(Some("linux/arm64"), Some(&digest)), lacking(None, None)]);
        assert_eq!(
            sparse.short_lines(),
            [
                "1 of 3 platform manifests is there",
                "manifest linux/arm64, sha256:11111111…: it is not there [gate-child-missing]",
                "manifest that cannot be read: it is not there [gate-child-missing]",
            ]
        );
        assert!(sparse.lines()[1].contains(&digest));
        assert_eq!(sparse.gap(), format!("linux/arm64, {digest}: it is not there, and 1 more"));
        sparse.shorten(1);
        assert_eq!(sparse.lines()[2], "… and 1 more, left out to keep this report short");
        assert!(sparse.gap().ends_with("and 1 more"), "{}", sparse.gap());
        sparse.shorten(0);
        assert_eq!((sparse.lines().len(), sparse.gap().as_str()), (2, "1 of 3 platform manifests is there"));
    }
}
