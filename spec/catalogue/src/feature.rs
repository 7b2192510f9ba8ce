//! What a worker declares beyond its dialect, and the condition that a requirement puts on it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Something that a worker declares beyond its dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[derive(Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownFeature, parse_err_fn = unknown_feature)]
pub enum Feature {
    /// Several requests in flight at once, `supports-multiplex-workers`.
    Multiplex,
    /// Requests can be cancelled, `supports-worker-cancellation`.
    Cancellation,
    /// Each request names the directory it works in, `supports-multiplex-sandboxing`.
    MultiplexSandboxing,
    /// The `verbosity` field of a request changes what the worker logs.
    Verbosity,
}

/// The features that a subject declares.
pub type Features = BTreeSet<Feature>;

impl Feature {
    /// The features, in the order in which they are shown.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name as it is written in the book, in files and on the command line.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A feature that the standard does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown feature {0:?}: write multiplex, cancellation, multiplex-sandboxing or verbosity")]
pub struct UnknownFeature(pub String);

fn unknown_feature(name: &str) -> UnknownFeature {
    UnknownFeature(name.to_owned())
}

/// Which declared features a requirement depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureCondition {
    /// It applies whatever is declared.
    #[default]
    Always,
    /// `with A and B`: all of these are declared.
    AllOf(Vec<Feature>),
    /// `with A or B`: at least one of these is declared.
    AnyOf(Vec<Feature>),
    /// `without A`: this one is not declared.
    Without(Feature),
}

impl FeatureCondition {
    /// Whether a subject that declares `features` meets the condition.
    pub fn met_by(&self, features: &Features) -> bool {
        match self {
            Self::Always => true,
            Self::AllOf(all) => all.iter().all(|feature| features.contains(feature)),
            Self::AnyOf(any) => any.iter().any(|feature| features.contains(feature)),
            Self::Without(feature) => !features.contains(feature),
        }
    }

    /// The features that the condition names.
    pub fn features(&self) -> &[Feature] {
        match self {
            Self::Always => &[],
            Self::AllOf(features) | Self::AnyOf(features) => features,
            Self::Without(feature) => std::slice::from_ref(feature),
        }
    }
}

impl fmt::Display for FeatureCondition {
    /// As in a block's first line (`with multiplex or cancellation`), and nothing for [`Self::Always`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |features: &[Feature], joint: &str| {
            features.iter().map(|feature| feature.as_str()).collect::<Vec<_>>().join(joint)
        };
        match self {
            Self::Always => f.pad(""),
            Self::AllOf(all) => f.pad(&format!("with {}", names(all, " and "))),
            Self::AnyOf(any) => f.pad(&format!("with {}", names(any, " or "))),
            Self::Without(feature) => f.pad(&format!("without {feature}")),
        }
    }
}
