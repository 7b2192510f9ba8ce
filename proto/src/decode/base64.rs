//! Base64 as protobuf's JSON mapping reads it: either alphabet, padding or none.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes, and whether the text is the canonical one for them; `None` if it is not base64 in any form.
pub(super) fn decode(text: &str) -> Option<(Vec<u8>, bool)> {
    if let Ok(bytes) = STANDARD.decode(text) {
        return Some((bytes, true));
    }
    let standard: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        })
        .collect();
    LENIENT.decode(standard).ok().map(|bytes| (bytes, false))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn canonical_and_other_forms() {
        assert_eq!(decode("+/8="), Some((vec![0xfb, 0xff], true)));
        for other in ["+/8", "-_8=", "-_8", " +/ 8=\n", "+/9="] {
            assert_eq!(decode(other), Some((vec![0xfb, 0xff], false)), "{other:?}");
        }
        for none in ["!!", "A", "=", "AA=A"] {
            assert_eq!(decode(none), None, "{none:?}");
        }
    }
}
