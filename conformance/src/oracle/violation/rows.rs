//! The macro that makes an enum of rows: a way to be wrong, the requirement that it breaks, its sentence.

/// Makes an enum of rows `Variant { fields } breaks REQUIREMENT => "sentence", arguments;`.
///
/// The sentence is the variant's documentation too. The requirement and the arguments see the fields as references.
macro_rules! violations {
    (
        $(#[$attribute:meta])*
        pub enum $Name:ident {
            $(
                $(#[$doc:meta])*
                $Variant:ident $({ $($field:ident: $Type:ty),* })?
                    breaks $requirement:expr => $sentence:literal $(, $argument:expr)*;
            )*
        }
    ) => {
        $(#[$attribute])*
        #[allow(missing_docs, reason = "the fields are what the variant's sentence names")]
        pub enum $Name {
            $(#[doc = $sentence] $(#[$doc])* $Variant $({ $($field: $Type),* })?,)*
        }

        #[allow(unused_variables, reason = "most rows need few of their fields")]
        impl $Name {
            /// The names of all variants, in their order.
            pub const ALL: &[&str] = &[$(stringify!($Variant)),*];

            /// The requirement that this breaks, if nothing more specific is found to be the cause.
            pub fn requirement(&self) -> pwp_spec::RequirementId {
                match self {
                    $(Self::$Variant $({ $($field),* })? => $requirement,)*
                }
            }

            /// The name of the variant, by which two violations are the same symptom.
            pub fn symptom(&self) -> &'static str {
                match self {
                    $(Self::$Variant { .. } => stringify!($Variant),)*
                }
            }
        }

        impl std::error::Error for $Name {}

        #[allow(unused_variables, reason = "most rows need few of their fields")]
        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$Variant $({ $($field),* })? => write!(f, $sentence $(, $argument)*),)*
                }
            }
        }
    };
}
pub(super) use violations;
