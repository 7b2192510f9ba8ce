//! Writes the seeds of every target into a folder, and the dictionaries into `fuzz/dictionaries`.

use std::io::Result;
use std::path::Path;

use pwp_fuzz::seeds;

fn main() -> Result<()> {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("error: no folder; write `cargo run --bin seeds -- FOLDER`");
        std::process::exit(2);
    };
    for (target, seeds) in seeds::all() {
        let folder = Path::new(&folder).join(target);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries");
    std::fs::create_dir_all(&folder)?;
    for (target, text) in seeds::dictionaries() {
        std::fs::write(folder.join(format!("{target}.dict")), text)?;
    }
    Ok(())
}
