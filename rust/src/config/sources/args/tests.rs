use super::*;
use crate::config::tests::Scratch;

fn parsed(args: &[&str]) -> Config {
    let mut config = Config::new();
    assert_eq!(config.parse_args(args).unwrap(), args.len(), "{args:?}");
    config
}

fn refused(args: &[&str]) -> String {
    refused_as(ErrorCode::Config, args)
}

fn refused_as(code: ErrorCode, args: &[&str]) -> String {
    let mut config = Config::new();
    config.set("backlog", "7").unwrap();
    let before = format!("{config:?}");
    let error = config.parse_args(args).unwrap_err();
    assert_eq!(format!("{config:?}"), before, "a refused command line changed something");
    assert_eq!(error.code(), code);
    error.message().to_owned()
}

fn get(config: &Config, name: &str) -> String {
    config.get(name).unwrap()
}

#[test]
fn the_drop_in_command_line_is_understood() {
    let config = parsed(&["8080", "0.0.0.0", "-w", "2"]);
    let said = ["port", "address", "workers"].map(|name| get(&config, name));
    assert_eq!(said, ["8080", "0.0.0.0", "2"]);
}

#[test]
fn options_may_stand_between_the_positional_arguments() {
    let config = parsed(&["--cors", "8080", "-w2", "::1"]);
    let said = ["cors", "port", "workers", "address"].map(|name| get(&config, name));
    assert_eq!(said, ["on", "8080", "2", "::1"]);
}

#[test]
fn long_options_take_hyphens_and_underscores_and_both_forms_of_value() {
    for args in [
        &["--keep-alive-timeout", "9s"][..],
        &["--keep-alive-timeout=9s"],
        &["--keep_alive_timeout", "9"],
        &["--keep_alive-timeout=9"],
    ] {
        assert_eq!(get(&parsed(args), "keep_alive_timeout"), "9s", "{args:?}");
    }
    assert_eq!(get(&parsed(&["--server-name=a=b"]), "server_name"), "a=b");
    assert_eq!(get(&parsed(&["--server-name=--x"]), "server_name"), "--x");
    assert_eq!(get(&parsed(&["--server-name", ""]), "server_name"), "");
}

#[test]
fn a_bare_switch_is_on_unless_a_switch_word_follows() {
    assert_eq!(get(&parsed(&["--allow-bare-lf"]), "allow_bare_lf"), "on");
    assert_eq!(get(&parsed(&["--allow-bare-lf", "off"]), "allow_bare_lf"), "off");
    assert_eq!(get(&parsed(&["--allow-bare-lf=yes"]), "allow_bare_lf"), "on");
    let config = parsed(&["--allow-bare-lf", "8080"]);
    assert_eq!([get(&config, "allow_bare_lf"), get(&config, "port")], ["on", "8080"]);
}

