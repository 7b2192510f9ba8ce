//! What the actions of a case declare, for the judge of one process.

use pwp_spec::{Feature, Features};

use crate::oracle::CallId;
use crate::oracle::session::Declarations;

use super::exchange::LARGEST;
use super::requests::gave_up;
use super::view::CaseView;

/// What is declared of the requests of one process, and what is known of the whole case.
#[derive(Debug)]
pub(super) struct CaseDeclarations {
    requests: Vec<DeclaredRequest>,
    verbosity: i32,
    is_torn: bool,
}

/// What is declared of one request.
#[derive(Debug)]
struct DeclaredRequest {
    /// The name of its action.
    name: String,
    /// The features of its action, if that is known.
    features: Option<Features>,
    /// It has to have a sandbox of its own.
    is_sandboxed: bool,
    /// The client has given it up before it was answered.
    is_given_up: bool,
}

impl CaseDeclarations {
    /// What is declared of the requests of this process.
    pub(super) fn of(view: &CaseView<'_>, session: usize) -> Self {
        let exchange = &view.exchanges[session];
        let requests = exchange.requests.iter().map(|request| {
            let features = view.action(&request.name).map(|action| action.declared.features.clone());
            let declares = |features: &Features| features.contains(&Feature::MultiplexSandboxing);
            DeclaredRequest {
                name: request.name.clone(),
                is_sandboxed: view.seen.bounds.sandboxing && features.as_ref().is_some_and(declares),
                features,
                is_given_up: gave_up(view, request),
            }
        });
        Self {
            requests: requests.collect(),
            verbosity: view.seen.bounds.verbosity,
            is_torn: exchange.torn.is_some() && !exchange.requests.is_empty(),
        }
    }

    fn request(&self, call: CallId) -> Option<&DeclaredRequest> {
        self.requests.get(usize::try_from(call.0).ok()?)
    }
}

impl Declarations for CaseDeclarations {
    fn name(&self, call: CallId) -> String {
        self.request(call).map(|request| request.name.clone()).unwrap_or_default()
    }

    fn features(&self, call: CallId) -> Option<&Features> {
        self.request(call).and_then(|request| request.features.as_ref())
    }

    fn verbosity(&self) -> Option<i32> {
        Some(self.verbosity)
    }

    fn is_sandboxed(&self, call: CallId) -> Option<bool> {
        Some(self.request(call).is_some_and(|request| request.is_sandboxed))
    }

    fn gave_up(&self, open: CallId, next: CallId, _is_cancelled: bool) -> bool {
        let (open, next) = (self.request(open), self.request(next));
        open.zip(next).is_some_and(|(open, next)| open.is_given_up && open.name != next.name)
    }

    fn is_torn(&self) -> bool {
        self.is_torn
    }

    fn knows_the_case(&self) -> bool {
        true
    }

    fn largest_request(&self) -> Option<usize> {
        Some(LARGEST)
    }
}
