//! THE table of kinds: media type, body, caching and extensions. A row is all that is needed to
//! add one.

use super::bodies as body;
use crate::responder::source;

/// One kind of thing that can be asked for.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) class: Class,
    /// The value of Content-Type.
    pub(super) mime: &'static str,
    /// The smallest valid body.
    pub(super) body: &'static [u8],
    pub(super) cache: Cache,
    /// In lower case, without the dot.
    pub(super) extensions: &'static [&'static str],
}

/// What an element or a media range asks for. The first row of a class stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A page that somebody looks at.
    Page,
    /// A page within a page.
    Frame,
    /// Nobody knows what.
    Nothing,
    Image,
    Script,
    Style,
    Json,
    Xml,
    Text,
    Font,
    Audio,
    Video,
    Track,
    Binary,
    /// Made by a program on the server: only the client knows what it asks for.
    Program,
}

/// How long an answer may be kept. Long enough to spare requests, short enough that a name which
/// is no longer blocked works soon.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cache {
    /// An hour: what pages ask for again and again and what never differs.
    Hour,
    /// Not at all: what may be real the next time.
    Never,
}

impl Class {
    pub(super) const ALL: [Class; 15] = [
        Class::Page,
        Class::Frame,
        Class::Nothing,
        Class::Image,
        Class::Script,
        Class::Style,
        Class::Json,
        Class::Xml,
        Class::Text,
        Class::Font,
        Class::Audio,
        Class::Video,
        Class::Track,
        Class::Binary,
        Class::Program,
    ];
    pub(super) const COUNT: usize = Class::ALL.len();

    /// The class, as logs and statistics name it.
    pub(super) fn kind(self) -> source::Kind {
        match self {
            Class::Page | Class::Program => source::Kind::Page,
            Class::Frame => source::Kind::Frame,
            Class::Nothing => source::Kind::Nothing,
            Class::Image => source::Kind::Image,
            Class::Script => source::Kind::Script,
            Class::Style => source::Kind::Style,
            Class::Json => source::Kind::Json,
            Class::Xml => source::Kind::Xml,
            Class::Text => source::Kind::Text,
            Class::Font => source::Kind::Font,
            Class::Audio => source::Kind::Audio,
            Class::Video => source::Kind::Video,
            Class::Track => source::Kind::Track,
            Class::Binary => source::Kind::Binary,
        }
    }

    /// What a request destination (Fetch standard, section 2.2.5) takes; `None` where it takes
    /// anything.
    pub(super) fn of_destination(destination: &[u8]) -> Option<Class> {
        Some(match destination {
            b"image" => Class::Image,
            b"script" | b"worker" | b"sharedworker" | b"serviceworker" | b"audioworklet"
            | b"paintworklet" => Class::Script,
            b"style" => Class::Style,
            b"document" => Class::Page,
            b"iframe" | b"frame" | b"fencedframe" => Class::Frame,
            b"font" => Class::Font,
            b"audio" => Class::Audio,
            b"video" => Class::Video,
            b"track" => Class::Track,
            b"json" | b"manifest" | b"webidentity" => Class::Json,
            b"xslt" => Class::Xml,
            _ => return None,
        })
    }

    /// What stands for a whole top-level media type; `application/*` says nothing.
    pub(super) fn of_type(name: &[u8]) -> Option<Class> {
        Some(match name {
            b"image" => Class::Image,
            b"text" => Class::Page,
            b"audio" => Class::Audio,
            b"video" => Class::Video,
            b"font" => Class::Font,
            _ => return None,
        })
    }
}

impl Cache {
    /// The value of Cache-Control.
    pub(super) fn value(self) -> &'static str {
        match self {
            Cache::Hour => "public, max-age=3600",
            Cache::Never => "no-store",
        }
    }
}

impl Kind {
    /// The media type without parameters.
    pub(super) fn essence(&self) -> &'static [u8] {
        self.mime.split(';').next().unwrap_or(self.mime).as_bytes()
    }
}

/// A kind with a valid body.
const fn kind(
    class: Class,
    mime: &'static str,
    body: &'static [u8],
    extensions: &'static [&'static str],
) -> Kind {
    let cache = match class {
        Class::Image | Class::Script | Class::Style | Class::Font => Cache::Hour,
        Class::Audio | Class::Video | Class::Track | Class::Binary => Cache::Hour,
        Class::Page | Class::Frame | Class::Nothing | Class::Program => Cache::Never,
        Class::Json | Class::Xml | Class::Text => Cache::Never,
    };
    Kind { class, mime, body, cache, extensions }
}

