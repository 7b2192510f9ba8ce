//! Deliberate misbehaviours of the reference worker, to prove that the conformance suite sees them.
//!
//! A [`Fault`] is one named way to be wrong: which requirements it breaks, which others it may break as a consequence and why, and a
//! hook that does it. Everything else stays correct. Faults are deterministic: they count, they never roll dice.
//!
//! A fault that makes the worker reject a request ends the process with exit status 1 and a line `fault NAME: …` on standard
//! error, without an answer, unless its name says otherwise. A worker that is made to hang ends when standard input ends and
//! on `SIGTERM`, unless the fault is about exactly that.
//!
//! | module | faults |
//! |---|---|
//! | `startup` | how the process starts; one-shot mode |
//! | `framing_in` | how requests are read |
//! | `stdout` | what is written to standard output, and when |
//! | `encoding` | how a response is encoded |
//! | `request_loop` | what happens between a request and its response |
//! | `apart` | what one request sees of others, of undeclared files and of the machine |
//! | `sandbox` | which file a path of a request means |
//! | `multiplex`, `cancel`, `shutdown`, `verbosity` | as their names say |
//! | `active` | the faults of a process, as one |
//! | `kit` | what the hooks are made of |

mod active;
mod apart;
mod cancel;
mod encoding;
mod framing_in;
mod kit;
mod multiplex;
mod request_loop;
mod sandbox;
mod shutdown;
mod startup;
mod stdout;
#[cfg(test)]
mod tests;
mod verbosity;

use pwp_proto::Framing;

pub(crate) use active::{Active, Start};

/// One named way in which the reference worker can misbehave.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What `--fault=` takes.
    pub name: &'static str,
    /// What the worker does wrong, as a sentence without its subject.
    pub about: &'static str,
    /// The dialects in which it can be seen.
    pub dialects: &'static [Framing],
    /// The features that have to be declared to see it: names as on the command line of `pwp`.
    pub features: &'static [&'static str],
    /// The requirements that it breaks, by ID.
    pub breaks: &'static [&'static str],
    /// The requirements that may be reported as broken, too, each with the reason.
    pub may_also_break: &'static [(&'static str, &'static str)],
    hook: kit::Hook,
}

const BOTH: &[Framing] = &[Framing::Proto, Framing::Json];
const PROTO: &[Framing] = &[Framing::Proto];
const JSON: &[Framing] = &[Framing::Json];

const MULTIPLEX: &[&str] = &["multiplex"];
const CANCELLATION: &[&str] = &["cancellation"];
const MULTIPLEX_SANDBOXING: &[&str] = &["multiplex-sandboxing"];
const VERBOSITY: &[&str] = &["verbosity"];

impl Fault {
    /// A fault of both dialects that needs no feature; the constants of the families start from it.
    const fn new(
        name: &'static str,
        about: &'static str,
        breaks: &'static [&'static str],
        hook: kit::Hook,
    ) -> Self {
        Self { name, about, dialects: BOTH, features: &[], breaks, may_also_break: &[], hook }
    }

    const fn only(mut self, dialects: &'static [Framing]) -> Self {
        self.dialects = dialects;
        self
    }

    const fn with(mut self, features: &'static [&'static str]) -> Self {
        self.features = features;
        self
    }

    const fn may_also_break(mut self, consequences: &'static [(&'static str, &'static str)]) -> Self {
        self.may_also_break = consequences;
        self
    }
}

const FAMILIES: [&[Fault]; 11] = [
    startup::FAULTS,
    framing_in::FAULTS,
    stdout::FAULTS,
    encoding::FAULTS,
    request_loop::FAULTS,
    apart::FAULTS,
    multiplex::FAULTS,
    cancel::FAULTS,
    sandbox::FAULTS,
    shutdown::FAULTS,
    verbosity::FAULTS,
];

const COUNT: usize = {
    let (mut count, mut family) = (0, 0);
    while family < FAMILIES.len() {
        count += FAMILIES[family].len();
        family += 1;
    }
    count
};

/// Every fault, in the order of the standard's chapters.
pub const ALL: &[Fault] = &{
    let mut all = [startup::FAULTS[0]; COUNT];
    let (mut count, mut family) = (0, 0);
    while family < FAMILIES.len() {
        let mut fault = 0;
        while fault < FAMILIES[family].len() {
            all[count] = FAMILIES[family][fault];
            count += 1;
            fault += 1;
        }
        family += 1;
    }
    all
};

/// The fault with this name.
pub fn find(name: &str) -> Option<&'static Fault> {
    ALL.iter().find(|fault| fault.name == name)
}
