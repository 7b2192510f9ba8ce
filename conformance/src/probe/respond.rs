//! The bytes of an answer.

use pwp_proto::{EncodeOptions, Framing, WorkResponse, encode_with};

use super::scenario::{Answer, AnswerId, Text};

/// What answers are made for.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) dialect: Framing,
    pub(super) process: u32,
    pub(super) request_id: i32,
    pub(super) name: String,
}

impl Context {
    /// The bytes of a response.
    pub(super) fn answer(&self, answer: &Answer) -> Vec<u8> {
        let mut output = self.fill(&answer.output);
        output.extend(std::iter::repeat_n('.', answer.padding as usize));
        let response = WorkResponse {
            exit_code: answer.exit_code,
            output,
            request_id: match answer.id {
                AnswerId::Own => self.request_id,
                AnswerId::Off(by) => self.request_id.wrapping_add(by),
                AnswerId::Exactly(id) => id,
            },
            was_cancelled: answer.was_cancelled,
        };
        let options = EncodeOptions {
            unknown_fields: answer.unknown_fields,
            newline: !answer.no_newline,
            ..EncodeOptions::default()
        };
        let mut bytes = encode_with(self.dialect, &response, &options);
        bytes.truncate(answer.cut.unwrap_or(usize::MAX));
        bytes.drain(..answer.skip.min(bytes.len()));
        bytes
    }

    /// The bytes of a text.
    pub(super) fn text(&self, text: &Text) -> Vec<u8> {
        self.fill(&text.text).repeat(text.times as usize).into_bytes()
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{name}", &self.name).replace("{process}", &self.process.to_string())
    }
}

/// Bytes from hex; what is no hex is left out.
pub(super) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
