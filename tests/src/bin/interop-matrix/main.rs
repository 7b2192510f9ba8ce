//! Makes each real build tool drive each real worker, five actions each, and compares what came of it with `results.json`.
//!
//! `tests/interop/matrix/run` starts it and says what the options mean.
//!
//! - `subjects`: the build tools and workers, from the targets and their workloads
//! - `workspace`: a Bazel workspace in which a worker is the tool of its actions
//! - `drive`: one build tool with one worker, and what is right and wrong about what came of it
//! - `results`: the table, read, compared and written

mod drive;
mod results;
mod subjects;
mod workspace;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use drive::Pool;
use pwp::process::{become_subreaper, end_on_signals, interrupted, kill_strays};
use pwp_tests::traces;
use results::{Cell, Results, State};
use subjects::{BuildTool, Subjects};

/// What goes wrong in the matrix itself.
type Failure = Box<dyn std::error::Error>;

/// What was asked for.
#[derive(Debug, Default)]
struct Wanted {
    /// The folder `tests/interop`.
    interop: PathBuf,
    /// The file in which `run` has written the targets.
    targets: PathBuf,
    save: bool,
    verbose: bool,
    clients: Vec<String>,
    workers: Vec<String>,
}

fn main() -> ExitCode {
    let wanted = match wanted(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(problem) => {
            eprintln!("matrix: {problem}; see the head of tests/interop/matrix/run");
            return ExitCode::from(2);
        }
    };
    run(&wanted).unwrap_or_else(|problem| {
        eprintln!("matrix: {problem}");
        ExitCode::FAILURE
    })
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--interop" => wanted.interop = value()?.into(),
            "--targets" => wanted.targets = value()?.into(),
            "--client" => wanted.clients.push(value()?),
            "--worker" => wanted.workers.push(value()?),
            "--save" => wanted.save = true,
            "--verbose" => wanted.verbose = true,
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(wanted)
}

/// Runs all cells that were asked for, and compares or saves them.
fn run(wanted: &Wanted) -> Result<ExitCode, Failure> {
    become_subreaper();
    end_on_signals()?;
    let mut subjects = Subjects::read(&wanted.interop, &wanted.targets)?;
    let is_wanted = |names: &[String], name: &String| names.is_empty() || names.contains(name);
    subjects.tools.retain(|tool| is_wanted(&wanted.clients, &tool.name));
    subjects.workers.retain(|worker| is_wanted(&wanted.workers, &worker.name));
    if subjects.tools.is_empty() || subjects.workers.is_empty() {
        return Err("no such client or worker; targets/ has their names".into());
    }
    let (mut cells, mut contents) = (Vec::new(), HashMap::new());
    for tool in &subjects.tools {
        let began = Instant::now();
        cells.extend(row(wanted, tool, &subjects, &mut contents)?);
        println!("{}: {} s", tool.name, began.elapsed().as_secs());
    }
    let file = wanted.interop.join("matrix/results.json");
    let saved = Results::read(&file)?;
    if wanted.save {
        let is_partial = !(wanted.clients.is_empty() && wanted.workers.is_empty());
        saved.with(cells, is_partial).write(&file)?;
        return Ok(ExitCode::SUCCESS);
    }
    let different: Vec<&Cell> = cells.iter().filter(|cell| saved.of(cell) != Some(*cell)).collect();
    for cell in &different {
        println!(
            "not as saved: {cell}\n      saved: {}",
            saved.of(cell).map_or_else(|| "none".into(), Cell::to_string)
        );
    }
    println!("{} passed, {} failed", cells.len() - different.len(), different.len());
    Ok(if different.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One build tool with all workers, in a folder of its own that is gone at the end.
fn row(
    wanted: &Wanted,
    tool: &BuildTool,
    subjects: &Subjects,
    contents: &mut drive::Contents,
) -> Result<Vec<Cell>, Failure> {
    let folder = tempfile::Builder::new().prefix("pwp-matrix-").tempdir()?;
    let root = folder.path().canonicalize()?;
    let cells = cells_of(wanted, tool, subjects, contents, &root);
    let left = traces::below(&root);
    kill_strays();
    make_removable(&root);
    if !left.is_empty() {
        return Err(format!("{} left processes behind: {left:?}", tool.name).into());
    }
    cells
}

fn cells_of(
    wanted: &Wanted,
    tool: &BuildTool,
    subjects: &Subjects,
    contents: &mut drive::Contents,
    root: &Path,
) -> Result<Vec<Cell>, Failure> {
    let rule = wanted.interop.join("matrix/rule.bzl");
    let bazel = tool.bazel(&root.join("shared"))?;
    let mut pool = Pool::new(tool, &bazel, root, &rule)?;
    let mut cells = Vec::new();
    for worker in &subjects.workers {
        let cell = pool.drive(worker, contents)?;
        if interrupted() {
            return Err("interrupted".into());
        }
        println!("{} x {}: {}", tool.name, worker.name, cell.in_short());
        if wanted.verbose && cell.state == State::Fails {
            println!("{}", pool.said());
        }
        cells.push(cell);
    }
    pool.end()?;
    Ok(cells)
}

/// Bazel takes away the right to write.
fn make_removable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_removable(&entry.path());
        }
    }
}
