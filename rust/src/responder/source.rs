//! Where an answer came from, for statistics and logs.

/// Who gave an answer, and what it is where a default answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) by: By,
    pub(crate) kind: Kind,
}

impl Source {
    /// Nobody has answered yet; if nobody else does, a default answer will.
    pub(crate) const DEFAULT: Source = Source { by: By::Default, kind: Kind::Other };
    /// Refused before anybody was asked.
    pub(crate) const REFUSED: Source = Source { by: By::Refusal, kind: Kind::Other };
}

/// Who gave an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum By {
    /// The default answers.
    Default,
    /// A prepared response of the host program.
    Route,
    /// A handler of the host program.
    Handler,
    /// A rule of the rules file.
    Rule,
    /// The server itself, which refused the request.
    Refusal,
}

impl By {
    /// Every one, by its number.
    pub(crate) const ALL: [By; 5] = [By::Default, By::Route, By::Handler, By::Rule, By::Refusal];

    /// The name, as logs show it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            By::Default => "default",
            By::Route => "route",
            By::Handler => "handler",
            By::Rule => "rule",
            By::Refusal => "refusal",
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:literal,)*) => {
        /// What a default answer is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Kind { $($(#[doc = $doc])+ $kind,)* }

        impl Kind {
            /// Every one, by its number.
            pub(crate) const ALL: &[Kind] = &[$(Kind::$kind),*];
            /// How many there are.
            pub(crate) const COUNT: usize = Kind::ALL.len();

            /// The name, as logs show it.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// No default answer, or one without a kind.
    Other "other",
    /// A page that somebody looks at.
    Page "page",
    /// A page within a page.
    Frame "frame",
    /// What asks for nothing in particular.
    Nothing "nothing",
    /// An image.
    Image "image",
    /// A script.
    Script "script",
    /// A style sheet.
    Style "style",
    /// JSON.
    Json "json",
    /// XML.
    Xml "xml",
    /// Plain text.
    Text "text",
    /// A font.
    Font "font",
    /// Sound.
    Audio "audio",
    /// Film.
    Video "video",
    /// Subtitles.
    Track "track",
    /// Octets of some format.
    Binary "binary",
    /// A connectivity check of a platform.
    Probe "probe",
    /// A beacon, or what a rule answers with nothing.
    Empty "empty",
    /// OPTIONS, a preflight among them.
    Options "options",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_their_own() {
        assert!(By::ALL.iter().enumerate().all(|(at, by)| *by as usize == at));
        assert!(Kind::ALL.iter().enumerate().all(|(at, kind)| *kind as usize == at));
        let names: std::collections::HashSet<_> =
            Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
