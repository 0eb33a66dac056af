//! Options: their texts, command lines, the file.

use super::Choices;
use crate::config::Config;

pub(super) fn option_values(data: &[u8]) {
    let mut choices = Choices(data);
    let how = choices.octet();
    let which = usize::from(choices.octet());
    let Ok(text) = std::str::from_utf8(choices.0) else { return };
    match how % 3 {
        0 => one_option(which, text),
        1 => command_line(how, text),
        _ => file(text),
    }
}

fn one_option(which: usize, text: &str) {
    let names: Vec<_> = Config::names().collect();
    let name = names[which % names.len()];
    let mut config = Config::new();
    match config.set(name, text) {
        Ok(()) => settled(&config, name),
        Err(error) => {
            assert!(error.message().starts_with(name), "{error}");
            assert!(!error.message().contains(['\n', '\r', '\0']), "{error:?}");
            assert_eq!(config.get(name), Config::new().get(name), "nothing is changed");
        }
    }
}

/// The text that an option is given back as is taken again, and means the same.
fn settled(config: &Config, name: &str) {
    let said = config.get(name).expect("a name of the table");
    let mut again = Config::new();
    again.set(name, &said).unwrap_or_else(|error| panic!("{said:?} is not taken again: {error}"));
    assert_eq!(again.get(name).as_deref(), Ok(&*said));
    assert_eq!(again.value(name), config.value(name));
    let _ = config.resolve();
}

fn command_line(how: u8, text: &str) {
    // A file of the machine shall not be read.
    if text.contains("config") {
        return;
    }
    let words: Vec<&str> = text.split('\n').collect();
    let mut config = Config::new();
    let taken = match how / 3 % 3 {
        0 => config.parse_args(&words).map(|index| assert!(index <= words.len())),
        1 => config.parse_all_args(&words),
        _ => config.parse_pixelserv_args(&words).map(|_| ()),
    };
    match taken {
        Ok(()) => Config::names().for_each(|name| {
            if config.is_set(name) == Ok(true) {
                settled(&config, name);
            }
        }),
        Err(error) => assert!(!error.message().is_empty()),
    }
}

fn file(text: &str) {
    let mut config = Config::new();
    match crate::config::load_text(&mut config, text) {
        Ok(()) => Config::names().for_each(|name| {
            if config.is_set(name) == Ok(true) {
                settled(&config, name);
            }
        }),
        Err(error) => assert!(error.message().starts_with("a file:"), "{error}"),
    }
}
