//! What a scalar is: by its style, its tag and the core schema of YAML 1.2 (section 10.3), in which `yes` and `on` are strings.

/// Tags of the core schema begin with this.
const CORE: &str = "tag:yaml.org,2002:";

/// The tag `!`, which makes a string of anything.
const NON_SPECIFIC: &str = "!";

/// How a scalar is written. All strings of JSON are double-quoted, and its other scalars plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What a scalar stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Resolved<'a> {
    Null,
    Boolean,
    /// None if it is beyond 64 bits.
    Integer(Option<i64>),
    Float,
    Text(&'a str),
    /// Of a tag that is not of the core schema, or whose value the text is not.
    Tagged,
}

/// Resolves a scalar.
pub(super) fn resolve<'a>(text: &'a str, style: Style, tag: Option<&str>) -> Resolved<'a> {
    let Some(tag) = tag else {
        return if style == Style::Plain { plain(text) } else { Resolved::Text(text) };
    };
    if tag == NON_SPECIFIC {
        return Resolved::Text(text);
    }
    match (tag.strip_prefix(CORE), plain(text)) {
        (Some("str"), _) => Resolved::Text(text),
        (Some("null"), Resolved::Null) => Resolved::Null,
        (Some("bool"), found @ Resolved::Boolean) | (Some("int"), found @ Resolved::Integer(_)) => found,
        (Some("float"), Resolved::Float | Resolved::Integer(_)) => Resolved::Float,
        _ => Resolved::Tagged,
    }
}

fn plain(text: &str) -> Resolved<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Resolved::Boolean,
        _ => match integer(text) {
            Some(value) => Resolved::Integer(value),
            None if is_float(text) => Resolved::Float,
            None => Resolved::Text(text),
        },
    }
}

/// The value of an integer, if the text is one.
fn integer(text: &str) -> Option<Option<i64>> {
    let of = |digits: &str, radix| {
        let is_one = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        is_one.then(|| i64::from_str_radix(digits, radix).ok())
    };
    if let Some(digits) = text.strip_prefix("0o") {
        return of(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return of(digits, 16);
    }
    of(text.strip_prefix(['-', '+']).unwrap_or(text), 10).map(|_| text.parse().ok())
}

fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    exponent && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_those_of_the_core_schema() {
        for (text, expected) in [
            ("", Resolved::Null),
            ("~", Resolved::Null),
            ("NULL", Resolved::Null),
            ("nUll", Resolved::Text("nUll")),
            ("true", Resolved::Boolean),
            ("FALSE", Resolved::Boolean),
            ("yes", Resolved::Text("yes")),
            ("on", Resolved::Text("on")),
            ("0", Resolved::Integer(Some(0))),
            ("-17", Resolved::Integer(Some(-17))),
            ("+8", Resolved::Integer(Some(8))),
            ("0o17", Resolved::Integer(Some(15))),
            ("0xFf", Resolved::Integer(Some(255))),
            ("0x", Resolved::Text("0x")),
            ("0x-1", Resolved::Text("0x-1")),
            ("+-5", Resolved::Text("+-5")),
            ("1:30", Resolved::Text("1:30")),
            ("1_000", Resolved::Text("1_000")),
            ("99999999999999999999", Resolved::Integer(None)),
            ("1.25", Resolved::Float),
            (".5", Resolved::Float),
            ("3.", Resolved::Float),
            ("-1e9", Resolved::Float),
            ("1e", Resolved::Text("1e")),
            (".", Resolved::Text(".")),
            ("-", Resolved::Text("-")),
            ("e1", Resolved::Text("e1")),
            ("1.2.3", Resolved::Text("1.2.3")),
            ("-.INF", Resolved::Float),
            (".nan", Resolved::Float),
            ("-.nan", Resolved::Text("-.nan")),
            ("nginx:1.25", Resolved::Text("nginx:1.25")),
        ] {
            assert_eq!(resolve(text, Style::Plain, None), expected, "{text}");
            assert_eq!(resolve(text, Style::SingleQuoted, None), Resolved::Text(text));
        }
    }

    #[test]
    fn a_tag_says_what_a_scalar_is() {
        let of = |text, tag| resolve(text, Style::Plain, Some(tag));
        assert_eq!(of("1", "tag:yaml.org,2002:str"), Resolved::Text("1"));
        assert_eq!(of("1", "!"), Resolved::Text("1"));
        assert_eq!(of("1", "tag:yaml.org,2002:int"), Resolved::Integer(Some(1)));
        assert_eq!(of("1", "tag:yaml.org,2002:float"), Resolved::Float);
        assert_eq!(of("true", "tag:yaml.org,2002:bool"), Resolved::Boolean);
        assert_eq!(of("", "tag:yaml.org,2002:null"), Resolved::Null);
        for (text, tag) in [("x", "tag:yaml.org,2002:int"), ("eA==", "tag:yaml.org,2002:binary"), ("x", "!Sub")] {
            assert_eq!(of(text, tag), Resolved::Tagged, "{text} {tag}");
        }
    }
}
