//! What the fuzz targets check. Each check takes any bytes and panics where something does not hold.
//!
//! | module | what it puts to the test |
//! |---|---|
//! | [`frame_reader`] | frames in both dialects, however the bytes arrive |
//! | [`wire`] | the wire scanner and the reader of protobuf bodies, against prost |
//! | [`json`] | the JSON mapping, against serde_json |
//! | [`amplified`] | the memory that a message takes which says the same thing over and over |
//! | [`script_loader`] | script files, and what is made of them: reductions, controls |
//! | [`workload_loader`] | workload files |
//! | [`files`] | what stands in a directory that a subject can write to |
//! | [`oracle`] | the judge: any history; and for hours, its memory |
//! | [`planted`] | bugs that the harness has to find |
//!
//! [`memory`] counts what is allocated, [`choices`] turns bytes into decisions, [`seeds`] writes the inputs with which a
//! corpus begins. The targets themselves, in `targets/`, are a line each.

pub mod amplified;
pub mod choices;
pub mod files;
pub mod frame_reader;
pub mod json;
pub mod memory;
pub mod oracle;
pub mod planted;
pub mod script_loader;
pub mod seeds;
pub mod wire;
pub mod workload_loader;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;
