//! JSON objects.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::EncodeOptions;
use crate::fields::{Reflect, Value};

/// The message as one object, with what `options` adds to it.
pub(super) fn object(message: &dyn Reflect, options: &EncodeOptions) -> Vec<u8> {
    let mut writer = Writer { out: String::new(), options, depth: 0 };
    writer.message(message);
    if options.newline {
        writer.out.push('\n');
    }
    writer.out.into_bytes()
}

struct Writer<'o> {
    out: String,
    options: &'o EncodeOptions,
    depth: usize,
}

impl Writer<'_> {
    fn message(&mut self, message: &dyn Reflect) {
        let values =
            message.fields().iter().filter_map(|info| Some((info.json, message.value(info.number)?)));
        let written = values.filter(|(_, value)| self.options.explicit_defaults || !value.is_default());
        self.open('{');
        let mut first = true;
        for (name, value) in written {
            self.name(name, &mut first);
            self.value(value);
        }
        if self.options.unknown_fields {
            self.unknown(&mut first);
        }
        self.close('}', first);
    }

    fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Int32(value) => self.out += &value.to_string(),
            Value::Bool(value) => self.out += if *value { "true" } else { "false" },
            Value::String(value) => self.string(value),
            Value::Bytes(value) => self.base64(value),
            Value::Strings(values) => self.array(values, |writer, value| writer.string(value)),
            Value::Inputs(values) => self.array(values, |writer, value| writer.message(value)),
        }
    }

    fn array<T>(&mut self, values: &[T], write: impl Fn(&mut Self, &T)) {
        self.open('[');
        let mut first = true;
        for value in values {
            self.separate(&mut first);
            write(self, value);
        }
        self.close(']', first);
    }

    /// Values of each kind under names that the schema does not have; the braces in a string mislead a reader that counts
    /// them everywhere.
    fn unknown(&mut self, first: &mut bool) {
        self.name("futureObject", first);
        self.open('{');
        let mut inner = true;
        self.name("list", &mut inner);
        self.array(&["}]", "{["], |writer, text| writer.string(text));
        self.name("nothing", &mut inner);
        self.out += "null";
        self.close('}', inner);
        self.name("futureList", first);
        self.array(&["1", "-2.5e3", "true", "null", "{}", "[]"], |writer, raw| writer.out += raw);
        self.name("futureNothing", first);
        self.out += "null";
    }

    fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
    }

    fn close(&mut self, bracket: char, empty: bool) {
        self.depth -= 1;
        if !empty {
            self.line_break();
        }
        self.out.push(bracket);
    }

    fn separate(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.out.push(',');
        }
        self.line_break();
    }

    fn line_break(&mut self) {
        if self.options.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn name(&mut self, name: &str, first: &mut bool) {
        self.separate(first);
        self.out.push('"');
        self.out += name;
        self.out += if self.options.pretty { "\": " } else { "\":" };
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                _ if self.options.escape_all => self.escape(c),
                '"' => self.out += "\\\"",
                '\\' => self.out += "\\\\",
                '\u{8}' => self.out += "\\b",
                '\u{c}' => self.out += "\\f",
                '\n' => self.out += "\\n",
                '\r' => self.out += "\\r",
                '\t' => self.out += "\\t",
                '\0'..' ' => self.escape(c),
                '=' | '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' if self.options.html_safe => {
                    self.escape(c);
                }
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    /// The one text that Bazel's JSON library does not make safe for HTML: its padding stays `=`.
    fn base64(&mut self, bytes: &[u8]) {
        let text = STANDARD.encode(bytes);
        if self.options.escape_all {
            return self.string(&text);
        }
        self.out.push('"');
        self.out += &text;
        self.out.push('"');
    }

    /// Writes a character as `\uXXXX`, twice for a surrogate pair.
    fn escape(&mut self, c: char) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            self.out += &format!("\\u{unit:04x}");
        }
    }
}
