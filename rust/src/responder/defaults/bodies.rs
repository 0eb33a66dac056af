//! The smallest valid body of each kind. The binary ones are made by `make_bodies.py`,
//! `make_fonts.py`, `make_media.py`, `make_documents.py` and `make_encoded.py` in `tests/answers/`, where real decoders read all of them.

pub(super) const PAGE: &[u8] = include_bytes!("assets/page.html");
pub(super) const FRAME: &[u8] = include_bytes!("assets/frame.html");
pub(super) const XHTML: &[u8] = include_bytes!("assets/page.xhtml");

pub(super) const GIF: &[u8] = include_bytes!("assets/pixel.gif");
pub(super) const PNG: &[u8] = include_bytes!("assets/pixel.png");
pub(super) const JPEG: &[u8] = include_bytes!("assets/pixel.jpg");
pub(super) const WEBP: &[u8] = include_bytes!("assets/pixel.webp");
pub(super) const AVIF: &[u8] = include_bytes!("assets/pixel.avif");
pub(super) const TIFF: &[u8] = include_bytes!("assets/pixel.tif");
pub(super) const PSD: &[u8] = include_bytes!("assets/pixel.psd");
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
pub(super) const MP3: &[u8] = include_bytes!("assets/silence.mp3");
pub(super) const M4A: &[u8] = include_bytes!("assets/silence.m4a");
pub(super) const AAC: &[u8] = include_bytes!("assets/silence.aac");
pub(super) const OGG: &[u8] = include_bytes!("assets/silence.ogg");
pub(super) const FLAC: &[u8] = include_bytes!("assets/silence.flac");
pub(super) const MIDI: &[u8] = include_bytes!("assets/silence.mid");
pub(super) const AIFF: &[u8] = include_bytes!("assets/silence.aiff");
pub(super) const WEBM: &[u8] = include_bytes!("assets/silence.webm");
pub(super) const MKV: &[u8] = include_bytes!("assets/silence.mkv");
pub(super) const TS: &[u8] = include_bytes!("assets/silence.ts");
pub(super) const MPG: &[u8] = include_bytes!("assets/silence.mpg");
pub(super) const FLV: &[u8] = include_bytes!("assets/silence.flv");
pub(super) const MP4: &[u8] = include_bytes!("assets/black.mp4");
pub(super) const MOV: &[u8] = include_bytes!("assets/black.mov");
pub(super) const THREE_GP: &[u8] = include_bytes!("assets/black.3gp");
pub(super) const AVI: &[u8] = include_bytes!("assets/black.avi");

pub(super) const WASM: &[u8] = include_bytes!("assets/module.wasm");
pub(super) const PDF: &[u8] = include_bytes!("assets/page.pdf");
pub(super) const ZIP: &[u8] = include_bytes!("assets/empty.zip");
pub(super) const GZIP: &[u8] = include_bytes!("assets/empty.gz");
pub(super) const TAR: &[u8] = include_bytes!("assets/empty.tar");
pub(super) const TGZ: &[u8] = include_bytes!("assets/empty.tgz");
pub(super) const HEIC: &[u8] = include_bytes!("assets/pixel.heic");
pub(super) const JXL: &[u8] = include_bytes!("assets/pixel.jxl");
pub(super) const JP2: &[u8] = include_bytes!("assets/pixel.jp2");
pub(super) const CUR: &[u8] = include_bytes!("assets/pixel.cur");
pub(super) const TTC: &[u8] = include_bytes!("assets/blank.ttc");
pub(super) const EOT: &[u8] = include_bytes!("assets/blank.eot");
pub(super) const WMV: &[u8] = include_bytes!("assets/black.wmv");
pub(super) const WMA: &[u8] = include_bytes!("assets/silence.wma");
pub(super) const AMR: &[u8] = include_bytes!("assets/silence.amr");
pub(super) const ZSTD: &[u8] = include_bytes!("assets/empty.zst");
pub(super) const XZ: &[u8] = include_bytes!("assets/empty.xz");
pub(super) const LZMA: &[u8] = include_bytes!("assets/empty.lzma");
pub(super) const BZIP2: &[u8] = include_bytes!("assets/empty.bz2");
pub(super) const BROTLI: &[u8] = include_bytes!("assets/empty.br");
pub(super) const SEVEN_ZIP: &[u8] = include_bytes!("assets/empty.7z");
pub(super) const RAR: &[u8] = include_bytes!("assets/empty.rar");
pub(super) const SWF: &[u8] = include_bytes!("assets/empty.swf");
pub(super) const EPUB: &[u8] = include_bytes!("assets/empty.epub");
pub(super) const XLS: &[u8] = include_bytes!("assets/empty.xls");
pub(super) const DOCX: &[u8] = include_bytes!("assets/empty.docx");
pub(super) const XLSX: &[u8] = include_bytes!("assets/empty.xlsx");
/// No event, and the wish not to be asked again before a day has passed: where a stream ends the
/// browser comes again, after three seconds if nobody says otherwise (HTML, server-sent events).
pub(super) const EVENTS: &[u8] = b"retry: 86400000\n\n";
pub(super) const PPT: &[u8] = include_bytes!("assets/empty.ppt");
pub(super) const PPTX: &[u8] = include_bytes!("assets/empty.pptx");
