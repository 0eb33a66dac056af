//! Text in the man(7) language.

/// The first lines of a page: where it comes from, its title.
pub(crate) fn head(title: &str, section: u8, from: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let title = escape(&title.to_uppercase());
    format!(
        ".\\\" Generated from {from}; do not edit.\n.TH \"{title}\" {section} \"\" \
         \"http_responder {version}\" \"http_responder\"\n"
    )
}

/// `text` as it stands, whatever it contains.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            '`' => escaped.push_str("\\(ga"),
            '"' => escaped.push_str("\\(dq"),
            '\'' => escaped.push_str("\\(aq"),
            _ => escaped.push(letter),
        }
    }
    if escaped.starts_with('.') {
        escaped.insert_str(0, "\\&");
    }
    escaped
}

/// A heading.
pub(crate) fn section(title: &str) -> String {
    format!(".SH \"{}\"\n", escape(&title.to_uppercase()))
}

/// A heading below a heading.
pub(crate) fn subsection(title: &str) -> String {
    format!(".SS \"{}\"\n", escape(title))
}

/// A paragraph.
pub(crate) fn paragraph(text: &str) -> String {
    format!(".PP\n{}\n", escape(text))
}

/// A term, bold, and what it means.
pub(crate) fn entry(term: &str, text: &str) -> String {
    format!(".TP\n.B {}\n{}\n", escape(term), escape(text))
}

/// Lines as they stand.
pub(crate) fn example(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| escape(line) + "\n").collect();
    format!(".PP\n.in +4n\n.EX\n{lines}.EE\n.in\n")
}

/// The last section: names of pages, `top(1)`.
pub(crate) fn see_also(pages: &[&str]) -> String {
    let mut text = section("See also");
    for (index, page) in pages.iter().enumerate() {
        let (name, number) = page.trim_end_matches(')').split_once('(').expect("name(section)");
        let comma = if index + 1 < pages.len() { "," } else { "" };
        text.push_str(&format!(".BR {} ({number}){comma}\n", escape(name)));
    }
    text
}
