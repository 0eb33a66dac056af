//! Options as they are said: by name, in a file, on a command line.

use crate::error::hr_result;
use crate::ffi::{Out, exclusive, guard, guard_or, hand_out, invalid, release, shared};
use crate::strings::{Buffer, text};
use http_responder::config::{self, Asks};
use http_responder::{Config, Result};
use std::ffi::{c_char, c_int};
use std::path::Path;

/// Options by name, each with its default until something else is said. docs/options.md lists
/// them. One thread at a time may use it.
pub struct hr_config {
    pub(crate) inner: Config,
    /// What hr_config_notes() says, one sentence a line.
    notes: String,
}

/// What a command line asks for in place of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_asks {
    /// A server.
    HR_ASKS_NOTHING = 0,
    /// -h or --help: print hr_config_usage().
    HR_ASKS_HELP = 1,
    /// -V or --version: print hr_version_string().
    HR_ASKS_VERSION = 2,
}

/// New options, every one with its default. Free them with hr_config_free(); a server keeps a copy.
/// NULL only on an internal error.
#[unsafe(no_mangle)]
pub extern "C" fn hr_config_new() -> *mut hr_config {
    guard_or(std::ptr::null_mut(), || {
        Ok(hand_out(hr_config { inner: Config::new(), notes: String::new() }))
    })
}

/// Frees `config`. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_free(config: *mut hr_config) {
    // SAFETY: the header asks for NULL or what hr_config_new gave, freed once.
    unsafe { release(config) }
}

/// Sets the option `name` to `value`, both UTF-8 text as on the command line:
/// hr_config_set(config, "keep_alive_timeout", "10s").
///
/// HR_ERR_CONFIG for an unknown name or a bad value, and then nothing is changed; hr_last_error()
/// says what was expected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_set(
    config: *mut hr_config,
    name: *const c_char,
    value: *const c_char,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (config, name, value) =
            unsafe { (exclusive(config, "config")?, text(name, "name")?, text(value, "value")?) };
        config.inner.set(name, value)
    })
}

/// Writes the value of the option `name` into `buf`: what was set, in canonical form, or the
/// default. `buf`, `cap` and `need` as everywhere, see "Texts" at the top.
///
/// HR_ERR_CONFIG for an unknown name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_get(
    config: *const hr_config,
    name: *const c_char,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (config, name, buffer) = unsafe {
            (shared(config, "config")?, text(name, "name")?, Buffer::new(buf, cap, need)?)
        };
        buffer.write(&config.inner.get(name)?)
    })
}

/// Whether the option `name` was said at all, be it with the value of its default. False for an
/// unknown name and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_is_set(config: *const hr_config, name: *const c_char) -> bool {
    guard_or(false, || {
        // SAFETY: NULL or valid, by the contract of the header.
        let (config, name) = unsafe { (shared(config, "config")?, text(name, "name")?) };
        config.inner.is_set(name)
    })
}

/// Sets every option that the TOML file at `path` names.
///
/// HR_ERR_CONFIG naming file, line and option, HR_ERR_IO if it cannot be read; nothing is changed
/// then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_load_file(
    config: *mut hr_config,
    path: *const c_char,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (config, path) = unsafe { (exclusive(config, "config")?, text(path, "path")?) };
        config.inner.load_file(Path::new(path))
    })
}

/// Whether the options fit each other, which hr_server_new() asks first: HR_ERR_CONFIG naming two
/// that contradict each other. Reads no file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_check(config: *const hr_config) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let config = unsafe { shared(config, "config")? };
        config.inner.resolve().map(|_| ())
    })
}

/// Takes options from a command line: PORT, ADDR, --name value, --name=value, -w N. Give it the
/// `argc` and `argv` of main(): argv[0] is skipped.
///
/// *next becomes the index of the first argument that was not taken: the one after "--", or
/// `argc`. Where `next` is NULL all have to be taken, and those after "--" are PORT and ADDR.
///
/// HR_ERR_CONFIG naming the argument, also where PORT or ADDR is said as an option too; HR_ERR_IO
/// if the file of --config cannot be read. Nothing is changed then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_parse_args(
    config: *mut hr_config,
    argc: c_int,
    argv: *const *const c_char,
    next: *mut c_int,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (config, arguments) = unsafe { (exclusive(config, "config")?, arguments(argc, argv)?) };
        if next.is_null() {
            return config.inner.parse_all_args(&arguments);
        }
        let taken = config.inner.parse_args(&arguments)?;
        let index = if argc == 0 { 0 } else { taken + 1 };
        // SAFETY: NULL or valid for writing, by the contract of the header.
        unsafe { Out::optional(next) }.write(c_int::try_from(index).unwrap_or(argc));
        Ok(())
    })
}

