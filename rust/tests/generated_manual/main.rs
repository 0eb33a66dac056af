//! The manual pages and shell completions in deploy/ say what the table of options and the header say.
//! `UPDATE_DOCS=1 cargo test --test generated_manual` writes them anew.

mod bash;
mod fish;
mod library;
mod manual;
mod options;
mod roff;
mod words;
mod zsh;

use std::path::{Path, PathBuf};
use std::{env, fs};

#[test]
fn the_manual_pages_are_up_to_date() {
    check("man/http_responder_mt.8", &manual::page());
    check("man/http_responder.toml.5", &options::page());
    check("man/libhttp_responder.3", &library::page());
}

#[test]
fn the_completions_are_up_to_date() {
    check("completions/http_responder_mt.bash", &bash::script());
    check("completions/_http_responder_mt", &zsh::script());
    check("completions/http_responder_mt.fish", &fish::script());
}

/// A file of the tree.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn check(name: &str, text: &str) {
    let path = path("deploy").join(name);
    if env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("make the folder");
        fs::write(&path, text).expect("write the file");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(text.lines()).find(|(found, expected)| found != expected);
    assert!(found == text, "deploy/{name} is stale, UPDATE_DOCS=1 writes it anew: {differs:?}");
}