use Class::*;

/// Every kind.
pub(super) const TABLE: &[Kind] = &[
    kind(Page, "text/html; charset=utf-8", body::PAGE, HTML_LIKE),
    kind(Program, "text/html; charset=utf-8", body::PAGE, PROGRAMS),
    kind(Page, "application/xhtml+xml", body::XHTML, &["xhtml", "xht"]),
    kind(Frame, "text/html; charset=utf-8", body::FRAME, &[]),
    kind(Nothing, "text/html; charset=utf-8", b"", &[]),
    // Images
    kind(Image, "image/gif", body::GIF, &["gif"]),
    kind(Image, "image/png", body::PNG, &["png", "apng"]),
    kind(Image, "image/jpeg", body::JPEG, &["jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp"]),
    kind(Image, "image/webp", body::WEBP, &["webp"]),
    kind(Image, "image/bmp", body::BMP, &["bmp", "dib"]),
    kind(Image, "image/x-icon", body::ICO, &["ico"]),
    kind(Image, "image/x-icon", body::CUR, &["cur"]),
    kind(Image, "image/svg+xml", body::SVG, &["svg"]),
    kind(Image, "image/avif", body::AVIF, &["avif"]),
    kind(Image, "image/heic", body::HEIC, &["heic", "heif"]),
    kind(Image, "image/jxl", body::JXL, &["jxl"]),
    kind(Image, "image/jp2", body::JP2, &["jp2"]),
    kind(Image, "image/tiff", body::TIFF, &["tif", "tiff"]),
    kind(Image, "image/vnd.adobe.photoshop", body::PSD, &["psd"]),
    // Scripts and style sheets
    kind(Script, "text/javascript", b"", &["js", "mjs", "cjs", "jsm"]),
    kind(Script, "text/x-typescript", b"", &["tsx", "cts"]),
    kind(Script, "text/jsx", b"", &["jsx", "es", "es6"]),
    kind(Style, "text/css", b"", &["css"]),
    kind(Style, "text/x-scss", b"", &["scss", "sass"]),
    kind(Style, "text/x-less", b"", &["less"]),
    // Data
    kind(
        Json,
        "application/json",
        body::JSON,
        &["json", "map", "json5", "har", "topojson", "gltf", "ipynb", "lottie", "prefetch"],
    ),
    kind(Json, "application/manifest+json", body::JSON, &["webmanifest"]),
    kind(Json, "application/activity+json", body::JSON, &["activity"]),
    kind(Json, "application/ld+json", body::JSON, &["jsonld"]),
    kind(Json, "application/geo+json", body::GEOJSON, &["geojson"]),
    kind(
        Xml,
        "application/xml",
        body::XML,
        &[
            "xml", "xsd", "rng", "wsdl", "rdf", "owl", "resx", "config", "plist", "xul", "ttml",
            "dfxp", "smil", "smi",
        ],
    ),
    kind(Xml, "text/xml", body::VAST, &["vast"]),
    kind(Xml, "text/xml", body::VMAP, &["vmap"]),
    kind(Xml, "application/rss+xml", body::RSS, &["rss"]),
    kind(Xml, "application/atom+xml", body::ATOM, &["atom"]),
    kind(Xml, "application/xslt+xml", body::XSLT, &["xsl", "xslt"]),
    kind(Xml, "text/x-opml", body::OPML, &["opml"]),
    kind(Xml, "application/vnd.google-earth.kml+xml", body::KML, &["kml"]),
    kind(Xml, "application/gpx+xml", body::GPX, &["gpx"]),
    // Text
    kind(
        Text,
        "text/plain",
        b"",
        &[
            "txt",
            "text",
            "log",
            "conf",
            "ini",
            "cfg",
            "properties",
            "list",
            "asc",
            "diff",
            "patch",
            "env",
            "lock",
        ],
    ),
    kind(Text, "text/csv", b"", &["csv"]),
    kind(Text, "text/tab-separated-values", b"", &["tsv"]),
    kind(Text, "text/markdown", b"", &["md", "markdown"]),
    kind(Text, "application/yaml", b"", &["yaml", "yml"]),
    kind(Text, "application/toml", b"", &["toml"]),
    kind(Text, "application/x-ndjson", b"", &["ndjson", "jsonl"]),
    kind(Text, "text/event-stream", body::EVENTS, &["sse"]),
    kind(Text, "text/plain", b"", SOURCES),
    kind(Text, "text/x-rst", b"", &["rst"]),
    kind(Text, "application/x-tex", b"", &["tex", "sty"]),
    kind(Text, "application/sql", b"", &["sql"]),
    kind(Text, "application/x-sh", b"", &["sh", "bash"]),
    kind(Text, "text/cache-manifest", b"", &["appcache"]),
    kind(Text, "application/x-ns-proxy-autoconfig", b"", &["pac"]),
    kind(Text, "text/x-component", b"", &["htc"]),
    kind(Text, "text/calendar", body::ICS, &["ics"]),
    kind(Text, "text/vcard", body::VCF, &["vcf"]),
    kind(Text, "application/rtf", body::RTF, &["rtf"]),
    // Fonts
    kind(Font, "font/woff2", body::WOFF2, &["woff2"]),
    kind(Font, "font/woff", body::WOFF, &["woff"]),
    kind(Font, "font/ttf", body::TTF, &["ttf"]),
    // OpenType may have outlines of either kind (RFC 8081 section 4.4.3).
    kind(Font, "font/otf", body::TTF, &["otf"]),
    kind(Font, "font/collection", body::TTC, &["ttc"]),
    kind(Font, "application/vnd.ms-fontobject", body::EOT, &["eot"]),
    // Audio and video
    kind(Audio, "audio/wav", body::WAV, &["wav", "wave"]),
    kind(Audio, "audio/mpeg", body::MP3, &["mp3", "mp2", "mpga"]),
    kind(Audio, "audio/mp4", body::M4A, &["m4a", "m4b", "m4p", "f4a", "f4b"]),
    kind(Audio, "audio/aac", body::AAC, &["aac", "adts"]),
    kind(Audio, "audio/ogg", body::OGG, &["ogg", "oga", "opus", "spx"]),
    kind(Audio, "audio/flac", body::FLAC, &["flac"]),
    kind(Audio, "audio/webm", body::WEBM, &["weba"]),
    kind(Audio, "audio/midi", body::MIDI, &["mid", "midi", "kar", "rmi"]),
    kind(Audio, "audio/aiff", body::AIFF, &["aif", "aiff", "aifc"]),
    kind(
        Video,
        "video/mp4",
        body::MP4,
        &["mp4", "m4v", "m4s", "f4v", "f4p", "mp4v", "mpg4", "cmfv"],
    ),
    kind(Video, "video/webm", body::WEBM, &["webm"]),
    kind(Video, "video/ogg", body::OGG, &["ogv", "ogm"]),
    kind(Video, "video/mp2t", body::TS, &["ts", "mts", "m2ts"]),
    kind(Video, "video/mpeg", body::MPG, &["mpg", "mpeg", "mpe", "m1v", "m2v", "vob"]),
    kind(Video, "video/quicktime", body::MOV, &["mov", "qt"]),
    kind(Video, "video/x-msvideo", body::AVI, &["avi"]),
    kind(Video, "video/x-matroska", body::MKV, &["mkv"]),
    kind(Video, "video/x-flv", body::FLV, &["flv"]),
    kind(Video, "video/3gpp2", body::THREE_GP, &["3g2", "3gpp2"]),
    kind(Audio, "audio/x-matroska", body::MKV, &["mka"]),
    kind(Video, "video/x-ms-wmv", body::WMV, &["wmv"]),
    kind(Video, "video/x-ms-asf", body::WMV, &["asf"]),
    kind(Audio, "audio/x-ms-wma", body::WMA, &["wma"]),
    kind(Audio, "audio/amr", body::AMR, &["amr"]),
    kind(Video, "video/3gpp", body::THREE_GP, &["3gp", "3gpp"]),
    kind(Video, "application/vnd.apple.mpegurl", body::HLS, &["m3u8"]),
    kind(Video, "application/dash+xml", body::DASH, &["mpd"]),
    kind(Audio, "audio/x-mpegurl", body::HLS, &["m3u"]),
    kind(Track, "text/vtt", body::VTT, &["vtt"]),
    kind(Track, "application/x-subrip", b"", &["srt"]),
    // Everything else
    kind(
        Binary,
        "application/octet-stream",
        b"",
        &[
            "bin", "dat", "exe", "dll", "img", "dmg", "iso", "msi", "msp", "deb", "rpm", "pkg",
            "so", "dylib", "bundle", "dump", "data", "db", "sqlite", "torrent", "class", "o", "a",
            "pyc", "elc", "lz", "cab", "crx", "xpi", "ipa", "appx",
        ],
    ),
    kind(Binary, "application/wasm", body::WASM, &["wasm"]),
    kind(Binary, "application/pdf", body::PDF, &["pdf"]),
    kind(Binary, "application/zip", body::ZIP, &["zip"]),
    kind(Binary, "application/java-archive", body::ZIP, &["jar", "war", "ear"]),
    kind(Binary, "application/vnd.comicbook+zip", body::ZIP, &["cbz"]),
    kind(Binary, "application/vnd.google-earth.kmz", body::ZIP, &["kmz"]),
    kind(Binary, "application/gzip", body::GZIP, &["gz"]),
    kind(Binary, "application/gzip", body::TGZ, &["tgz"]),
    kind(Binary, "application/x-tar", body::TAR, &["tar"]),
    kind(Binary, "application/zstd", body::ZSTD, &["zst"]),
    kind(Binary, "application/x-xz", body::XZ, &["xz"]),
    kind(Binary, "application/x-lzma", body::LZMA, &["lzma"]),
    kind(Binary, "application/x-bzip2", body::BZIP2, &["bz2"]),
    kind(Binary, "application/x-brotli", body::BROTLI, &["br"]),
    kind(Binary, "application/x-7z-compressed", body::SEVEN_ZIP, &["7z"]),
    kind(Binary, "application/vnd.rar", body::RAR, &["rar"]),
    kind(Binary, "application/x-shockwave-flash", body::SWF, &["swf"]),
    kind(Binary, "application/vnd.android.package-archive", body::ZIP, &["apk"]),
    kind(Binary, "application/epub+zip", body::EPUB, &["epub"]),
    // Rich text under this name is what every word processor takes too.
    kind(Binary, "application/msword", body::RTF, &["doc"]),
    kind(Binary, "application/vnd.ms-excel", body::XLS, &["xls"]),
    kind(Binary, "application/vnd.ms-powerpoint", body::PPT, &["ppt"]),
    kind(Binary, OOXML_DOCUMENT, body::DOCX, &["docx"]),
    kind(Binary, OOXML_SHEET, body::XLSX, &["xlsx"]),
    kind(Binary, OOXML_SLIDES, body::PPTX, &["pptx"]),
];

