//! The server.

use crate::certificate::{Certificate, Chooser, octets};
use crate::duration::duration;
use crate::errors::{OrRaise, exception, invalid};
use crate::faults::FaultyRule;
use crate::handler::{Handler, Handlers};
use crate::inbox::Inbox;
use crate::life::Life;
use crate::listening::{self, FirstListener};
use crate::record::Record;
use crate::replay::Replay;
use crate::response::Response;
use crate::route::Decorator;
use crate::{options, response, stats, url};
use http_responder as engine;
use http_responder::{Config, Error, ErrorCode, ServerState};
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// A server that answers HTTP requests from native threads.
///
/// The keyword arguments are the options of http_responder, as in the TypedDict Options; app is a
/// WSGI or ASGI application that answers what no route takes, a WSGI one on so many threads of its
/// own, or on the workers where they are 0; config_file is a TOML file with options; tls has it speak TLS
/// on its port: True with the certificates of the options, an Authority, a Certificate or several. As a
/// context manager it starts on entry, and stops and joins its threads on exit. All methods may be
/// called from any thread. An object that is no longer used is stopped. A child process cannot use
/// the server of its parent: StateError.
///
/// What the engine itself has to say, such as that the system allows fewer open files than
/// max_connections needs, goes to standard error and not through logging: the option log_level
/// ("off", "error", "warn", "info") says how much of it.
#[pyclass(frozen, weakref, subclass, module = "http_responder")]
pub(crate) struct Server {
    pub(crate) life: Life,
    config: Config,
    pub(crate) handlers: Handlers,
    first: FirstListener,
}

#[pymethods]
impl Server {
    #[new]
    #[pyo3(signature = (*, app=None, threads=0, config_file=None, tls=None, **options))]
    fn new(
        py: Python<'_>,
        app: Option<&Bound<'_, PyAny>>,
        threads: u32,
        config_file: Option<PathBuf>,
        tls: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Server> {
        let _ = (app, threads);
        let first = FirstListener::of(tls, options)?;
        let file = config_file.as_deref().map(|path| (py, path));
        let config = options::from_keywords(file, options)?;
        let engine = engine::Server::new(&config).or_raise(py)?;
        tls.map_or(Ok(()), |tls| listening::give(&engine, tls))?;
        Ok(Server { life: Life::new(engine), config, handlers: Handlers::default(), first })
    }

    #[pyo3(signature = (*, app=None, threads=0, config_file=None, tls=None, **options))]
    fn __init__(
        slf: &Bound<'_, Self>,
        app: Option<&Bound<'_, PyAny>>,
        threads: u32,
        config_file: Option<PathBuf>,
        tls: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let _ = (config_file, tls, options);
        if let Some(app) = app {
            let module = slf.py().import("http_responder._apps")?;
            module.call_method1("mount", (slf, app, threads))?;
        }
        Ok(())
    }

    /// A server with the options of a TOML file, and of the keyword arguments where they say
    /// otherwise. reload() reads the file again. Raises ConfigError naming file, line and key.
    #[classmethod]
    #[pyo3(signature = (path, /, **options))]
    fn from_file<'py>(
        class: &Bound<'py, PyType>,
        path: PathBuf,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // Through the constructor: a subclass may have its own.
        let keywords = PyDict::new(class.py());
        keywords.update(options.unwrap_or(&PyDict::new(class.py())).as_mapping())?;
        keywords.set_item("config_file", path)?;
        class.call((), Some(&keywords))
    }

