//! libhttp_responder(3), from the header.

use crate::roff::{entry, escape, example, head, paragraph, section, see_also, subsection};
use std::fs;

pub(crate) fn page() -> String {
    let header = fs::read_to_string(crate::path("include/http_responder.h")).expect("the header");
    let mut page = head("libhttp_responder", 3, "include/http_responder.h");
    page += &section("Name");
    page += "libhttp_responder \\- an HTTP/1.x server inside your program\n";
    page += &section("Synopsis");
    page += ".B #include <http_responder.h>\n";
    page += &example(&["cc program.c $(pkg-config --cflags --libs http_responder)"]);
    page += &section("Description");
    page += &paragraph(
        "The library listens, answers on threads of its own, and calls the program's handlers. The header \
         is its manual: who owns what, which thread calls, what may be called while the server runs, and \
         each function with its results. What follows is the list of them.",
    );
    page += &section("Functions");
    for part in functions(&header) {
        match part {
            Part::Title(title) => page += &subsection(&title),
            Part::Function(name, sentence) => page += &entry(&format!("{name}()"), &sentence),
        }
    }
    page += &section("Options");
    page +=
        &paragraph("hr_config_set() takes each by the name that it has in http_responder.toml(5).");
    page += &section("Errors");
    page += &escape(
        "Functions that can fail return an hr_result, HR_OK being 0; hr_last_error() says what was wrong \
         in a sentence.\n",
    );
    page + &see_also(&["http_responder.toml(5)", "http_responder_mt(8)"])
}

enum Part {
    Title(String),
    /// Its name and the first sentence of its description.
    Function(String, String),
}

/// What the header declares, in its order; only titles that functions follow.
fn functions(header: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut title = None;
    let mut comment = String::new();
    for line in header.lines() {
        if let Some(text) = line.strip_prefix("// ") {
            comment = comment + text + " ";
        } else if line == "//" {
            comment.push('\n');
        } else if let Some(text) =
            line.strip_prefix("/* ").and_then(|text| text.strip_suffix(" */"))
        {
            title = Some(text.to_owned());
        } else {
            if let Some(name) = function(line) {
                parts.extend(title.take().map(Part::Title));
                parts.push(Part::Function(name.to_owned(), sentence(&comment)));
            }
            comment.clear();
        }
    }
    assert!(parts.len() > 50, "the header has another form than this expects");
    parts
}

/// The function that `line` declares or begins to.
fn function(line: &str) -> Option<&str> {
    let before = line.split_once('(')?.0;
    let name = before.rsplit([' ', '*']).next()?;
    let is_declaration = name.starts_with("hr_") && before.len() > name.len();
    (is_declaration && !line.starts_with([' ', '#']) && !line.starts_with("typedef"))
        .then_some(name)
}

fn sentence(comment: &str) -> String {
    let first = comment.split('\n').next().unwrap_or_default().trim();
    match first.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => first.to_owned(),
    }
}
