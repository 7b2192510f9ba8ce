//! Long texts in little memory: what people see of them, and whether two of them are the same.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

/// Bytes up to which a text is kept as it is.
const KEPT: usize = 64 << 10;
/// Bytes that are kept of the beginning and of the end of a longer one.
const END: usize = 2 << 10;

/// The text itself or, if it has more than 64 KiB, its beginning and its end with its length and its SHA-256 between them. Two texts are the
/// same if their abridged forms are.
pub fn abridged(text: &str) -> Cow<'_, str> {
    if text.len() <= KEPT {
        return Cow::Borrowed(text);
    }
    let boundary = |near: usize| (near - 3..=near).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (head, tail) = (&text[..boundary(END)], &text[boundary(text.len() - END)..]);
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    Cow::Owned(format!("{head}… {} bytes with SHA-256 {digest} …{tail}", text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_short_and_stay_different() {
        assert_eq!(abridged(&"x".repeat(KEPT)), "x".repeat(KEPT));
        for text in ["ö".repeat(KEPT), format!("x{}", "€".repeat(KEPT))] {
            let change = |(place, c): (usize, char)| if place == 20_000 { 'z' } else { c };
            let other: String = text.chars().enumerate().map(change).collect();
            let (one, two) = (abridged(&text), abridged(&other));
            assert_ne!(one, two);
            assert!(one.len() < 5000 && one.contains(&format!("{} bytes", text.len())), "{one}");
        }
    }
}
