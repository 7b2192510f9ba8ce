//! The fields of the messages as tables, so that each reader and each writer is written once.

use crate::v1::{Input, WorkRequest, WorkResponse};

/// A field's number and its two names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    pub(crate) number: u32,
    /// As in the .proto file.
    pub(crate) name: &'static str,
    /// As in JSON.
    pub(crate) json: &'static str,
}

/// The place of a field's value in a message, to be filled.
pub enum Slot<'a> {
    Int32(&'a mut i32),
    Bool(&'a mut bool),
    String(&'a mut String),
    Bytes(&'a mut Vec<u8>),
    Strings(&'a mut Vec<String>),
    Inputs(&'a mut Vec<Input>),
}

impl Slot<'_> {
    /// Gives the field its default value again.
    pub(crate) fn clear(self) {
        match self {
            Self::Int32(place) => *place = 0,
            Self::Bool(place) => *place = false,
            Self::String(place) => place.clear(),
            Self::Bytes(place) => place.clear(),
            Self::Strings(place) => place.clear(),
            Self::Inputs(place) => place.clear(),
        }
    }
}

/// A field's value, to be written.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Int32(&'a i32),
    Bool(&'a bool),
    String(&'a String),
    Bytes(&'a Vec<u8>),
    Strings(&'a Vec<String>),
    Inputs(&'a Vec<Input>),
}

impl Value<'_> {
    /// Whether this is what an absent field means.
    pub(crate) fn is_default(self) -> bool {
        match self {
            Self::Int32(value) => *value == 0,
            Self::Bool(value) => !*value,
            Self::String(value) => value.is_empty(),
            Self::Bytes(value) => value.is_empty(),
            Self::Strings(value) => value.is_empty(),
            Self::Inputs(value) => value.is_empty(),
        }
    }
}

/// A message seen as its fields. It seals [`crate::Message`]: it cannot be named outside this crate.
pub trait Reflect {
    /// All fields, in ascending order of their numbers.
    fn fields(&self) -> &'static [FieldInfo];
    /// Where the value of the field with this number belongs; `None` if there is no such field.
    fn slot(&mut self, number: u32) -> Option<Slot<'_>>;
    /// The value of the field with this number; `None` if there is no such field.
    fn value(&self, number: u32) -> Option<Value<'_>>;
}

macro_rules! fields {
    ($message:ident { $($number:literal $field:ident $json:literal $kind:ident,)* }) => {
        impl Reflect for $message {
            fn fields(&self) -> &'static [FieldInfo] {
                &[$(FieldInfo { number: $number, name: stringify!($field), json: $json },)*]
            }

            fn slot(&mut self, number: u32) -> Option<Slot<'_>> {
                match number {
                    $($number => Some(Slot::$kind(&mut self.$field)),)*
                    _ => None,
                }
            }

            fn value(&self, number: u32) -> Option<Value<'_>> {
                match number {
                    $($number => Some(Value::$kind(&self.$field)),)*
                    _ => None,
                }
            }
        }
    };
}

fields!(Input {
    1 path "path" String,
    2 digest "digest" Bytes,
});

fields!(WorkRequest {
    1 arguments "arguments" Strings,
    2 inputs "inputs" Inputs,
    3 request_id "requestId" Int32,
    4 cancel "cancel" Bool,
    5 verbosity "verbosity" Int32,
    6 sandbox_dir "sandboxDir" String,
});

fields!(WorkResponse {
    1 exit_code "exitCode" Int32,
    2 output "output" String,
    3 request_id "requestId" Int32,
    4 was_cancelled "wasCancelled" Bool,
});

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables above must say what the schema says.
    #[test]
    fn tables_match_the_schema() {
        let root = env!("CARGO_MANIFEST_DIR");
        let descriptors = protox::compile([format!("{root}/pwp/worker/v1/worker.proto")], [root]).unwrap();
        let tables: [(&str, &'static [FieldInfo]); 3] = [
            ("Input", Input::default().fields()),
            ("WorkRequest", WorkRequest::default().fields()),
            ("WorkResponse", WorkResponse::default().fields()),
        ];
        let messages = &descriptors.file[0].message_type;
        assert_eq!(messages.len(), tables.len());
        for (message, (name, table)) in messages.iter().zip(tables) {
            assert_eq!(message.name(), name);
            let schema: Vec<_> =
                message.field.iter().map(|f| (f.number() as u32, f.name(), f.json_name())).collect();
            let ours: Vec<_> = table.iter().map(|f| (f.number, f.name, f.json)).collect();
            assert_eq!(schema, ours, "{name}");
        }
    }
}
