//! The smallest valid body of each kind. The binary ones are made by
//! `tests/answers/make_bodies.py`; real decoders read all of them in `test_bodies.py`.

pub(super) const PAGE: &[u8] = b"<!DOCTYPE html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><title>http_responder</title></head>
<body><p>http_responder answers here.</p></body></html>
";
pub(super) const FRAME: &[u8] = b"<!DOCTYPE html><title>-</title>";
pub(super) const XHTML: &[u8] =
    b"<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>-</title></head><body/></html>";

pub(super) const GIF: &[u8] = include_bytes!("assets/pixel.gif");
pub(super) const PNG: &[u8] = include_bytes!("assets/pixel.png");
pub(super) const JPEG: &[u8] = include_bytes!("assets/pixel.jpg");
pub(super) const WEBP: &[u8] = include_bytes!("assets/pixel.webp");
pub(super) const BMP: &[u8] = include_bytes!("assets/pixel.bmp");
pub(super) const ICO: &[u8] = include_bytes!("assets/pixel.ico");
pub(super) const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

pub(super) const JSON: &[u8] = b"{}";
pub(super) const GEOJSON: &[u8] = b"{\"type\":\"FeatureCollection\",\"features\":[]}";

pub(super) const XML: &[u8] = b"<_/>";
pub(super) const RSS: &[u8] =
    b"<rss version=\"2.0\"><channel><title/><link/><description/></channel></rss>";
pub(super) const ATOM: &[u8] = b"<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>about:blank</id>\
    <title/><updated>1970-01-01T00:00:00Z</updated></feed>";
pub(super) const VAST: &[u8] = b"<VAST version=\"3.0\"/>";
pub(super) const VMAP: &[u8] =
    b"<vmap:VMAP xmlns:vmap=\"http://www.iab.net/videosuite/vmap\" version=\"1.0\"/>";
pub(super) const XSLT: &[u8] =
    b"<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"/>";
pub(super) const OPML: &[u8] = b"<opml version=\"2.0\"><head/><body/></opml>";
pub(super) const KML: &[u8] = b"<kml xmlns=\"http://www.opengis.net/kml/2.2\"/>";
pub(super) const GPX: &[u8] =
    b"<gpx xmlns=\"http://www.topografix.com/GPX/1/1\" version=\"1.1\" creator=\"-\"/>";
pub(super) const CROSS_DOMAIN: &[u8] = b"<cross-domain-policy/>";

pub(super) const HLS: &[u8] = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-ENDLIST\n";
pub(super) const DASH: &[u8] = b"<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
    profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" minBufferTime=\"PT1S\"><Period/></MPD>";
pub(super) const VTT: &[u8] = b"WEBVTT\n";
pub(super) const WAV: &[u8] = include_bytes!("assets/silence.wav");

pub(super) const WASM: &[u8] = include_bytes!("assets/module.wasm");
pub(super) const PDF: &[u8] = include_bytes!("assets/page.pdf");
pub(super) const ZIP: &[u8] = include_bytes!("assets/empty.zip");
