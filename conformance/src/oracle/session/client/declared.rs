//! What is known of the calls of a client besides what it sends. What is not known is not judged.

use std::fmt::Debug;

use pwp_proto::{Dialect, Framing};
use pwp_spec::{Feature, Features};

use crate::oracle::CallId;

/// What is known of the calls of one process.
pub trait Declarations: Debug + Send + Sync {
    /// What a request is called: the name of its action.
    fn name(&self, call: CallId) -> String {
        format!("no. {}", call.0 + 1)
    }

    /// The features that the action of a request declares.
    fn features(&self, call: CallId) -> Option<&Features>;

    /// The dialect that the worker declares, where it is not only found out.
    fn dialect(&self) -> Option<Dialect> {
        None
    }

    /// The verbosity that the user has asked for.
    fn verbosity(&self) -> Option<i32> {
        None
    }

    /// Whether a request with an id other than 0 has to have a sandbox of its own; nothing if only that can be judged which it
    /// says itself.
    fn is_sandboxed(&self, _call: CallId) -> Option<bool> {
        None
    }

    /// Whether the client has given up an open call when it sends the request of another one.
    fn gave_up(&self, _open: CallId, _next: CallId, is_cancelled: bool) -> bool {
        is_cancelled
    }

    /// Whether a request begins inside another one, so that the form of none can be judged.
    fn is_torn(&self) -> bool {
        false
    }

    /// Whether it is known what the actions declare and what became of them, so that their rules say what a request alone can
    /// only hint at.
    fn knows_the_case(&self) -> bool {
        false
    }

    /// The largest request that the client sends, in bytes.
    fn largest_request(&self) -> Option<usize> {
        None
    }
}

/// What somebody says that the worker declares. What is absent is not judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declaration {
    /// The framing of its messages.
    pub dialect: Option<Framing>,
    /// The features that the worker declares.
    pub features: Option<Features>,
}

impl Declarations for Declaration {
    fn features(&self, _call: CallId) -> Option<&Features> {
        self.features.as_ref()
    }

    fn dialect(&self) -> Option<Dialect> {
        self.dialect.map(Dialect::from)
    }
}

/// Whether it is known that the action of a call does not declare this.
pub(super) fn lacks(declared: &dyn Declarations, call: CallId, feature: Feature) -> bool {
    declared.features(call).is_some_and(|features| !features.contains(&feature))
}
