//! Durations as Go and notation write them: `1h30m`, `24h`, and also `90d`.

use std::time::Duration;

/// Nanoseconds of each unit. Go has no days; here a day is 24 hours.
const UNITS: [(&str, u128); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOSECONDS),
    ("m", 60 * NANOSECONDS),
    ("h", 3_600 * NANOSECONDS),
    ("d", 86_400 * NANOSECONDS),
];

const NANOSECONDS: u128 = 1_000_000_000;

/// The longest duration, that of Go: about 292 years.
const LONGEST: u128 = 9_223_372_036_854_775_807;

/// Digits of a number that are read at most; [`LONGEST`] has 19.
const DIGITS: usize = 20;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DurationError {
    /// A number without a unit, a unit without a number, or something else.
    #[error("not a duration such as `24h`, `1h30m` or `90d`")]
    Malformed,
    #[error("a duration cannot be negative")]
    Negative,
    #[error("longer than 292 years")]
    TooLong,
    #[error("a whole number of seconds is needed")]
    NotWhole,
}

/// Parses a duration: numbers with units, one after the other, or `0`.
pub(crate) fn parse(text: &str) -> Result<Duration, DurationError> {
    if text.starts_with('-') {
        return Err(DurationError::Negative);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(DurationError::Malformed);
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(DurationError::Malformed);
        }
        let end = after.find(|character: char| character == '.' || character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let Some((_, size)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(DurationError::Malformed);
        };
        total = total.checked_add(nanoseconds(whole, fraction, *size)?).ok_or(DurationError::TooLong)?;
        rest = after;
    }
    if total > LONGEST {
        return Err(DurationError::TooLong);
    }
    u64::try_from(total).map(Duration::from_nanos).map_err(|_too_long| DurationError::TooLong)
}

/// Parses a duration of whole seconds, as the expiry of a signature must be.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, DurationError> {
    let duration = parse(text)?;
    if duration.subsec_nanos() == 0 { Ok(duration) } else { Err(DurationError::NotWhole) }
}

/// A duration in the fewest units: `30d`, `1d12h`, `90s`. What is less than a second is left out.
pub(crate) fn words(duration: Duration) -> String {
    let mut left = duration.as_secs();
    let mut words = String::new();
    for (unit, seconds) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        let count = left / seconds;
        left %= seconds;
        if count > 0 {
            words.push_str(&format!("{count}{unit}"));
        }
    }
    if words.is_empty() { "0s".to_owned() } else { words }
}

/// The digits at the start, and what follows.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len()))
}

/// A decimal number of units. What is less than a nanosecond is cut off, as Go does.
fn nanoseconds(whole: &str, fraction: &str, unit: u128) -> Result<u128, DurationError> {
    if whole.len() > DIGITS {
        return Err(DurationError::TooLong);
    }
    let number = |digits: &str| digits.bytes().fold(0, |sum: u128, digit| sum * 10 + u128::from(digit - b'0'));
    let fraction = fraction.get(..DIGITS.min(fraction.len())).unwrap_or_default();
    let scale = fraction.bytes().fold(1_u128, |scale, _| scale * 10);
    Ok(number(whole) * unit + number(fraction) * unit / scale)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let table = [
            ("0", 0),
            ("0s", 0),
            ("1ns", 1),
            ("1us", 1_000),
            ("1µs", 1_000),
            ("1μs", 1_000),
            ("1ms", 1_000_000),
            ("1s", 1_000_000_000),
            ("+5s", 5_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("30m1h", 5_400_000_000_000),
            ("1d", 86_400_000_000_000),
            ("0.1ns", 0),
            ("9223372036854775807ns", 9_223_372_036_854_775_807),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), Ok(Duration::from_nanos(expected)), "{text}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for (seconds, expected) in [(0, "0s"), (90, "1m30s"), (3_600, "1h"), (129_600, "1d12h"), (2_592_000, "30d")] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(words(duration), expected);
            assert_eq!(parse(expected), Ok(duration));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_its_reason() {
        use DurationError as E;
        let table = [
            ("", E::Malformed),
            ("+", E::Malformed),
            ("5", E::Malformed),
            ("1.2.3s", E::Malformed),
            ("s", E::Malformed),
            (".s", E::Malformed),
            ("1 h", E::Malformed),
            ("1h ", E::Malformed),
            ("1w", E::Malformed),
            ("1H", E::Malformed),
            ("١s", E::Malformed),
            ("-1s", E::Negative),
            ("-", E::Negative),
            ("9223372036854775808ns", E::TooLong),
            ("106752d", E::TooLong),
            ("999999999999999999999999d", E::TooLong),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn an_expiry_has_whole_seconds() {
        assert_eq!(parse_seconds("1.5s"), Err(DurationError::NotWhole));
        assert_eq!(parse_seconds("1ms"), Err(DurationError::NotWhole));
        assert_eq!(parse_seconds("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_seconds("106751d"), Ok(Duration::from_secs(106_751 * 86_400)));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            drop(parse(&text));
        }

        #[test]
        fn whole_seconds_come_back_as_they_were(seconds in 0_u64..9_000_000_000) {
            prop_assert_eq!(parse_seconds(&format!("{seconds}s")), Ok(Duration::from_secs(seconds)));
        }

        #[test]
        fn texts_of_the_right_letters_do_not_panic(text in "[+\\-.0-9smhdnuµ]{0,60}") {
            drop(parse(&text));
        }
    }
}
