use super::*;
use crate::config::tests::Scratch;

fn loaded(text: &str) -> Config {
    let mut config = Config::new();
    config.load_file(Scratch::new(text).path()).unwrap();
    config
}

/// The error without the path, after making sure that it is there and nothing was changed.
fn refused(text: impl AsRef<[u8]>) -> String {
    let file = Scratch::new(text);
    let mut config = Config::new();
    let error = config.load_file(file.path()).unwrap_err();
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::new()));
    assert_eq!(error.code(), ErrorCode::Config);
    assert!(!error.message().contains('\n'), "{error}");
    let rest = error.message().strip_prefix(file.name());
    rest.unwrap_or_else(|| panic!("no file name: {error}")).to_owned()
}

#[test]
fn native_types_mean_what_their_text_means() {
    let config = loaded(
        "workers = 3\n\
         max_connections = 50_001\n\
         keep_alive_timeout = 7\n\
         head_timeout = 0.5\n\
         max_head = 32768\n\
         cors = false\n\
         listen = ['127.0.0.1:1', '[::1]:2']\n",
    );
    for (name, text) in [
        ("workers", "3"),
        ("max_connections", "50001"),
        ("keep_alive_timeout", "7s"),
        ("head_timeout", "500ms"),
        ("max_head", "32k"),
        ("cors", "off"),
        ("listen", "127.0.0.1:1,[::1]:2"),
    ] {
        assert_eq!(config.get(name).unwrap(), text);
    }
}

#[test]
fn an_empty_file_says_nothing() {
    assert_eq!(loaded("# nothing\n").differences(&Config::new()).count(), 0);
    assert!(Config::names().all(|name| !loaded("# nothing\n").is_set(name).unwrap()));
}

#[test]
fn the_wrong_type_is_named_with_line_and_key() {
    let workers = "workers: expected a number from 1 to 1024 or auto, got";
    assert_eq!(refused("\n\nworkers = true"), format!(r#":3: {workers} "true""#));
    assert_eq!(refused("workers = 1.5"), format!(r#":1: {workers} "1.5""#));
    assert_eq!(refused("workers = -1"), format!(r#":1: {workers} "-1""#));
    assert_eq!(refused("workers = [1]"), format!(":1: {workers} an array"));
    assert_eq!(refused("workers = ['1']"), format!(":1: {workers} an array"));
    assert_eq!(refused("# x\n[workers]\na = 1"), format!(":2: {workers} a table"));
    assert_eq!(refused("workers = 1979-05-27"), format!(r#":1: {workers} "1979-05-27""#));
}

#[test]
fn a_list_names_the_item_that_is_wrong() {
    let expected = "listen: expected addresses such as 127.0.0.1:8080, [::1]:0 or unix:/path, got";
    assert_eq!(refused("listen = ['web:1']"), format!(r#":1: {expected} "web:1""#));
    assert_eq!(refused("listen = ['unix:/a,b']"), format!(r#":1: {expected} "unix:/a,b""#));
    let mixed = refused("listen = [80]");
    assert_eq!(mixed, format!(":1: {expected} an item that is no string"));
}

#[test]
fn of_several_mistakes_the_first_in_the_file_is_named() {
    assert!(refused("workers = 1\nzzz = 1\naaa = 1").starts_with(":2: unknown option \"zzz\""));
}

#[test]
fn a_mistake_in_the_last_line_undoes_the_first() {
    assert!(refused("workers = 3\nbacklog = 0").starts_with(":2: backlog: expected "));
}

#[test]
fn broken_toml_is_named_with_its_line() {
    let twice = refused("workers = 1\nworkers = 2");
    assert_eq!(twice, ":2: duplicate key, in \"workers = 2\"");
    for (text, line) in [("a\nb = ", "a"), ("x = '", "x = '"), ("x = [1,", "x = [1,")] {
        let error = refused(text);
        assert!(
            error.starts_with(":1: ") && error.ends_with(&format!(", in \"{line}\"")),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_text_file_of_a_sane_size_is_refused() {
    assert!(refused([0xff, 0xfe]).contains("UTF-8"));
    let large = "#".repeat(FILE_MAX as usize + 1);
    assert_eq!(refused(large), ": expected at most 1048576 octets");
    let nested = format!("workers = {}", "[".repeat(100_000));
    assert!(refused(nested).starts_with(":1: "));
}

#[test]
fn a_file_that_the_system_refuses_is_told_from_one_that_is_wrong() {
    let io = ErrorCode::Io;
    for (path, code) in
        [("/nonexistent/file.toml", io), ("/", io), ("/dev/zero", ErrorCode::Config)]
    {
        let error = Config::new().load_file(Path::new(path)).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().starts_with(&format!("{path}: ")), "{error}");
    }
}

#[test]
fn reading_again_forgets_what_the_file_said_before_and_nothing_else() {
    let path = std::env::temp_dir().join(format!("hr-reread-{}.toml", std::process::id()));
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    let mut config = Config::new();
    assert!(config.reread().unwrap().is_none());
    config.set("backlog", "7").unwrap();
    write("workers = 3\ncors = false\n");
    config.load_file(&path).unwrap();
    config.parse_args(&["--max-requests", "9"]).unwrap();

    write("workers = 5\n");
    let fresh = config.reread().unwrap().unwrap();
    let got = ["backlog", "max_requests", "workers", "cors"].map(|n| fresh.get(n).unwrap());
    assert_eq!(got, ["7", "9", "5", "on"]);
    let names: Vec<_> = config.differences(&fresh).map(|row| row.name).collect();
    assert_eq!(names, ["workers", "cors"]);

    write("workers = 0\n");
    assert!(config.reread().is_err());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(config.reread().unwrap_err().code(), ErrorCode::Io);
}

#[test]
fn what_a_program_said_holds_again_when_the_file_no_longer_says_otherwise() {
    let file = Scratch::new("max_requests = 7\nrate_per_client = 8\n");
    let mut config = Config::new();
    config.set("max_requests", "5").unwrap();
    config.load_file(file.path()).unwrap();
    assert_eq!(config.get("max_requests").unwrap(), "7");
    std::fs::write(file.path(), "max_requests = 6\n").unwrap();
    let config = config.reread().unwrap().unwrap();
    assert_eq!(config.get("max_requests").unwrap(), "6");
    std::fs::write(file.path(), "").unwrap();
    let config = config.reread().unwrap().unwrap();
    assert_eq!(config.get("max_requests").unwrap(), "5");
    assert_eq!(config.get("rate_per_client").unwrap(), "0");
}
