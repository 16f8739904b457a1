//! Exact arithmetic on the decimal text of JSON numbers: any size, no rounding, no allocation.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// Exponents are cut here; a number spelled `1e1000000000000000` and a larger one compare as equal.
const EXPONENT_LIMIT: i64 = 1_000_000_000_000_000;

/// A number read from its JSON spelling: `±0.d₁d₂… × 10^point` with `d₁ ≠ 0` and the last digit ≠ 0; zero has no digits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal<'a> {
    negative: bool,
    /// The digits, in two pieces: the text has the decimal point between them.
    head: &'a [u8],
    tail: &'a [u8],
    point: i64,
}

impl<'a> Decimal<'a> {
    /// Reads a number that a JSON parser accepted; bytes of another text count as no digit at all.
    pub(crate) fn new(text: &'a str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, 0), |(m, e)| (m, read_exponent(e)));
        let (head, tail) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let (mut head, mut tail) = (head.as_bytes(), tail.as_bytes());
        let mut point = length(head);
        while let [b'0', rest @ ..] = head {
            head = rest;
            point -= 1;
        }
        if head.is_empty() {
            while let [b'0', rest @ ..] = tail {
                tail = rest;
                point -= 1;
            }
        }
        while let [rest @ .., b'0'] = tail {
            tail = rest;
        }
        if tail.is_empty() {
            while let [rest @ .., b'0'] = head {
                head = rest;
            }
        }
        let zero = head.is_empty() && tail.is_empty();
        Self { negative: negative && !zero, head, tail, point: if zero { 0 } else { point + exponent } }
    }

    /// Whether the number has no fractional part: `1.0` and `1e2` are integers (JSON Schema Core §4.2.3).
    pub(crate) fn is_integer(&self) -> bool {
        self.is_zero() || self.point >= self.len()
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.negative
    }

    /// The place of the decimal point, counted from the first significant digit.
    pub(crate) fn point(&self) -> i64 {
        self.point
    }

    /// The significant digits, 0–9.
    pub(crate) fn digits(&self) -> impl Iterator<Item = u8> + 'a {
        self.head.iter().chain(self.tail).map(|digit| digit.saturating_sub(b'0'))
    }

    fn len(&self) -> i64 {
        length(self.head) + length(self.tail)
    }

    /// The integer, where it fits.
    pub(crate) fn to_u64(self) -> Option<u64> {
        if self.negative || !self.is_integer() || self.point > 20 {
            return None;
        }
        let mut value = 0u64;
        let mut digits = self.digits();
        for _ in 0..self.point {
            value = value.checked_mul(10)?.checked_add(u64::from(digits.next().unwrap_or(0)))?;
        }
        Some(value)
    }

    /// Whether this is an integer times the divisor. `None` where the divisor has more significant digits than 64 bits
    /// hold, or is zero.
    pub(crate) fn is_multiple_of(&self, divisor: &Self) -> Option<bool> {
        let mut modulus = 0u64;
        for digit in divisor.digits() {
            modulus = modulus.checked_mul(10)?.checked_add(u64::from(digit))?;
        }
        if modulus == 0 {
            return None;
        }
        if self.is_zero() {
            return Some(true);
        }
        // self = V × 10^a and divisor = D × 10^b, neither V nor D ending in 0.
        let shift = (self.point - self.len()) - (divisor.point - divisor.len());
        let Ok(shift) = u64::try_from(shift) else {
            // V would have to be divisible by 10.
            return Some(false);
        };
        let modulus = u128::from(modulus);
        let remainder = self.digits().fold(0, |remainder, digit| (remainder * 10 + u128::from(digit)) % modulus);
        Some((remainder * power_of_ten(shift, modulus)).is_multiple_of(modulus))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal<'_> {}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.is_zero(), number.negative) {
            (true, _) => 0,
            (_, false) => 1,
            (_, true) => -1,
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let magnitude = self.point.cmp(&other.point).then_with(|| self.digits().cmp(other.digits()));
            if self.negative { magnitude.reverse() } else { magnitude }
        })
    }
}

impl Hash for Decimal<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.negative.hash(state);
        self.point.hash(state);
        for digit in self.digits() {
            state.write_u8(digit);
        }
    }
}

fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(EXPONENT_LIMIT)
}

fn read_exponent(text: &str) -> i64 {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let exponent = digits.iter().fold(0i64, |exponent, digit| {
        exponent.saturating_mul(10).saturating_add(i64::from(digit.saturating_sub(b'0'))).min(EXPONENT_LIMIT)
    });
    if negative { -exponent } else { exponent }
}

/// `10^exponent mod modulus`, the modulus below 2^64.
fn power_of_ten(mut exponent: u64, modulus: u128) -> u128 {
    let mut base = 10 % modulus;
    let mut result = 1 % modulus;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(left: &str, right: &str) -> Ordering {
        Decimal::new(left).cmp(&Decimal::new(right))
    }

    #[test]
    fn compares_exactly() {
        // Ascending; a binary float holds several of the neighbours as one value.
        let ascending = [
            "-1e400",
            "-123456789012345678901234567890",
            "-2",
            "-1.5",
            "-1",
            "-0.5",
            "-1e-400",
            "0",
            "1e-400",
            "0.09",
            "0.1",
            "0.10000000000000000001",
            "1",
            "1.5",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551616",
            "18446744073709551617",
            "1e400",
            "1e401",
        ];
        for (i, left) in ascending.iter().enumerate() {
            for (j, right) in ascending.iter().enumerate() {
                assert_eq!(compare(left, right), i.cmp(&j), "{left} {right}");
            }
        }
        for (left, right) in [
            ("0", "-0"),
            ("0", "0.000"),
            ("0", "0e5"),
            ("1", "1.0"),
            ("1", "10e-1"),
            ("100", "1E+2"),
            ("0.01", "1e-2"),
            ("120", "1.2e2"),
            ("-5.50", "-55e-1"),
        ] {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }

    #[test]
    fn knows_integers() {
        for text in ["0", "-0", "0.0", "1", "1.0", "-3.00", "1e400", "1.5e1", "100e-2", "0e-5"] {
            assert!(Decimal::new(text).is_integer(), "{text}");
        }
        for text in ["0.5", "1.5", "1e-1", "15e-1", "-0.1", "1e-400", "1.00000000000000000000000001"] {
            assert!(!Decimal::new(text).is_integer(), "{text}");
        }
        assert_eq!(Decimal::new("1.5e1").to_u64(), Some(15));
        assert_eq!(Decimal::new("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(Decimal::new("-0").to_u64(), Some(0));
        for text in ["18446744073709551616", "-1", "0.5", "1e400"] {
            assert_eq!(Decimal::new(text).to_u64(), None, "{text}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        let multiple = |value: &str, of: &str| Decimal::new(value).is_multiple_of(&Decimal::new(of));
        for (value, of) in [
            ("10", "2"),
            ("0", "7"),
            ("4.5", "1.5"),
            ("0.0075", "0.0001"),
            ("19.99", "0.01"),
            ("1e308", "1e-8"),
            ("-6", "3"),
            ("123456789012345678901234567890", "10"),
            ("9e400", "3e399"),
        ] {
            assert_eq!(multiple(value, of), Some(true), "{value} {of}");
        }
        for (value, of) in [
            ("7", "2"),
            ("35", "1.5"),
            ("0.00751", "0.0001"),
            ("1e308", "0.123456789"),
            ("1", "10"),
            ("1e400", "3"),
            ("123456789012345678901234567891", "10"),
        ] {
            assert_eq!(multiple(value, of), Some(false), "{value} {of}");
        }
        assert_eq!(multiple("1", "0"), None);
        assert_eq!(multiple("1", "123456789012345678901234567891"), None);
    }

    #[test]
    fn exponents_of_any_size_do_no_harm() {
        let huge = format!("1e{}", "9".repeat(1000));
        let tiny = format!("1e-{}", "9".repeat(1000));
        assert_eq!(compare(&huge, "1e999"), Ordering::Greater);
        assert_eq!(compare(&tiny, "1e-999"), Ordering::Less);
        assert_eq!(compare(&tiny, "0"), Ordering::Greater);
        assert_eq!(Decimal::new(&huge).is_multiple_of(&Decimal::new("7")), Some(false));
        assert!(Decimal::new(&huge).is_integer() && !Decimal::new(&tiny).is_integer());
    }
}
