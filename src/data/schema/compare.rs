//! What must hold between two columns of a row: `start <= end`.

use std::fmt;

/// What must hold between two columns of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The column on the left.
    pub left: String,
    /// How they compare.
    pub operator: Operator,
    /// The column on the right.
    pub right: String,
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `!=`
    Different,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

/// The longer ones come first, because the shorter ones begin them.
const OPERATORS: [(&str, Operator); 6] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("!=", Operator::Different),
    ("<", Operator::Less),
    (">", Operator::More),
];

impl Operator {
    /// Whether it holds of two values.
    pub fn holds<T: PartialOrd + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::Different => left != right,
            Self::AtLeast => left >= right,
            Self::More => left > right,
        }
    }

    /// As it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        OPERATORS.iter().find_map(|(sign, operator)| (*operator == self).then_some(*sign)).unwrap_or_default()
    }
}

impl Comparison {
    /// Takes `start <= end` apart. The first sign with spaces around it counts, so that a name may have signs in it;
    /// without any spaces, the first sign.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let spaced = OPERATORS.iter().map(|(sign, operator)| (format!(" {sign} "), *operator));
        let bare = OPERATORS.iter().map(|(sign, operator)| ((*sign).to_owned(), *operator));
        let split = |signs: Vec<(String, Operator)>| {
            let found =
                signs.into_iter().filter_map(|(sign, operator)| Some((text.find(&sign)?, sign, operator)));
            let (at, sign, operator) =
                found.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())))?;
            let (left, right) = (text[..at].trim(), text[at + sign.len()..].trim());
            let whole = !left.is_empty() && !right.is_empty();
            whole.then(|| Self { left: left.to_owned(), operator, right: right.to_owned() })
        };
        split(spaced.collect()).or_else(|| split(bare.collect()))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.left, self.operator.sign(), self.right)
    }
}
