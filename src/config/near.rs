//! The known name that was probably meant.

/// The candidate that is nearest to `name`, if one is near: at most a third of its letters differ.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete or replace (Levenshtein) to make one text of the other. A text without end is far from
/// everything.
fn distance(left: &str, right: &str) -> usize {
    const LONGEST: usize = 64;
    match [left, right].iter().any(|text| text.chars().count() > LONGEST) {
        true => usize::MAX / 4,
        false => strsim::levenshtein(left, right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_letters() {
        let table = [("", "", 0), ("a", "", 1), ("", "abc", 3), ("kitten", "sitting", 3), ("root", "root", 0)];
        for (left, right, expected) in table {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not_offered() {
        let names = ["policy", "plain-http", "certificate-chain"];
        assert_eq!(nearest("polici", names), Some("policy"));
        assert_eq!(nearest("certificate_chain", names), Some("certificate-chain"));
        assert_eq!(nearest("xyzzy", names), None);
        assert_eq!(nearest(&"policy".repeat(1000), names), None);
    }
}
