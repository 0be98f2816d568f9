//! Readers: what people type, turned into typed values, with a sentence that says why.
//!
//! Every reader has a quick function for scoring, which allocates nothing or little and gives a
//! small enum, and `explain`, which gives the same value with the reason in words. No reader
//! panics, whatever it is given, and each looks at a bounded part of a long text.

mod edit;
mod fold;

pub mod company_size;
pub mod email;
pub mod junk;
pub mod phone;
pub mod sensitive;
pub mod title;

pub(crate) use fold::plain;

/// A value and the reason for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained<T> {
    /// What the reader decided; the same as its quick function gives.
    pub value: T,
    /// One sentence for people, that says what in the text decided it.
    pub why: String,
}

/// Defines an enum whose variants have one word each, in snake case.
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All values, in the order of their definition.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The word for it, in snake case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use word_enum;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_everything(text: &str, other: &str) {
        assert_eq!(title::read(text), title::explain(text).value);
        assert_eq!(email::kind(text), email::explain(text).value);
        assert_eq!(junk::is_junk(text), junk::explain(text).value >= junk::THRESHOLD);
        assert!((0.0..=1.0).contains(&junk::score(text)));
        assert_eq!(phone::read(text, Some(other)), phone::explain(text, Some(other)).value);
        assert_eq!(company_size::read(text), company_size::explain(text).value);
        email::same_company(text, other);
        sensitive::sensitive(text, [other]);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in any::<String>(), other in any::<String>()) {
            read_everything(&text, &other);
        }

        #[test]
        fn nothing_panics_on_what_looks_right(
            text in "[A-Za-zñÁé ,./&+@|()-]{0,60}",
            other in "[0-9 +().,a-z@-]{0,30}",
        ) {
            read_everything(&text, &other);
            read_everything(&other, &text);
        }
    }

    #[test]
    fn long_texts_are_cut() {
        for piece in ["a", "1", "ñ", "director ", "(", "@", "1-", "王", "\u{301}", "a.", "/a"] {
            let text = piece.repeat(200_000);
            let start = std::time::Instant::now();
            read_everything(&text, &text);
            assert!(start.elapsed().as_millis() < 500, "{piece}: {:?}", start.elapsed());
        }
    }
}
