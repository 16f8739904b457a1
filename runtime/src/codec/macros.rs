//! What stands below a generated type: how each part of it is called in JSON.

/// The JSON form of a struct: for each field in the order of the document, whether its property is `required`, `optional`
/// or has a `default`, and the property's name; `rest` holds the properties that have no field.
///
/// ```
/// use mcpgen_runtime::codegen as rt;
///
/// #[derive(Debug, PartialEq)]
/// struct Pet {
///     id: i64,
///     r#type: Option<String>,
/// }
///
/// rt::record!(Pet {
///     id: required "id",
///     r#type: optional "type",
/// });
///
/// let pet: Pet = rt::RawJson::parse(r#"{"id": 5}"#)?.decode()?;
/// assert_eq!(pet, Pet { id: 5, r#type: None });
///
/// /// A struct of which several fields may be absent has a function of those that may not, to take the rest from.
/// #[derive(Debug, PartialEq)]
/// struct Toy {
///     name: String,
///     color: Option<String>,
///     price: Option<i64>,
/// }
///
/// rt::record!(Toy::new(name: String) {
///     name: required "name",
///     color: optional "color",
///     price: optional "price",
/// });
///
/// let toy = Toy { price: Some(3), ..Toy::new("ball".to_owned()) };
/// assert_eq!((toy.name.as_str(), toy.color, toy.price), ("ball", None, Some(3)));
///
/// /// Where positions could be mistaken, it takes them by name, in a struct of its own.
/// #[derive(Debug, PartialEq)]
/// pub struct Trip {
///     from: String,
///     to: String,
///     day: String,
///     seat: Option<String>,
///     meal: Option<String>,
/// }
///
/// rt::record!(Trip::new(TripRequired {
///     from: String,
///     to: String,
///     day: String,
/// }) {
///     from: required "from",
///     to: required "to",
///     day: required "day",
///     seat: optional "seat",
///     meal: optional "meal",
/// });
///
/// let required = TripRequired { from: "A".to_owned(), to: "B".to_owned(), day: "2026-01-02".to_owned() };
/// assert_eq!(Trip { meal: Some("soup".to_owned()), ..Trip::new(required) }.seat, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! record {
    ($name:ident { $($field:ident: $kind:ident $wire:literal $(or $absent:expr)?),* $(,)? }) => {
        impl $crate::codegen::Record for $name {
            #[inline]
            fn take(members: &mut $crate::codegen::Members) -> Result<Self, $crate::codegen::Mismatch> {
                Ok(Self { $($field: members.$kind($wire $(, $absent)?)?),* })
            }

            #[inline]
            fn show<'a>(&'a self, view: &mut $crate::codegen::RecordView<'a>) {
                $(view.$kind($wire, &self.$field);)*
            }
        }

        impl $crate::codegen::Codec for $name {
            #[inline]
            fn decode(value: $crate::codegen::Value) -> Result<Self, $crate::codegen::Mismatch> {
                $crate::codegen::Members::decode(value)
            }

            #[inline]
            fn view(&self) -> $crate::codegen::View<'_> {
                $crate::codegen::RecordView::of(self)
            }
        }

        $crate::serde_by_codec!($name);
    };
    (
        $name:ident :: new ($($argument:ident: $ty:ty),+ $(,)?)
        { $($field:ident: $kind:ident $wire:literal $(or $absent:expr)?),* $(,)? }
    ) => {
        impl $name {
            /// What is required; the rest is absent, or what the document gives as its default.
            #[must_use]
            pub fn new($($argument: $ty),+) -> Self {
                Self { $($field: $crate::record!(@value $kind $field $($absent)?)),* }
            }
        }

        $crate::record!($name { $($field: $kind $wire $(or $absent)?),* });
    };
    (
        $name:ident :: new ($required:ident { $($argument:ident: $ty:ty),+ $(,)? })
        { $($field:ident: $kind:ident $wire:literal $(or $absent:expr)?),* $(,)? }
    ) => {
        #[doc = concat!("The fields that a [`", stringify!($name), "`] cannot do without, for [`", stringify!($name), "::new`].")]
        #[derive(Clone, Debug)]
        pub struct $required {
            $(
                #[doc = concat!("See [`", stringify!($name), "::", stringify!($argument), "`].")]
                pub $argument: $ty,
            )+
        }

        impl $name {
            /// What is required; the rest is absent, or what the document gives as its default.
            #[must_use]
            pub fn new(required: $required) -> Self {
                let $required { $($argument),+ } = required;
                Self { $($field: $crate::record!(@value $kind $field $($absent)?)),* }
            }
        }

        $crate::record!($name { $($field: $kind $wire $(or $absent)?),* });
    };
    (@value required $field:ident) => { $field };
    (@value optional $field:ident) => { None };
    (@value rest $field:ident) => { Default::default() };
    (@value default $field:ident $absent:expr) => { $absent() };
}

