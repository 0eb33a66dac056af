//! What operating systems and browsers ask to see whether they are online.

/// One probe: its path and what the platform expects. Without a type it is a 204.
pub(super) struct Probe {
    pub(super) path: &'static str,
    pub(super) mime: &'static str,
    pub(super) body: &'static [u8],
}

const fn text(path: &'static str, mime: &'static str, body: &'static str) -> Probe {
    Probe { path, mime, body: body.as_bytes() }
}

const APPLE: &str = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>";
const FIREFOX: &str = "<meta http-equiv=\"refresh\" \
                       content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>";

/// Every probe.
pub(super) const TABLE: &[Probe] = &[
    // Android, ChromeOS, Chromium
    text("/generate_204", "", ""),
    text("/gen_204", "", ""),
    // Windows up to 8.1, since 10
    text("/ncsi.txt", "text/plain", "Microsoft NCSI"),
    text("/connecttest.txt", "text/plain", "Microsoft Connect Test"),
    // macOS, iOS
    text("/hotspot-detect.html", "text/html", APPLE),
    text("/library/test/success.html", "text/html", APPLE),
    // Firefox
    text("/success.txt", "text/plain", "success\n"),
    text("/canonical.html", "text/html", FIREFOX),
];

/// The row of [`TABLE`] for `path`.
#[inline]
pub(super) fn find(path: &str) -> Option<usize> {
    // Few and of different lengths: most comparisons end at the length.
    TABLE.iter().position(|probe| probe.path == path)
}
