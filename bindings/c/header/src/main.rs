//! Makes `include/http_responder.h` from the sources of the C ABI, or with `--check` only says
//! whether the one that is there is still the right one.

use cbindgen::{Builder, Config};
use std::path::Path;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The headings between the functions: the first function of each noun, and what it begins.
const HEADINGS: &[(&str, &str)] = &[
    ("uint32_t hr_abi_version(", "The library"),
    ("const char *hr_strerror(", "Errors"),
    ("hr_config *hr_config_new(", "Options"),
    ("hr_result hr_server_new(", "Servers"),
    ("hr_result hr_server_use_loop(", "Handlers in your own event loop"),
    ("hr_request *hr_request_clone(", "Requests, in a handler"),
    ("hr_result hr_respond(", "Answers, in a handler"),
    ("hr_response *hr_response_new(", "Responses"),
    ("hr_result hr_deferred_respond(", "Deferred answers"),
    ("hr_result hr_server_route_upload(", "Bodies taken as they arrive"),
    ("hr_result hr_deferred_stream(", "Streamed answers"),
    ("hr_result hr_server_record(", "The record of a server"),
    ("hr_result hr_server_stats(", "Statistics"),
];

fn main() -> ExitCode {
    match run(std::env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("header: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(argument: Option<&str>) -> Result<()> {
    let bindings = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = bindings.join("../../include/http_responder.h");
    let header = generate(&bindings)?;
    match argument {
        None => std::fs::write(path, header)?,
        Some("--check") if std::fs::read_to_string(path)? == header => {}
        Some("--check") => Err("include/http_responder.h is stale: run `make header`")?,
        Some(other) => Err(format!("unexpected argument \"{other}\""))?,
    }
    Ok(())
}

fn generate(bindings: &Path) -> Result<String> {
    let config = Config::from_file(bindings.join("cbindgen.toml"))?;
    let mut bytes = Vec::new();
    Builder::new().with_crate(bindings).with_config(config).generate()?.write(&mut bytes);
    headed(String::from_utf8(bytes)?)
}

/// `header` with a heading in front of the first function of each noun.
fn headed(mut header: String) -> Result<String> {
    for (function, heading) in HEADINGS {
        let at = header.find(&format!("\n{function}")).ok_or(format!("no function {function}"))?;
        let comment = header[..at].rfind("\n\n//").ok_or(format!("no comment on {function}"))?;
        header.insert_str(comment, &format!("\n\n/* {heading} */"));
    }
    Ok(header)
}