/// The JSON form of an enum of texts: the text of each variant.
#[doc(hidden)]
#[macro_export]
macro_rules! text_enum {
    ($name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl $name {
            const TEXTS: &'static [(&'static str, Self)] = &[$(($text, Self::$variant)),+];

            /// The text in JSON.
            pub const fn as_str(self) -> &'static str {
                Self::TEXTS[self as usize].0
            }
        }

        impl $crate::codegen::Codec for $name {
            #[inline]
            fn decode(value: $crate::codegen::Value) -> Result<Self, $crate::codegen::Mismatch> {
                $crate::codegen::decode_text(value, Self::TEXTS)
            }

            #[inline]
            fn view(&self) -> $crate::codegen::View<'_> {
                $crate::codegen::View::Text(self.as_str())
            }
        }

        $crate::serde_by_codec!($name);
    };
}

/// The JSON form of an enum whose variants hold a type each: that of what they hold. `by` names the property that tells
/// the variants apart, if one does; `or` the variant that holds what fits none.
#[doc(hidden)]
#[macro_export]
macro_rules! union {
    (
        $name:ident $(by $tag:literal)? { $($variant:ident $(= $($value:literal)|+)?),+ $(,)? } $(or $other:ident)?
    ) => {
        impl $crate::codegen::Codec for $name {
            #[inline]
            fn decode(value: $crate::codegen::Value) -> Result<Self, $crate::codegen::Mismatch> {
                $crate::codegen::Candidates::of(value)
                    $(.by($tag))?
                    $(.or(&[$($($value),+)?], Self::$variant))+
                    .end($crate::union!(@other $(Self::$other)?))
            }

            #[inline]
            fn view(&self) -> $crate::codegen::View<'_> {
                match self {
                    $(Self::$variant(value) => $crate::codegen::Codec::view(value),)+
                    $(Self::$other(value) => $crate::codegen::Codec::view(value),)?
                }
            }
        }

        $crate::serde_by_codec!($name);
    };
    (@other) => { None };
    (@other $other:expr) => { Some($other) };
}

/// The JSON form of a struct around one value: that of the value.
#[doc(hidden)]
#[macro_export]
macro_rules! transparent {
    ($name:ident) => {
        impl $crate::codegen::Codec for $name {
            #[inline]
            fn decode(value: $crate::codegen::Value) -> Result<Self, $crate::codegen::Mismatch> {
                $crate::codegen::Codec::decode(value).map(Self)
            }

            #[inline]
            fn view(&self) -> $crate::codegen::View<'_> {
                $crate::codegen::Codec::view(&self.0)
            }
        }

        $crate::serde_by_codec!($name);
    };
}

/// `Serialize` and `Deserialize` of a type that has a codec.
#[doc(hidden)]
#[macro_export]
macro_rules! serde_by_codec {
    ($name:ident) => {
        impl $crate::codegen::Serialize for $name {
            #[inline]
            fn serialize<S: $crate::codegen::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::codegen::serialize(self, serializer)
            }
        }

        impl<'de> $crate::codegen::Deserialize<'de> for $name {
            #[inline]
            fn deserialize<D: $crate::codegen::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::codegen::deserialize(deserializer)
            }
        }
    };
}