    /// Every option as it stands, by name, as the text that is used in files.
    #[getter]
    fn options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        options::to_dict(py, &self.config)
    }

    /// "built", "running", "draining" or "stopped".
    #[getter]
    fn state(&self, py: Python<'_>) -> PyResult<&'static str> {
        Ok(state_name(self.life.engine(py)?.state()))
    }

    /// Listens on an address such as "127.0.0.1:0", "[::1]:80" or "unix:/run/x", before the
    /// server starts; returns the number of the listener. Raises BindError, StateError.
    fn listen(&self, py: Python<'_>, address: &str) -> PyResult<u32> {
        let engine = self.life.engine(py)?;
        py.detach(|| engine.listen(address)).or_raise(py)
    }

    /// As listen, for connections that speak TLS; with auto also for those that do not, as the first
    /// octet of each says. The certificates are those of ca_dir and certificates. Raises BindError,
    /// ConfigError, StateError.
    #[pyo3(signature = (address, *, auto=false))]
    fn listen_tls(&self, py: Python<'_>, address: &str, auto: bool) -> PyResult<u32> {
        let engine = self.life.engine(py)?;
        py.detach(|| engine.listen_tls(address, auto)).or_raise(py)
    }

    /// Shows certificate to whoever asks for one of its names, before those of files and those that are
    /// made; it takes the place of one with the same name that was added before. Also while running.
    fn add_certificate(&self, certificate: &Bound<'_, Certificate>) -> PyResult<()> {
        let py = certificate.py();
        self.life.engine(py)?.add_certificate(&certificate.get().inner).or_raise(py)
    }

    /// Makes certificates on the fly with a CA in memory, certificate and key in PEM, as the option
    /// ca_dir does with one in a folder. Raises ConfigError, StateError.
    fn use_ca(&self, pem: &Bound<'_, PyAny>, key: &Bound<'_, PyAny>) -> PyResult<()> {
        let engine = self.life.engine(pem.py())?;
        engine.use_ca(&octets(pem)?, &octets(key)?).or_raise(pem.py())
    }

    /// Asks clients for certificates that one of the CAs in pem has signed; required turns those away
    /// that have none. request.peer_certificate says who they are. Before the server starts. Raises
    /// ConfigError, StateError.
    #[pyo3(signature = (pem, *, required=true))]
    fn trust_clients(&self, pem: &Bound<'_, PyAny>, required: bool) -> PyResult<()> {
        let engine = self.life.engine(pem.py())?;
        engine.trust_clients(&octets(pem)?, required).or_raise(pem.py())
    }

    /// Decorates a function that is asked at each handshake which certificate a client is shown: it gets
    /// the name that the client asks for, in small letters, or None, and returns a Certificate, None for
    /// what the client would get anyway, or False for none. It is called on native threads, several at
    /// once, and holds up the other connections of its worker. None in its place asks nobody any more.
    fn choose_certificate<'py>(&self, function: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = function.py();
        let engine = self.life.engine(py)?;
        if function.is_none() {
            py.detach(|| engine.choose_certificates(None)).or_raise(py)?;
            self.handlers.set_chooser(None);
            return Ok(function);
        }
        let handler = Handler::of(&function)?;
        let chooser = Box::new(Chooser(handler.clone()));
        py.detach(|| engine.choose_certificates(Some(chooser))).or_raise(py)?;
        self.handlers.set_chooser(Some(handler));
        Ok(function)
    }

    /// Starts to answer and returns at once. Raises BindError, StateError.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        let engine = self.life.engine(py)?;
        py.detach(|| self.first.bind(engine).and_then(|()| engine.start())).or_raise(py)
    }

    /// Closes everything at once and waits for the threads to end. In a handler of this server it
    /// raises StateError, as it would wait for itself; the server is told to stop nevertheless, and
    /// also where Ctrl-C interrupts the wait for a handler that does not return.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        self.life.stop(py)
    }

    /// Begins to drain and returns at once: listeners are closed, requests in progress are
    /// finished, for at most grace seconds (None: as the option drain_timeout says).
    #[pyo3(signature = (grace=None))]
    fn drain(&self, py: Python<'_>, grace: Option<f64>) -> PyResult<()> {
        let engine = self.life.engine(py)?;
        let grace = grace.map(|seconds| duration(py, "grace", seconds)).transpose()?;
        py.detach(|| engine.drain(grace)).or_raise(py)
    }

    /// Waits until the server has stopped, for at most timeout seconds; returns whether it has.
    /// Ctrl-C interrupts it. Raises StateError if the server was never started.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let limit = timeout.map(|seconds| duration(py, "timeout", seconds)).transpose()?;
        self.life.wait(py, limit)
    }

    /// The address of each listener, in their order, with the port that the kernel picked.
    #[getter]
    fn addresses(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let engine = self.life.engine(py)?;
        (0..engine.listeners()).map(|listener| engine.address(listener).or_raise(py)).collect()
    }

    /// The address of the first listener. Raises StateError while there is none.
    #[getter]
    fn address(&self, py: Python<'_>) -> PyResult<String> {
        let first = self.addresses(py)?.into_iter().next();
        first.ok_or_else(|| self.not_listening(py, "the server listens on no address yet"))
    }

    /// Where the admin side of the started server listens (option admin), with the port that the
    /// kernel picked; None where there is none.
    #[getter]
    fn admin_address(&self, py: Python<'_>) -> PyResult<Option<String>> {
        Ok(self.life.engine(py)?.admin_address())
    }

    /// The port of the first listener that has one. Raises StateError while there is none.
    #[getter]
    fn port(&self, py: Python<'_>) -> PyResult<u16> {
        Ok(self.reachable(py)?.1.port())
    }

    /// The URL of path on this server, as a client on this machine may ask for it. Characters that
    /// may not stand in a URL are percent-encoded, as UTF-8; escapes, queries and fragments stay.
    /// Raises StateError while there is no listener with a port.
    #[pyo3(signature = (path="/"))]
    fn url_for(&self, py: Python<'_>, path: &str) -> PyResult<String> {
        let (listener, address) = self.reachable(py)?;
        let scheme = if self.life.engine(py)?.speaks_tls(listener) { "https" } else { "http" };
        Ok(url::join(scheme, address, path))
    }

    /// The statistics of all workers, summed, by name.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        stats::to_dict(py, &self.life.engine(py)?.stats())
    }

    /// The statistics of each worker, by name.
    fn worker_stats<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let engine = self.life.engine(py)?;
        let workers = u32::try_from(engine.settings().workers).unwrap_or(u32::MAX);
        (0..workers)
            .map(|worker| stats::to_dict(py, &engine.worker_stats(worker).or_raise(py)?))
            .collect()
    }

    /// The statistics written out: format is "text", "json" or "prometheus".
    #[pyo3(signature = (format="text"))]
    fn stats_text(&self, py: Python<'_>, format: &str) -> PyResult<String> {
        let format = stats::format(py, format)?;
        let engine = self.life.engine(py)?;
        Ok(py.detach(|| engine.stats_text(format)))
    }

    /// Answers requests that match path with response, without entering Python. response is a
    /// Response or anything else that a handler may return; method None is any. faults is what
    /// shall go wrong with the answers: one of http_responder.faults, or several. With faults response
    /// may be None: they are those of the routes, rules, application or default answers that come
    /// after this one.
    #[pyo3(signature = (path, response, method=None, *, faults=None))]
    fn rule(
        &self,
        py: Python<'_>,
        path: &str,
        response: &Bound<'_, PyAny>,
        method: Option<&str>,
        faults: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let engine = self.life.engine(py)?;
        if let Some(faults) = faults {
            let rule = Arc::new(FaultyRule::new(response, faults)?);
            return py.detach(|| engine.route(method, path, rule)).or_raise(py);
        }
        let refused = || PyTypeError::new_err("a rule needs a response, not None");
        let response = response::from_answer(response)?.ok_or_else(refused)?;
        py.detach(|| engine.rule(method, path, response)).or_raise(py)
    }

    /// Takes every route and rule away that was added one by one. Rules of files and the fallback
    /// stay; requests in progress are finished as they began.
    fn clear_routes(&self, py: Python<'_>) -> PyResult<()> {
        let engine = self.life.engine(py)?;
        py.detach(|| engine.clear_routes());
        self.handlers.clear_routes();
        Ok(())
    }

    /// Reads rules from a TOML file, or from every *.toml of a folder, and puts them in the place of
    /// those loaded before. They are asked after the routes and before the fallback. Raises
    /// ConfigError with every mistake, one a line; all stays as it was then.
    fn load_rules(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let engine = self.life.engine(py)?;
        py.detach(|| engine.load_rules(&path)).or_raise(py)
    }

    /// Reads everything again that was read from files: rules. What is wrong raises ConfigError and
    /// leaves all as it was.
    fn reload(&self, py: Python<'_>) -> PyResult<()> {
        let engine = self.life.engine(py)?;
        py.detach(|| engine.reload()).or_raise(py)
    }

    /// Decorates a function as the handler of requests that match path: "/a", "/a/{name}",
    /// "/files/{*rest}". method or methods restrict it; the default is any. What the pattern takes
    /// from the path is percent-decoded in request.params, and as sent in request.raw_params.
    ///
    /// The function gets a Request and returns a Response, str, bytes, dict or list (sent as
    /// JSON), (status, body), (status, headers, body), or None: not mine, the next route that
    /// matches gets the request. If it raises, the client gets a 500 and the logger
    /// "http_responder" the traceback. It is called on native threads, several at once.
    ///
    /// With stream the function is called as soon as the head is there, on one of 64 threads that it may
    /// keep waiting, and finds the body in request.stream, of max_body octets at most; None stands for the
    /// option max_body.
    #[pyo3(signature = (path, method=None, methods=None, *, stream=false, max_body=None))]
    fn route(
        slf: &Bound<'_, Self>,
        path: String,
        method: Option<String>,
        methods: Option<Vec<String>>,
        stream: bool,
        max_body: Option<u64>,
    ) -> PyResult<Decorator> {
        let py = slf.py();
        let methods = match (method, methods) {
            (Some(_), Some(_)) => return Err(invalid(py, "method and methods: give one of them")),
            (None, Some(methods)) if methods.is_empty() => {
                return Err(invalid(py, "methods: expected at least one"));
            }
            (method, None) => vec![method],
            (None, Some(methods)) => methods.into_iter().map(Some).collect(),
        };
        if max_body.is_some() && !stream {
            return Err(invalid(py, "max_body: only with stream=True"));
        }
        let stream = stream.then(|| max_body.unwrap_or_default());
        Ok(Decorator::new(slf, path, methods, stream))
    }

    /// Decorates a function as the handler of requests that no route takes.
    fn fallback<'py>(&self, handler: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = handler.py();
        let engine = self.life.engine(py)?;
        let made = Handler::of(&handler)?;
        py.detach(|| engine.fallback(made.clone()));
        self.handlers.set_fallback(made);
        Ok(handler)
    }

    /// Has function called by whoever takes requests out of inbox, for those that match path, or
    /// for all that no route takes where it is None.
    #[pyo3(signature = (path, methods, function, inbox, max_body=None))]
    fn _route_to(
        &self,
        path: Option<&str>,
        methods: Vec<Option<String>>,
        function: &Bound<'_, PyAny>,
        inbox: &Bound<'_, Inbox>,
        max_body: Option<u64>,
    ) -> PyResult<()> {
        self.add_async(path, &methods, function, inbox, max_body)
    }

    /// Records the last size requests with their answers, and max_body octets of each body, without
    /// entering Python: recorded() gives them. None of them is missing before there are more. Before the
    /// server starts. Raises InvalidArgument, StateError.
    #[pyo3(signature = (size=1000, max_body=65_536))]
    fn record(&self, py: Python<'_>, size: usize, max_body: usize) -> PyResult<()> {
        self.life.engine(py)?.record(size, max_body).or_raise(py)
    }

    /// What was recorded, in the order of the answers; with forget it begins anew. http_responder.har
    /// saves it.
    #[pyo3(signature = (*, forget=false))]
    fn recorded(&self, py: Python<'_>, forget: bool) -> PyResult<Vec<Record>> {
        let engine = self.life.engine(py)?;
        let all = py.detach(|| engine.recorded(forget));
        Ok(all.into_iter().map(Record).collect())
    }

    /// Has the workers answer path as was recorded elsewhere: by query, each answer once, the last one
    /// again and again.
    fn _replay(
        &self,
        py: Python<'_>,
        method: &str,
        path: &str,
        queries: HashMap<String, Vec<Py<Response>>>,
    ) -> PyResult<()> {
        let engine = self.life.engine(py)?;
        let replay = Arc::new(Replay::new(queries));
        py.detach(|| engine.route(Some(method), path, replay)).or_raise(py)
    }

    fn __enter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let server = slf.get();
        // Started by hand before, it is not started again.
        if server.life.engine(slf.py())?.state() != ServerState::Running {
            server.start(slf.py())?;
        }
        Ok(slf.clone())
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        // A child process that leaves the block of its parent has nothing to stop.
        if self.life.is_ours() { self.stop(py) } else { Ok(()) }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        if !self.life.is_ours() {
            return Ok("<Server of the parent process>".to_owned());
        }
        let state = self.state(py)?;
        match self.addresses(py)?.as_slice() {
            [] => Ok(format!("<Server {state}>")),
            addresses => Ok(format!("<Server {state} on {}>", addresses.join(", "))),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.handlers.traverse(visit)
    }

    fn __clear__(&self, py: Python<'_>) {
        // First the workers, so that none calls a handler that is being taken apart.
        self.life.end(py);
        self.handlers.clear();
    }
}

impl Server {
    /// The first listener that has a port.
    fn reachable(&self, py: Python<'_>) -> PyResult<(u32, SocketAddr)> {
        let mut addresses = (0..).zip(self.addresses(py)?);
        let found = addresses.find_map(|(at, address)| Some((at, address.parse().ok()?)));
        found.ok_or_else(|| self.not_listening(py, "the server listens on no port yet"))
    }

    fn not_listening(&self, py: Python<'_>, message: &str) -> PyErr {
        exception(py, &Error::new(ErrorCode::State, message))
    }
}

fn state_name(state: ServerState) -> &'static str {
    match state {
        ServerState::Built => "built",
        ServerState::Running => "running",
        ServerState::Draining => "draining",
        ServerState::Stopped => "stopped",
    }
}
