//! The smallest valid body of each kind. The binary ones are made by
//! `tests/answers/make_bodies.py` and `make_fonts.py`; real decoders read all of them in `test_bodies.py`.

pub(super) const PAGE: &[u8] = include_bytes!("assets/page.html");
pub(super) const FRAME: &[u8] = include_bytes!("assets/frame.html");
pub(super) const XHTML: &[u8] = include_bytes!("assets/page.xhtml");

pub(super) const GIF: &[u8] = include_bytes!("assets/pixel.gif");
pub(super) const PNG: &[u8] = include_bytes!("assets/pixel.png");
pub(super) const JPEG: &[u8] = include_bytes!("assets/pixel.jpg");
pub(super) const WEBP: &[u8] = include_bytes!("assets/pixel.webp");
pub(super) const BMP: &[u8] = include_bytes!("assets/pixel.bmp");
pub(super) const ICO: &[u8] = include_bytes!("assets/pixel.ico");
pub(super) const SVG: &[u8] = include_bytes!("assets/empty.svg");

pub(super) const JSON: &[u8] = include_bytes!("assets/empty.json");
pub(super) const GEOJSON: &[u8] = include_bytes!("assets/empty.geojson");

pub(super) const XML: &[u8] = include_bytes!("assets/empty.xml");
pub(super) const RSS: &[u8] = include_bytes!("assets/empty.rss");
pub(super) const ATOM: &[u8] = include_bytes!("assets/empty.atom");
pub(super) const VAST: &[u8] = include_bytes!("assets/empty.vast");
pub(super) const VMAP: &[u8] = include_bytes!("assets/empty.vmap");
pub(super) const XSLT: &[u8] = include_bytes!("assets/empty.xsl");
pub(super) const OPML: &[u8] = include_bytes!("assets/empty.opml");
pub(super) const KML: &[u8] = include_bytes!("assets/empty.kml");
pub(super) const GPX: &[u8] = include_bytes!("assets/empty.gpx");

pub(super) const TTF: &[u8] = include_bytes!("assets/blank.ttf");
pub(super) const WOFF: &[u8] = include_bytes!("assets/blank.woff");
pub(super) const WOFF2: &[u8] = include_bytes!("assets/blank.woff2");

pub(super) const ICS: &[u8] = include_bytes!("assets/empty.ics");
pub(super) const VCF: &[u8] = include_bytes!("assets/empty.vcf");
pub(super) const RTF: &[u8] = include_bytes!("assets/empty.rtf");

pub(super) const HLS: &[u8] = include_bytes!("assets/empty.m3u8");
pub(super) const DASH: &[u8] = include_bytes!("assets/empty.mpd");
pub(super) const VTT: &[u8] = include_bytes!("assets/empty.vtt");
pub(super) const WAV: &[u8] = include_bytes!("assets/silence.wav");

pub(super) const WASM: &[u8] = include_bytes!("assets/module.wasm");
pub(super) const PDF: &[u8] = include_bytes!("assets/page.pdf");
pub(super) const ZIP: &[u8] = include_bytes!("assets/empty.zip");
pub(super) const GZIP: &[u8] = include_bytes!("assets/empty.gz");
pub(super) const TAR: &[u8] = include_bytes!("assets/empty.tar");
pub(super) const TGZ: &[u8] = include_bytes!("assets/empty.tgz");
