//! What is known of the calls of a client besides what it sends. What is not known is not judged.

use pwp_proto::Framing;
use pwp_spec::{Feature, Features};

use crate::oracle::CallId;

/// What somebody says that the worker declares. What is absent is not judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declaration {
    /// The framing of its messages.
    pub dialect: Option<Framing>,
    /// The features that the worker declares.
    pub features: Option<Features>,
}

/// What is known of the calls of one process.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    /// What the worker declares, where nothing is known of a case.
    pub(crate) worker: Declaration,
    /// What the actions declare and what became of them, so that their rules say what a request alone can only hint at.
    pub(crate) case: Option<CaseDeclarations>,
}

/// What is declared of the requests of one process, and what is known of the whole case.
#[derive(Debug)]
pub(crate) struct CaseDeclarations {
    pub(crate) requests: Vec<DeclaredRequest>,
    /// The verbosity that the user has asked for.
    pub(crate) verbosity: i32,
    /// A request begins inside another one, so that the form of none can be judged.
    pub(crate) is_torn: bool,
}

/// What is declared of one request.
#[derive(Debug)]
pub(crate) struct DeclaredRequest {
    /// The name of its action.
    pub(crate) name: String,
    /// The features of its action, if that is known.
    pub(crate) features: Option<Features>,
    /// It has to have a sandbox of its own.
    pub(crate) is_sandboxed: bool,
    /// The client has given it up before it was answered.
    pub(crate) is_given_up: bool,
}

impl Declarations {
    fn request(&self, call: CallId) -> Option<&DeclaredRequest> {
        self.case.as_ref()?.requests.get(usize::try_from(call.0).ok()?)
    }

    /// What a request is called: the name of its action, if that is known.
    pub(super) fn name(&self, call: CallId) -> String {
        match &self.case {
            None => format!("no. {}", call.0 + 1),
            Some(_) => self.request(call).map(|request| request.name.clone()).unwrap_or_default(),
        }
    }

    /// The features that the action of a request declares.
    pub(super) fn features(&self, call: CallId) -> Option<&Features> {
        self.worker.features.as_ref().or_else(|| self.request(call)?.features.as_ref())
    }

    /// Whether it is known that the action of a call does not declare this.
    pub(super) fn lacks(&self, call: CallId, feature: Feature) -> bool {
        self.features(call).is_some_and(|features| !features.contains(&feature))
    }

    /// Whether a request with an id other than 0 has to have a sandbox of its own; nothing if only that can be judged which it
    /// says itself.
    pub(super) fn is_sandboxed(&self, call: CallId) -> Option<bool> {
        self.case.as_ref().map(|_| self.request(call).is_some_and(|request| request.is_sandboxed))
    }

    /// Whether the client has given up an open call when it sends the request of another one.
    pub(super) fn gave_up(&self, open: CallId, next: CallId, is_cancelled: bool) -> bool {
        let requests = self.request(open).zip(self.request(next));
        match self.case {
            None => is_cancelled,
            Some(_) => requests.is_some_and(|(open, next)| open.is_given_up && open.name != next.name),
        }
    }

    pub(super) fn is_torn(&self) -> bool {
        self.case.as_ref().is_some_and(|case| case.is_torn)
    }
}
