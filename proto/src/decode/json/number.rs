//! Numbers, read exactly: no integer passes through a floating-point number.

use super::DecodeError;
use super::cursor::Cursor;

/// The digits of the longest i64.
const SIGNIFICANT: usize = 19;

/// What a number means for a field of type int32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integer {
    /// Its value, and whether it was written with a fraction or an exponent.
    Value(i32, bool),
    /// An integer that int32 cannot hold.
    OutOfRange,
    /// Not an integer.
    Fraction,
}

impl<'a> Cursor<'a, '_> {
    /// Reads the number that begins here (RFC 8259 section 6).
    pub(super) fn number(&mut self) -> Result<&'a str, DecodeError> {
        let start = self.at;
        if matches!(self.text.as_bytes().get(start..start + 2), Some(b"-I" | b"-N")) {
            return Err(self.expected_value());
        }
        self.eat(b'-');
        if self.eat(b'0') {
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.expected("no digit after a leading zero"));
            }
        } else {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), DecodeError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }
}

/// Whether all of `text` is one number, as protobuf's JSON mapping allows it inside a string.
pub(super) fn is_number(text: &str) -> bool {
    let mut notes = super::Notes::default();
    let mut cursor = Cursor::new(text, &mut notes);
    cursor.number().is_ok_and(|number| number.len() == text.len())
}

/// The value of a number that follows the grammar.
pub(super) fn integer(number: &str) -> Integer {
    let (negative, unsigned) = match number.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, number),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let as_float = whole.len() != unsigned.len();

    // The value is the digits without zeros at either end, times ten to the power of `scale`. Digits are put together only where they are
    // few: a number can be as long as the message.
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let (ahead, behind) = match (whole, fraction) {
        ("", fraction) => ("", fraction.trim_start_matches('0')),
        (whole, "") => (whole.trim_end_matches('0'), ""),
        both => both,
    };
    if ahead.is_empty() && behind.is_empty() {
        return Integer::Value(0, as_float);
    }
    let dropped = if fraction.is_empty() { whole.len() - ahead.len() } else { 0 };
    // An exponent that i64 cannot hold is as good as the largest.
    let exponent = exponent
        .parse::<i64>()
        .unwrap_or_else(|_| if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
    let scale = exponent.saturating_add(dropped as i64).saturating_sub(fraction.len() as i64);
    if scale < 0 {
        return Integer::Fraction;
    }
    let is_short = ahead.len() + behind.len() <= SIGNIFICANT;
    let significant =
        is_short.then(|| [ahead, behind].concat()).and_then(|digits| digits.parse::<i64>().ok());
    let magnitude = u32::try_from(scale)
        .ok()
        .and_then(|scale| 10i64.checked_pow(scale))
        .zip(significant)
        .and_then(|(power, digits)| digits.checked_mul(power));
    match magnitude.and_then(|value| i32::try_from(if negative { -value } else { value }).ok()) {
        Some(value) => Integer::Value(value, as_float),
        None => Integer::OutOfRange,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_exact() {
        use Integer::*;
        for (text, expected) in [
            ("0", Value(0, false)),
            ("-0", Value(0, false)),
            ("2147483647", Value(i32::MAX, false)),
            ("-2147483648", Value(i32::MIN, false)),
            ("2147483648", OutOfRange),
            ("4294967296", OutOfRange),
            ("99999999999999999999999999", OutOfRange),
            ("3.0", Value(3, true)),
            ("3e0", Value(3, true)),
            ("30e-1", Value(3, true)),
            ("0.003E+3", Value(3, true)),
            ("1.5", Fraction),
            ("3e-1", Fraction),
            ("1e400", OutOfRange),
            ("1e-99999999999999999999", Fraction),
            ("1e99999999999999999999", OutOfRange),
            ("0e99999999999999999999", Value(0, true)),
            ("12.50e1", Value(125, true)),
            ("0.00", Value(0, true)),
            ("100.0", Value(100, true)),
            ("0.10e2", Value(10, true)),
            ("120e-1", Value(12, true)),
            ("10.01e2", Value(1001, true)),
            ("10.01e1", Fraction),
            ("-20e1", Value(-200, true)),
        ] {
            assert!(is_number(text), "{text}");
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn a_number_as_long_as_a_message_is_exact() {
        let zeros = "0".repeat(1 << 20);
        let back = format!("e-{}", zeros.len());
        assert_eq!(integer(&format!("7{zeros}")), Integer::OutOfRange);
        assert_eq!(integer(&format!("7{zeros}{back}")), Integer::Value(7, true));
        assert_eq!(integer(&format!("0.{zeros}7")), Integer::Fraction);
        assert_eq!(integer(&"7".repeat(1 << 20)), Integer::OutOfRange);
    }

    #[test]
    fn what_is_not_a_number() {
        for text in ["", "-", "01", "+1", ".5", "1.", "1e", "1e+", "0x1", " 1", "1 ", "NaN", "-Infinity"] {
            assert!(!is_number(text), "{text:?}");
        }
    }
}