#[test]
fn no_switches_an_option_off() {
    assert_eq!(get(&parsed(&["--no-cors"]), "cors"), "off");
    assert_eq!(get(&parsed(&["--no_default_answers"]), "default_answers"), "off");
    assert_eq!(get(&parsed(&["--no-cors", "--cors"]), "cors"), "on");
    assert_eq!(refused(&["--no-cors=off"]), r#"cors: --no- takes no value, got "off""#);
    assert_eq!(refused(&["--no-workers"]), r#"unknown option "--no-workers""#);
}

#[test]
fn a_list_may_be_said_item_by_item_and_replaces_what_was_said_elsewhere() {
    let mut config = Config::new();
    config.set("listen", "127.0.0.1:9").unwrap();
    config.parse_args(&["--listen", "127.0.0.1:1", "--listen=[::1]:2,unix:/x"]).unwrap();
    assert_eq!(get(&config, "listen"), "127.0.0.1:1,[::1]:2,unix:/x");
    config.parse_args(&["--listen="]).unwrap();
    assert_eq!(get(&config, "listen"), "");
}

#[test]
fn a_list_of_the_command_line_replaces_that_of_its_file() {
    let file = Scratch::new("listen = ['127.0.0.1:9']");
    let config = parsed(&["--config", file.name(), "--listen", "127.0.0.1:1"]);
    assert_eq!(get(&config, "listen"), "127.0.0.1:1");
    let args = ["--listen=127.0.0.1:1", "--config", file.name(), "--listen=127.0.0.1:2"];
    assert_eq!(get(&parsed(&args), "listen"), "127.0.0.1:1,127.0.0.1:2");
}

#[test]
fn two_hyphens_end_the_options() {
    let mut config = Config::new();
    assert_eq!(config.parse_args(&["-w3", "--", "--nonsense"]).unwrap(), 2);
    assert_eq!(get(&config, "workers"), "3");
    assert_eq!(config.parse_args(&[]).unwrap(), 0);
}

#[test]
fn where_all_is_taken_what_follows_two_hyphens_is_positional() {
    for args in [&["--", "8080", "::1"][..], &["8080", "--", "::1"], &["8080", "::1", "--"]] {
        let mut config = Config::new();
        config.parse_all_args(args).unwrap();
        assert_eq!(["port", "address"].map(|name| get(&config, name)), ["8080", "::1"], "{args:?}");
    }
    let message = |args: &[&str]| {
        let mut config = Config::new();
        let error = config.parse_all_args(args).unwrap_err();
        assert!(!config.is_set("port").unwrap(), "a refused command line changed something");
        error.message().to_owned()
    };
    assert_eq!(message(&["80", "::1", "x"]), r#"unexpected argument "x""#);
    assert_eq!(message(&["80", "::1", "--", "x"]), r#"unexpected argument "x""#);
    let port = r#"port: expected a port from 0 to 65535, got "--cors""#;
    assert_eq!(message(&["--", "--cors"]), port);
}

#[test]
fn an_option_said_by_its_place_and_by_its_name_is_a_contradiction() {
    let port = "port: said twice, as the argument PORT and as --port";
    assert_eq!(refused(&["80", "::1", "--port", "81"]), port);
    assert_eq!(refused(&["--port=80", "80", "::1"]), port);
    let address = "address: said twice, as the argument ADDRESS and as --address";
    assert_eq!(refused(&["80", "::1", "--address", "::1"]), address);
    assert_eq!(get(&parsed(&["--port", "80", "--port", "81"]), "port"), "81");
    assert_eq!(get(&parsed(&["80", "--address", "::1"]), "address"), "::1");
}

#[test]
fn a_missing_value_is_an_error_and_swallows_nothing() {
    let workers = "workers: expected a number from 1 to 1024 or auto, got nothing";
    assert_eq!(refused(&["--workers"]), workers);
    assert_eq!(refused(&["-w"]), workers);
    assert_eq!(refused(&["--workers", "--cors"]), workers);
    assert_eq!(refused(&["-w", "--", "4"]), workers);
    let config = "config: expected a file name, got nothing";
    assert_eq!(refused(&["--config"]), config);
    assert_eq!(refused(&["--config="]), config);
}

#[test]
fn arguments_that_mean_nothing_are_named() {
    assert_eq!(refused(&["80", "::1", "x"]), r#"unexpected argument "x""#);
    assert_eq!(refused(&["-x"]), r#"unknown option "-x""#);
    assert_eq!(refused(&["-5"]), r#"port: expected a port from 0 to 65535, got "-5""#);
    assert_eq!(refused(&["", "::1"]), r#"port: expected a port from 0 to 65535, got """#);
    assert_eq!(refused(&["--help"]), r#"unexpected argument "--help""#);
    assert_eq!(refused(&["-"]), r#"port: expected a port from 0 to 65535, got "-""#);
    assert_eq!(refused(&["--=1"]), r#"unknown option "--""#);
    assert_eq!(refused(&["--nonsense"]), r#"unknown option "--nonsense""#);
    assert_eq!(refused(&["--non_sense=x"]), r#"unknown option "--non_sense""#);
    let slip = r#"unknown option "--keep-alive-timeot", did you mean --keep-alive-timeout?"#;
    assert_eq!(refused(&["--keep-alive-timeot", "9s"]), slip);
    let host = refused(&["80", "localhost"]);
    assert_eq!(host, r#"address: expected an IP address or unix:/path, got "localhost""#);
}

#[test]
fn what_follows_a_switch_and_fits_nowhere_is_taken_for_its_value() {
    let line = refused(&["0", "127.0.0.1", "--cors", "maybe"]);
    assert_eq!(line, r#"cors: expected on or off, got "maybe""#);
    let line = refused(&["--cors", "maybe", "127.0.0.1"]);
    assert_eq!(line, r#"cors: expected on or off, got "maybe""#);
    assert_eq!(refused(&["0", "::1", "--cors=on", "more"]), r#"unexpected argument "more""#);
    assert!(Config::new().parse_args(&["--cors", "0", "::1"]).is_ok());
}

#[test]
fn a_mistake_in_the_last_argument_undoes_the_first() {
    refused_as(ErrorCode::Io, &["--backlog=9", "-w4", "--config", "/nonexistent/file"]);
    refused(&["--backlog=9", "-w0"]);
}

#[test]
fn help_and_version_are_found_where_they_are_asked_for() {
    for (args, asks) in [
        (&["-h"][..], Some(Asks::Help)),
        (&["80", "--help", "--version"], Some(Asks::Help)),
        (&["-V", "-h"], Some(Asks::Version)),
        (&["--wrokers", "3", "--help"], Some(Asks::Help)),
        (&["--workers", "--help"], Some(Asks::Help)),
        (&["--server-name", "-h"], None),
        (&["--", "--help"], None),
        (&[], None),
    ] {
        assert_eq!(Config::asks_for(args), asks, "{args:?}");
    }
}
