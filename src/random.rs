//! Random numbers of the operating system, for names that nobody can guess.

use crate::fault::{Fault, Result};

/// `bytes` random bytes as lowercase hexadecimal digits, two a byte.
///
/// # Errors
/// A machine without a source of random numbers.
pub fn hex(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|error| Fault::new("draw a random number", error))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn no_two_are_the_same() {
        let (one, other) = (hex(16).unwrap(), hex(16).unwrap());
        assert_eq!(one.len(), 32);
        assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
        assert_ne!(one, other);
    }
}
