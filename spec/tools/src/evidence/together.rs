//! Which build tool drives which worker: real ones on both sides, five actions each.

use super::cell::{anchor, plain, table};
use super::{Pair, PairState, Together};

pub(super) fn page(all: &Together) -> String {
    let out = format!(
        "# Which build tool drives which worker\n\nReal build tools with real workers that nobody here wrote; [who obeys what today](today.md) says what each \
         of them is. Each worker was given {} actions by each build tool: all but one at once, then one more with a changed source, by the same process. A pair *works* if \
         all of them came out right: outputs with the right content, the same bytes with each build tool, and the worker's messages shown. It *cannot* if the build \
         tool has no way to speak with that worker. \"In turn\" says that the worker got one request at a time, \"at once\" that it got them side by side.\n\n",
        all.actions
    );
    if all.cells.is_empty() {
        return out + "No result is saved yet.\n";
    }
    let clients = distinct(all, |pair| &pair.client);
    let head = ["worker".to_owned()].into_iter().chain(clients.iter().map(|client| plain(client)));
    let rows = distinct(all, |pair| &pair.worker).into_iter().map(|worker| {
        let cells = clients.iter().map(|client| {
            let pair = all.cells.iter().find(|pair| pair.client == *client && pair.worker == worker);
            pair.map(|pair| cell(pair, all.actions)).unwrap_or_default()
        });
        [plain(worker)].into_iter().chain(cells).collect()
    });
    out + &table(head.collect(), rows) + &reasons(all)
}

/// The different names of clients or of workers, in the order of the results.
fn distinct(all: &Together, name: impl Fn(&Pair) -> &str) -> Vec<&str> {
    let mut names = Vec::new();
    for pair in &all.cells {
        if !names.contains(&name(pair)) {
            names.push(name(pair));
        }
    }
    names
}

fn cell(pair: &Pair, actions: u64) -> String {
    let why = || format!("[why](#{}-{})", pair.client, pair.worker);
    match pair.state {
        PairState::Works if pair.mode == "multiplex" => "works, at once".to_owned(),
        PairState::Works => "works, in turn".to_owned(),
        PairState::AtTimes => format!("**fails at times** {}", why()),
        PairState::Fails => format!("**fails**, {} of {actions} right {}", pair.done, why()),
        PairState::Cannot => format!("cannot {}", why()),
    }
}

/// What was seen where it does not work.
fn reasons(all: &Together) -> String {
    let mut out = String::new();
    for pair in all.cells.iter().filter(|pair| pair.state != PairState::Works) {
        if out.is_empty() {
            out += "\n## What was seen where it does not work\n\n";
        }
        let mark = anchor(format_args!("{}-{}", pair.client, pair.worker));
        out +=
            &format!("- {mark}{} with {}: {}\n", plain(&pair.client), plain(&pair.worker), plain(&pair.note));
    }
    out
}