/// Takes a command line of pixelserv-tls: its flags and the one address, with its defaults for what
/// is not said. Options of this library are taken where they begin with "--". argv[0] is skipped.
///
/// *foreground becomes whether -f was said: pixelserv-tls goes to the background without it, which is
/// left to the program. hr_config_notes() has what was asked for and is not done. NULL is fine for
/// `foreground`.
///
/// HR_ERR_CONFIG naming the flag; HR_ERR_IO if the file of --config cannot be read. Nothing is changed
/// then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_parse_pixelserv(
    config: *mut hr_config,
    argc: c_int,
    argv: *const *const c_char,
    foreground: *mut bool,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (config, arguments) = unsafe { (exclusive(config, "config")?, arguments(argc, argv)?) };
        let asked = config.inner.parse_pixelserv_args(&arguments)?;
        config.notes = asked.notes.join("\n");
        // SAFETY: NULL or valid for writing, by the contract of the header.
        unsafe { Out::optional(foreground) }.write(asked.foreground);
        Ok(())
    })
}

/// Writes what a command line asked for and is not done into `buf`, one sentence a line; empty where
/// all of it is done. `buf`, `cap` and `need` as everywhere, see "Texts" at the top.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_notes(
    config: *const hr_config,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (config, buffer) = unsafe { (shared(config, "config")?, Buffer::new(buf, cap, need)?) };
        buffer.write(&config.notes)
    })
}

/// Writes the text for --pixelserv --help into `buf`: the flags and what they do here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_pixelserv_usage(
    program: *const c_char,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (program, buffer) =
            unsafe { (text(program, "program")?, Buffer::new(buf, cap, need)?) };
        buffer.write(&config::pixelserv_usage(program))
    })
}

/// Whether a command line, the `argc` and `argv` of main(), asks for help or the version. Look
/// before hr_config_parse_args(), which does not know these arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_asks(argc: c_int, argv: *const *const c_char) -> hr_asks {
    guard_or(hr_asks::HR_ASKS_NOTHING, || {
        // SAFETY: NULL or valid, by the contract of the header.
        let arguments = unsafe { arguments(argc, argv)? };
        Ok(match Config::asks_for(&arguments) {
            None => hr_asks::HR_ASKS_NOTHING,
            Some(Asks::Help) => hr_asks::HR_ASKS_HELP,
            Some(Asks::Version) => hr_asks::HR_ASKS_VERSION,
        })
    })
}

/// Writes the text for --help into `buf`: how to call `program`, and every option with its default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_usage(
    program: *const c_char,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (program, buffer) =
            unsafe { (text(program, "program")?, Buffer::new(buf, cap, need)?) };
        buffer.write(&config::usage(program))
    })
}

/// Writes one line that says how to call `program` into `buf`, without a line end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_config_usage_line(
    program: *const c_char,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (program, buffer) =
            unsafe { (text(program, "program")?, Buffer::new(buf, cap, need)?) };
        buffer.write(&config::usage_line(program))
    })
}

/// The arguments behind the program's name.
///
/// # Safety
/// `argv` is NULL or has `argc` elements, each NULL or a NUL-terminated text that lives during
/// `'a`.
unsafe fn arguments<'a>(argc: c_int, argv: *const *const c_char) -> Result<Vec<&'a str>> {
    let count = usize::try_from(argc).map_err(|_| invalid("argc", "must not be negative"))?;
    if argv.is_null() && count > 0 {
        return Err(invalid("argv", "must not be NULL"));
    }
    (1..count)
        .map(|index| {
            let name = format!("argv[{index}]");
            // SAFETY: `index` is below `argc`; the rest is the caller's promise.
            unsafe { text(*argv.add(index), &name) }
        })
        .collect()
}