/// Source texts are shown, never run.
const SOURCES: &[&str] = &[
    "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "cs", "java", "go", "rs", "rb", "swift", "kt",
    "lua", "jl", "asm", "s", "vb", "bas", "pas", "hs", "scala", "clj", "erl", "ex", "exs", "dart",
    "f90", "graphql", "proto", "vue", "svelte", "coffee", "bat", "ps1", "gradle", "cmake", "tf",
];

const HTML_LIKE: &[&str] =
    &["html", "htm", "shtml", "dhtml", "xhtm", "jhtml", "rhtml", "hta", "mhtml", "mht"];

/// What is made by a program on the server is a page, if the client takes one.
const PROGRAMS: &[&str] = &[
    "phtml", "php", "php3", "php4", "php5", "php6", "php7", "php8", "phps", "asp", "aspx", "ashx",
    "asmx", "asx", "axd", "jsp", "jspx", "jsf", "do", "action", "cgi", "pl", "py", "cfm", "nsf",
];

const OOXML_DOCUMENT: &str =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const OOXML_SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const OOXML_SLIDES: &str =
    "application/vnd.openxmlformats-officedocument.presentationml.presentation";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn an_extension_stands_in_one_row_in_lower_case_and_fits_the_index() {
        let mut seen = HashSet::new();
        for name in TABLE.iter().flat_map(|kind| kind.extensions) {
            assert!(seen.insert(name), "{name} twice");
            assert!((1..=15).contains(&name.len()), "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{name}");
        }
        assert!(seen.len() >= 270, "{} extensions", seen.len());
    }

    #[test]
    fn every_class_has_a_row_and_stands_at_its_number() {
        for (number, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, number);
            assert!(TABLE.iter().any(|kind| kind.class == class), "{class:?}");
        }
    }

    #[test]
    fn there_are_at_least_sixty_media_types_each_well_formed() {
        let types: HashSet<_> = TABLE.iter().map(Kind::essence).collect();
        assert!(types.len() >= 60, "{} types", types.len());
        for kind in TABLE {
            let (main, sub) = kind.mime.split_once('/').unwrap();
            assert!(!main.is_empty() && !sub.is_empty() && kind.mime.is_ascii(), "{}", kind.mime);
        }
    }

    #[test]
    fn the_sizes_that_are_promised_are_kept() {
        assert_eq!((body::GIF.len(), body::ICO.len()), (43, 70));
        assert!(body::PNG.len() <= 68);
    }
}
