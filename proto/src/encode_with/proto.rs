//! Protobuf bodies.

use super::EncodeOptions;
use crate::fields::{FieldInfo, Reflect, Value};
use crate::varint;

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LEN: u32 = 2;
const FIXED32: u32 = 5;

/// The message without a length before it.
pub(super) fn body(message: &dyn Reflect, options: &EncodeOptions) -> Vec<u8> {
    let mut out = Vec::new();
    let fields = message.fields().iter();
    if options.reversed_fields {
        if options.unknown_fields {
            unknown(&mut out, true);
        }
        fields.rev().for_each(|info| field(message, info, options, &mut out));
    } else {
        fields.for_each(|info| field(message, info, options, &mut out));
        if options.unknown_fields {
            unknown(&mut out, false);
        }
    }
    out
}

fn tag(number: u32, wire_type: u32, out: &mut Vec<u8>) {
    varint::write(u64::from(number << 3 | wire_type), out);
}

fn bytes(number: u32, value: &[u8], out: &mut Vec<u8>) {
    tag(number, LEN, out);
    varint::write(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn field(message: &dyn Reflect, info: &FieldInfo, options: &EncodeOptions, out: &mut Vec<u8>) {
    let Some(value) = message.value(info.number) else { return };
    if value.is_default() && !options.explicit_defaults {
        return;
    }
    match value {
        Value::Int32(value) => {
            tag(info.number, VARINT, out);
            varint::write(i64::from(*value) as u64, out);
        }
        Value::Bool(value) => {
            tag(info.number, VARINT, out);
            out.push(u8::from(*value));
        }
        Value::String(value) => bytes(info.number, value.as_bytes(), out),
        Value::Bytes(value) => bytes(info.number, value, out),
        Value::Strings(values) => values.iter().for_each(|value| bytes(info.number, value.as_bytes(), out)),
        Value::Inputs(values) => {
            values.iter().for_each(|value| bytes(info.number, &body(value, options), out));
        }
    }
}

/// One field of each wire type, with numbers that the schema does not have.
fn unknown(out: &mut Vec<u8>, reversed: bool) {
    let mut fields: [fn(&mut Vec<u8>); 4] = [
        |out| bytes(100, b"a field from the future", out),
        |out| {
            tag(101, FIXED32, out);
            out.extend_from_slice(&32u32.to_le_bytes());
        },
        |out| {
            tag(102, FIXED64, out);
            out.extend_from_slice(&64u64.to_le_bytes());
        },
        |out| {
            tag(1000, VARINT, out);
            varint::write(300, out);
        },
    ];
    if reversed {
        fields.reverse();
    }
    for field in fields {
        field(out);
    }
}
